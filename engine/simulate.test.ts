import { describe, expect, it } from 'vitest';
import { compileWorkflow } from './compile.ts';
import type { Definition } from './definition.ts';
import { simulate } from './simulate.ts';
import { initialDecision } from './transition.ts';

const definition: Definition = {
  context: { amount: 5, to: 'a b' },
  initial: 'draft',
  states: {
    draft: {
      on: {
        SEND: {
          target: 'sent',
          actions: [
            {
              action_type: 'WEBHOOK',
              name: 'first',
              params: {
                connection_id: 'c1',
                method: 'PUT',
                path: '/jobs/<<job.id>>/<<context.to>>',
                query: { seq: '<<transition.seq>>' },
                headers: { 'X-From': '<<transition.from>>' },
                body: {
                  amount: '<<context.amount>>',
                  note: 'to <<event.who>>',
                  state: '<<job.current_state>>',
                },
              },
            },
            {
              action_type: 'INTEGRATION',
              when: "actions.first.status == 'FAILED'",
              params: {
                connection_id: 'c2',
                operation: 'twilio.send_message',
                input: { id: '<<actions.first.response.body.id>>' },
              },
            },
            {
              action_type: 'WEBHOOK',
              when: 'context.amount > 10',
              params: { connection_id: 'c1', path: '/<<context.missing>>', body: '<<event.payload.nope>>' },
            },
          ],
        },
      },
    },
    sent: {
      initial: 'x',
      states: {
        x: { on: { DEEP: 'y' } },
        y: {
          type: 'parallel',
          states: { l: { initial: 'l1', states: { l1: {}, l2: { on: { GO: '#workflow.draft' } } } }, r: {} },
        },
      },
    },
  },
};
const workflow = compileWorkflow(definition);

describe('simulating', () => {
  const { decision, actions } = simulate(workflow, {
    place: { at: 'state', state: 'draft', event: { type: 'SEND', payload: { who: 'you' } } },
    scope: { job: { id: 'job-7', revision: 4 } },
  });

  it('gives the decision and the requests as they would be rendered', () => {
    expect(decision).toMatchObject({ kind: 'taken', from: 'draft', currentState: 'sent.x' });
    expect(actions[0]).toMatchObject({
      pointer: '/states/draft/on/SEND/actions/0',
      name: 'first',
      when: 'true',
      request: {
        ok: true,
        rendered: {
          kind: 'webhook',
          method: 'PUT',
          path: '/jobs/job-7/a%20b',
          headers: { 'X-From': 'draft' },
          body: { amount: 5, note: 'to you', state: 'sent.x' },
        },
      },
    });
  });

  it('has a value for each variable that a template may name', () => {
    const names = [
      ...['id', 'current_state', 'revision', 'parent_id', 'key', 'created_at', 'status'].map(
        (n) => `job.${n}`,
      ),
      ...['id', 'from', 'to', 'seq', 'at'].map((n) => `transition.${n}`),
      ...['tenant.id', 'tenant.name', 'workflow.id', 'workflow.name', 'workflow.version'],
    ];
    const params = { connection_id: 'c1', path: '/', body: names.map((name) => `<<${name}>>`) };
    const all = compileWorkflow({
      initial: 'a',
      states: {
        a: { on: { GO: { target: 'b', actions: { action_type: 'WEBHOOK', params } } } },
        b: { type: 'final' },
      },
    });
    const [made] = simulate(all, {
      place: { at: 'state', state: 'a', event: { type: 'GO', payload: {} } },
    }).actions;
    expect(made?.request).toMatchObject({
      ok: true,
      rendered: { body: expect.arrayContaining(['DONE', 'b', 1]) },
    });
  });

  it('says what depends on how another action ends', () => {
    expect(actions[1]).toMatchObject({
      when: 'unknown',
      request: {
        ok: false,
        problems: [{ part: 'input', code: 'not_known_yet', variable: 'actions.first.response.body.id' }],
      },
    });
    const known = simulate(workflow, {
      place: { at: 'state', state: 'draft', event: { type: 'SEND', payload: { who: 'you' } } },
      facts: { first: { status: 'FAILED', response: { status: 500, body: { id: 9 } } } },
    });
    expect(known.actions[1]).toMatchObject({
      when: 'true',
      request: { ok: true, rendered: { input: { id: 9 } } },
    });
  });

  it('names every variable that is missing and every action that would be skipped', () => {
    expect(actions[2]).toMatchObject({
      when: 'false',
      request: {
        ok: false,
        problems: [
          { part: 'path', code: 'missing_variable', variable: 'context.missing' },
          { part: 'body', code: 'missing_variable', variable: 'event.payload.nope' },
        ],
      },
    });
  });

  it('starts at the start, in a snapshot, or in any state with the rest as by default', () => {
    expect(simulate(workflow, { place: { at: 'start' } }).decision).toMatchObject({
      currentState: 'draft',
      from: null,
    });
    const start = initialDecision(workflow, {
      input: {},
      job: { id: '', current_state: '', revision: 0, parent_id: null, key: null, created_at: '' },
      facts: {},
    });
    const snapshot = start.kind === 'taken' ? start.snapshot : null;
    const event = { type: 'SEND', payload: { who: 'x' } };
    expect(simulate(workflow, { place: { at: 'snapshot', snapshot, event } }).decision.kind).toBe('taken');
    const go = { type: 'GO', payload: {} };
    expect(
      simulate(workflow, { place: { at: 'state', state: 'sent.y.l.l2', event: go } }).decision,
    ).toMatchObject({
      from: 'sent.y.l.l2,sent.y.r',
      currentState: 'draft',
    });
    expect(
      simulate(workflow, { place: { at: 'state', state: 'sent', event: { type: 'DEEP', payload: {} } } })
        .decision,
    ).toMatchObject({
      currentState: 'sent.y.l.l1,sent.y.r',
    });
  });

  it('gives refusals as they are, and throws for states that do not exist', () => {
    const nope = { type: 'NOPE', payload: {} };
    expect(simulate(workflow, { place: { at: 'state', state: 'draft', event: nope } })).toMatchObject({
      decision: { kind: 'refused', code: 'no_transition' },
      actions: [],
    });
    for (const state of ['nowhere', 'draft.x', 'draft,sent', 'constructor', '']) {
      expect(() => simulate(workflow, { place: { at: 'state', state, event: nope } })).toThrow(
        /cannot be in/,
      );
    }
  });
});
