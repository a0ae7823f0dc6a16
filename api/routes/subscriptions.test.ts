import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../engine/json.ts';
import { setupApi, type TestApi } from '../api.testkit.ts';
import { writeCursor } from '../routing.ts';
import { counter, makeConnection, publish, send, startJob } from '../samples.testkit.ts';

let api: TestApi;
let connection: string;
let endpoint: string;

beforeAll(async () => {
  api = await setupApi();
  connection = await makeConnection(api.a.call);
  await ask('PATCH', `/tenant/connections/${connection}`, { supplied_to_all: true });
  await publish(api.a.call, 'counter', counter);
  endpoint = (await ask('POST', '/endpoints', { url: 'http://127.0.0.1:9/told' })).body.id;
});
afterAll(() => api.stop());

const ask = (method: string, path: string, body?: Json) =>
  api.a.call(method, path, body === undefined ? {} : { body });

let count = 0;
const wanted = (more: JsonObject = {}): JsonObject => ({
  name: `subscription ${++count}`,
  trigger: { kind: 'job_started' },
  action: {
    action_type: 'WEBHOOK',
    params: { connection_id: connection, path: '/x', body: { id: '<<job.id>>' } },
  },
  ...more,
});
async function subscribe(more: JsonObject = {}) {
  const { status, body } = await ask('POST', '/subscriptions', wanted(more));
  expect(status, JSON.stringify(body)).toBe(201);
  return body;
}
const withoutAction = ({ action: _, ...rest }: JsonObject): JsonObject => rest;
const subscribeEndpoint = async (more: JsonObject = {}) => {
  const body = { ...withoutAction(wanted()), endpoint: { endpoint_id: endpoint, ...more } };
  return (await ask('POST', '/subscriptions', body)).body;
};

describe('subscribing', () => {
  test('shows what was asked for', async () => {
    const trigger = { kind: 'transition_taken', from: 'counting', event: 'ADD' };
    const made = await subscribe({ trigger, filter: 'context.n > 3' });
    const action = wanted().action;
    expect(made).toMatchObject({ scope_id: null, trigger, filter: 'context.n > 3', action, endpoint: null });
    expect((await ask('GET', `/subscriptions/${made.id}`)).body).toEqual(made);
    const { body } = await ask('GET', `/subscriptions?connection=${connection}&trigger=transition_taken`);
    expect(body.items).toEqual([made]);
  });

  test('to an endpoint shows the message it gets', async () => {
    const made = await subscribeEndpoint({ timeout_ms: 3_000 });
    expect(made).toMatchObject({
      action: null,
      endpoint: { endpoint_id: endpoint, timeout_ms: 3_000, body: { type: 'job_started' } },
    });
  });

  test('with mistakes tells every one, where it is', async () => {
    const { status, body } = await ask(
      'POST',
      '/subscriptions',
      wanted({
        filter: 'job.status ==',
        action: {
          action_type: 'INTEGRATION',
          params: {
            connection_id: connection,
            operation: 'slack.post_message',
            input: { text: '<<jobb.id>>' },
          },
        },
      }),
    );
    expect([status, body.code]).toEqual([422, 'subscription_invalid']);
    const problems = body.problems.map(({ pointer, code }: JsonObject) => [pointer, code]);
    expect(problems).toEqual(
      expect.arrayContaining([
        ['/filter', 'bad_expression'],
        ['/action/params/connection_id', 'wrong_provider'],
        ['/action/params/input/text', 'unknown_variable'],
      ]),
    );
    const message = {
      ...withoutAction(wanted()),
      endpoint: { endpoint_id: endpoint, body: { x: '<<jobb.id>>' }, retry: { no: 1 } },
    };
    const other = await ask('POST', '/subscriptions', message);
    expect(other.body.problems.map(({ pointer }: JsonObject) => pointer)).toEqual(
      expect.arrayContaining(['/endpoint/body/x', '/endpoint/retry/no']),
    );
  });

  test('takes one target, one name, and a trigger that there is', async () => {
    const both = await ask('POST', '/subscriptions', wanted({ endpoint: { endpoint_id: endpoint } }));
    expect([both.status, both.body.problems[0].pointer]).toEqual([422, '/action']);
    const neither = await ask('POST', '/subscriptions', withoutAction(wanted()));
    expect(neither.status).toBe(422);
    const unknown = await ask('POST', '/subscriptions', wanted({ trigger: { kind: 'job_paused' } }));
    expect(unknown.status).toBe(422);
    const { name } = await subscribe();
    const taken = await ask('POST', '/subscriptions', wanted({ name }));
    expect([taken.status, taken.body.code]).toEqual([409, 'subscription_name_taken']);
  });
});

describe('a preview', () => {
  const preview = async (more: JsonObject = {}) => {
    const { name: _, ...asked } = wanted(more);
    return ask('POST', '/subscriptions/preview', asked);
  };

  test('is an example while no job is there, and the newest job from then on', async () => {
    const { id: scope_id } = (await ask('POST', '/scopes', { kind: 'stack', name: 'still empty' })).body;
    const example = await preview({ scope_id });
    expect([example.status, example.body.job]).toEqual([200, null]);
    expect(JSON.parse(example.body.request.body)).toMatchObject({ id: expect.any(String) });
    const job = await startJob(api.a.call, 'counter');
    const due = async () => (await ask('GET', `/deliveries?job=${job}`)).body.items.length;
    const before = await due();
    const { body } = await preview({ filter: 'context.n > 3' });
    expect(body).toMatchObject({ job: { id: job }, filter: 'false', problems: [] });
    expect(body.request).toMatchObject({ method: 'POST', body: JSON.stringify({ id: job }) });
    expect(await due()).toBe(before);
  });

  test('says what cannot be filled in, and shows no secret and no signature', async () => {
    const message = {
      ...wanted(),
      action: {
        action_type: 'WEBHOOK',
        params: { connection_id: connection, path: '/x', body: { who: '<<context.nobody>>' } },
      },
    };
    const missing = (await preview(message)).body;
    expect(missing).toMatchObject({ request: null, problems: [{ part: 'body', code: 'missing_variable' }] });
    const asked = { trigger: { kind: 'job_done' }, endpoint: { endpoint_id: endpoint } };
    const { body } = await ask('POST', '/subscriptions/preview', asked);
    expect(body.request.headers['webhook-signature']).toBe('v1,***');
    await ask('PATCH', `/endpoints/${endpoint}`, { signed_by: 'both' });
    const signedByBoth = await ask('POST', '/subscriptions/preview', asked);
    expect(signedByBoth.body.request.headers['webhook-signature']).toBe('v1,*** v1a,***');
    expect(body.reach).toEqual({ supply: 'all', blocked: null });
  });
});

describe('the reach of a subscription', () => {
  test('says whether its connection is supplied where it waits, and what else is in the way', async () => {
    const other = await makeConnection(api.a.call, 'told to few');
    const make = async (kind: string, parent_id: string | null) =>
      (await ask('POST', '/scopes', { kind, name: `${kind} of reach`, parent_id })).body.id as string;
    const stack = await make('stack', null);
    const namespace = await make('namespace', stack);
    const action = { action_type: 'WEBHOOK', params: { connection_id: other, path: '/x' } };
    const { id } = await subscribe({ scope_id: stack, action });
    const reach = async () => (await ask('GET', `/subscriptions/${id}`)).body.reach;
    expect(await reach()).toEqual({ supply: 'none', blocked: 'not_supplied' });
    await ask('POST', '/supplies', { connection_id: other, scope_id: namespace });
    expect(await reach()).toEqual({ supply: 'part', blocked: null });
    await ask('POST', '/supplies', { connection_id: other, scope_id: stack });
    expect(await reach()).toEqual({ supply: 'all', blocked: null });
    await ask('PATCH', `/tenant/connections/${other}`, { enabled: false });
    expect(await reach()).toEqual({ supply: 'all', blocked: 'connection_disabled' });
    const { body: uses } = await ask('GET', `/tenant/connections/${other}/uses`);
    expect(uses).toMatchObject({ workflows: [], subscriptions: [{ id }] });
    await ask('DELETE', `/tenant/connections/${other}?force=true`);
    expect(await reach()).toEqual({ supply: 'none', blocked: 'connection_not_found' });
  });
});

describe('changing', () => {
  test('changes what is named and keeps the rest', async () => {
    const made = await subscribe({ filter: 'context.n > 3' });
    const renamed = await ask('PATCH', `/subscriptions/${made.id}`, { name: `${made.name} renamed` });
    expect(renamed.body).toMatchObject({ filter: made.filter, action: made.action, trigger: made.trigger });
    const unfiltered = await ask('PATCH', `/subscriptions/${made.id}`, { filter: null });
    expect(unfiltered.body).toMatchObject({ filter: null, action: made.action });
    const moved = await ask('PATCH', `/subscriptions/${made.id}`, { endpoint: { endpoint_id: endpoint } });
    expect(moved.body).toMatchObject({ action: null, endpoint: { endpoint_id: endpoint } });
    const filtered = await ask('PATCH', `/subscriptions/${made.id}`, { filter: 'true' });
    expect(filtered.body).toEqual({ ...moved.body, filter: 'true', updated_at: filtered.body.updated_at });
    const broken = await ask('PATCH', `/subscriptions/${made.id}`, { filter: 'jobb.id == 1' });
    expect(broken.body.problems).toMatchObject([{ pointer: '/filter', code: 'unknown_variable' }]);
  });
});

describe('deliveries', () => {
  const of = async (subscription: string, query = '') =>
    (await ask('GET', `/deliveries?subscription=${subscription}${query}`)).body.items;

  test('are listed by job, connection, endpoint, status and time, and apart from the actions of the job', async () => {
    const { id } = await subscribe({ trigger: { kind: 'transition_taken' } });
    const job = await startJob(api.a.call, 'counter');
    await send(api.a.call, job, 'ADD');
    const [delivery] = await of(id);
    expect(delivery).toMatchObject({ status: 'QUEUED', kind: 'transition_taken', job_id: job, attempts: 0 });
    const filters = [
      `&job=${job}`,
      `&connection=${connection}`,
      '&status=QUEUED',
      '&created_after=2020-01-01T00:00:00Z',
    ];
    for (const query of filters) expect(await of(id, query), query).toHaveLength(1);
    const others = [`&endpoint=${endpoint}`, '&status=FAILED', '&created_before=2020-01-01T00:00:00Z'];
    for (const query of others) expect(await of(id, query), query).toEqual([]);
    expect((await ask('GET', `/actions?job=${job}`)).body.items).toEqual([]);
    const { body } = await ask('GET', `/deliveries/${delivery.id}`);
    expect(body).toMatchObject({ ...delivery, request: null, response: null, attempt_log: [] });
  });

  test('that are on their way are not sent again', async () => {
    const { id } = await subscribe();
    await startJob(api.a.call, 'counter');
    const [delivery] = await of(id);
    const { status, body } = await ask('POST', `/deliveries/${delivery.id}/replay`);
    expect([status, body.code]).toEqual([409, 'delivery_under_way']);
  });

  test('that are over are sent again: one, those of a time, or all that failed', async () => {
    const { id } = await subscribe();
    for (let i = 0; i < 4; i++) await startJob(api.a.call, 'counter');
    const made: { id: string; created_at: string }[] = (await of(id)).reverse();
    // As a worker would leave them.
    const end = (delivery: string, status: string) =>
      api.asOwner(async (sql) => {
        await sql`update action_runs set status = ${status}, finished_at = now(), attempts = 3 where id = ${delivery}`;
        await sql`delete from dispatch_queue where id = ${delivery}`;
      });
    const ends = ['FAILED', 'SUCCEEDED', 'FAILED', 'SKIPPED'];
    for (const [i, status] of ends.entries()) await end(made[i]?.id as string, status);
    const statuses = async () => (await of(id)).reverse().map(({ status }: { status: string }) => status);
    const replay = async (asked: JsonObject) => (await ask('POST', '/deliveries/replay', asked)).body;

    expect(await replay({ subscription_id: id, created_before: '2020-01-01T00:00:00Z' })).toEqual({
      replayed: 0,
      more: false,
      next_cursor: null,
    });
    const from = { subscription_id: id, created_after: made[1]?.created_at as string };
    expect(await replay(from)).toMatchObject({ replayed: 1 });
    expect(await statuses()).toEqual(['FAILED', 'SUCCEEDED', 'QUEUED', 'SKIPPED']);
    expect(await replay({ subscription_id: id })).toMatchObject({ replayed: 1 });
    expect(await replay({ subscription_id: id })).toMatchObject({ replayed: 0 });
    expect(await replay({ subscription_id: id, statuses: ['SKIPPED'] })).toMatchObject({ replayed: 1 });
    const one = await ask('POST', `/deliveries/${made[1]?.id}/replay`);
    expect(one.body).toMatchObject({ id: made[1]?.id, status: 'QUEUED', attempts: 3, error: null });
    expect(await statuses()).toEqual(['QUEUED', 'QUEUED', 'QUEUED', 'QUEUED']);
    const log = await ask('GET', `/audit?subject_id=${api.a.tenant.id}`);
    expect(log.body.items[0]).toMatchObject({ kind: 'deliveries.replayed', data: { replayed: 1 } });

    // What was chosen by the call before is not chosen again, although it is over by now.
    for (const { id: delivery } of made) await end(delivery, 'SUCCEEDED');
    const rest = {
      subscription_id: id,
      statuses: ['SUCCEEDED'],
      cursor: writeCursor([made[1]?.id as string]),
    };
    expect(await replay(rest)).toMatchObject({ replayed: 2, more: false });
    expect(await statuses()).toEqual(['SUCCEEDED', 'SUCCEEDED', 'QUEUED', 'QUEUED']);
  });

  test('whose outcome nobody knows are sent again when a person says so', async () => {
    const { id } = await subscribe();
    await startJob(api.a.call, 'counter');
    const [delivery] = await of(id);
    await api.asOwner(async (sql) => {
      await sql`update action_runs set status = 'UNKNOWN', attempts = 1 where id = ${delivery.id}`;
      await sql`update dispatch_queue set run_at = 'infinity', fence = 7 where id = ${delivery.id}`;
    });
    expect((await ask('POST', `/deliveries/${delivery.id}/replay`)).body.status).toBe('QUEUED');
    const [row] = await api.operator.sql`
      select fence::integer, isfinite(run_at) as due from dispatch_queue where id = ${delivery.id}`;
    expect(row).toEqual({ fence: 8, due: true });
  });
});

describe('a test of a subscription', () => {
  test('is a delivery that tells of the newest job it would be told of, or of the one named', async () => {
    const { id } = await subscribe({ trigger: { kind: 'action_failed' } });
    const [older, newest] = [await startJob(api.a.call, 'counter'), await startJob(api.a.call, 'counter')];
    const { status, body } = await ask('POST', `/subscriptions/${id}/test`);
    expect([status, body.job_id, body.kind, body.status]).toEqual([202, newest, 'test', 'QUEUED']);
    const named = await ask('POST', `/subscriptions/${id}/test`, { job_id: older });
    expect(named.body).toMatchObject({ job_id: older, subscription_id: id });
    const [run] = await api.operator.sql`select scope from action_runs where id = ${body.id}`;
    expect(run?.scope).toEqual({ job: { id: newest } });
  });

  test('needs a job to tell of', async () => {
    const scope = (await ask('POST', '/scopes', { kind: 'stack', name: 'empty' })).body.id;
    const { id } = await subscribe({ scope_id: scope });
    const { status, body } = await ask('POST', `/subscriptions/${id}/test`);
    expect([status, body.code]).toEqual([409, 'nothing_to_test_with']);
  });
});
