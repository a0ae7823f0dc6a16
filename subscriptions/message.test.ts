import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../engine/json.ts';
import { checkMessage, compileMessage, endpointAction } from './message.ts';

const CONNECTION = '019a5c3e-7b6e-7cc3-9d4f-8a4b5c6d7e8f';
const references = {
  connections: new Map([[CONNECTION, { provider: 'slack', enabled: true }]]),
  workflows: new Set<string>(),
  operations: new Map([['slack.post_message', { check: () => [] }]]),
};
const post = (input: JsonObject): JsonObject => ({
  action_type: 'INTEGRATION',
  params: { connection_id: CONNECTION, operation: 'slack.post_message', input },
});
const check = (action: JsonObject, filter: string | null = null) =>
  checkMessage({ action, filter }, references, (inside) => `/action${inside}`);
const problemsOf = (action: JsonObject, filter: string | null = null) => {
  const checked = check(action, filter);
  return checked.ok ? [] : checked.problems.map(({ pointer, code }) => [pointer, code]);
};

describe('a message', () => {
  it('is checked like an action of a definition, its problems pointing into the request', () => {
    const text = '<<job.status>> <<transition.id>> <<workflow.id>> <<context.anything>>';
    expect(check(post({ text }), "job.status == 'DONE' && context.amount > 3").ok).toBe(true);
    expect(problemsOf(post({ text: '<<jobb.id>>' }))).toEqual([
      ['/action/params/input/text', 'unknown_variable'],
    ]);
    expect(problemsOf(post({ text: '<<job.nothing>>' }))).toEqual([
      ['/action/params/input/text', 'unknown_variable'],
    ]);
    expect(problemsOf(post({ text: 'x' }), 'job.status ==')).toEqual([['/filter', 'bad_expression']]);
    const elsewhere = { ...post({}), params: { connection_id: 'x', operation: 'slack.nothing' } };
    expect(problemsOf(elsewhere)).toEqual([
      ['/action/params/connection_id', 'unknown_connection'],
      ['/action/params/operation', 'unknown_operation'],
    ]);
  });

  it('cannot read actions: what they came to is not known where it is made', () => {
    expect(problemsOf(post({ text: '<<actions.notify.status>>' }))).toEqual([
      ['/action/params/input/text', 'unknown_action'],
    ]);
  });

  it('is sent, and nothing else: it has no name, no condition of its own, and changes no job', () => {
    expect(problemsOf({ ...post({}), name: 'x', when: 'true', continue_on_failure: true })).toEqual([
      ['/action/name', 'not_allowed_here'],
      ['/action/when', 'not_allowed_here'],
      ['/action/continue_on_failure', 'not_allowed_here'],
    ]);
    expect(problemsOf({ action_type: 'RAISE', params: { type: 'X' } })).toEqual([
      ['/action/action_type', 'not_allowed_here'],
    ]);
  });

  it('carries its filter as the condition of its action', () => {
    const checked = check(post({ text: 'x' }), 'context.amount > 3');
    const action = checked.ok ? compileMessage(JSON.parse(JSON.stringify(checked.action))) : null;
    expect(action).toMatchObject({ actionType: 'INTEGRATION', when: { source: 'context.amount > 3' } });
    expect(action?.variables).toEqual(['context.amount']);
  });
});

it('an endpoint is told type, time and what it is about, unless it says what it wants', () => {
  const { request } = compileMessage(endpointAction('job_done', { endpointId: CONNECTION }));
  const scope: JsonObject = {
    job: { id: 'j', status: 'DONE' },
    workflow: { name: 'w' },
    transition: { at: '2026-01-01T00:00:00Z', to: 'x' },
    event: { type: 'GO' },
  };
  expect(request.kind === 'webhook' && request.body?.render(scope)).toEqual({
    ok: true,
    value: {
      type: 'job_done',
      timestamp: '2026-01-01T00:00:00Z',
      data: { job: scope.job, workflow: scope.workflow, transition: scope.transition, event: { type: 'GO' } },
    },
  });
  const own = compileMessage(
    endpointAction('job_done', { endpointId: CONNECTION, body: { id: '<<job.id>>' } }),
  );
  expect(own.request.kind === 'webhook' && own.request.body?.render(scope)).toEqual({
    ok: true,
    value: { id: 'j' },
  });
});
