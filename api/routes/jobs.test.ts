import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, setupApi, type TestApi } from '../api.testkit.ts';
import { counter, makeConnection, publish, send, startJob, workOrder } from '../samples.testkit.ts';

let api: TestApi;
let connection: string;
beforeAll(async () => {
  api = await setupApi();
  connection = await makeConnection(api.a.call);
  await publish(api.a.call, 'counter', counter);
  await publish(api.a.call, 'work-order', workOrder(connection));
});
afterAll(() => api.stop());

const NOBODY = '019a5c3e-7b6e-7cc3-9d4f-8a4b5c6d7e8f';

/** Sends what is refused and shows that nothing was written. */
async function refused(method: string, path: string, options: Parameters<TestApi['a']['call']>[2] = {}) {
  const before = await api.countRows();
  const answer = await api.a.call(method, path, options);
  expect(await api.countRows()).toEqual(before);
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  return [answer.status, answer.body.code];
}

test('starts a job of the published version, where its Location says', async () => {
  const { call } = api.a;
  const started = await call('POST', '/jobs', {
    body: { workflow: 'counter', input: { n: 4 }, key: 'order-1' },
  });
  expect(started.status).toBe(201);
  expect(started.body).toMatchObject({
    job: {
      key: 'order-1',
      status: 'ACTIVE',
      current_state: 'counting',
      revision: 1,
      context: { n: 4, text: 'x' },
    },
    transition: { seq: 1, from: null, to: 'counting' },
    action_runs: [],
  });
  const job = await call('GET', started.headers.get('location') ?? '');
  expect(job.headers.get('etag')).toBe('"1"');
  expect(job.body).toMatchObject({
    ...started.body.job,
    workflow_name: 'counter',
    workflow_version: 1,
    timers: [],
  });
  expect(job.body.next_events).toEqual(['ADD', 'ADD_IF', 'BREAK', 'FILL', 'STOP']);
});

test('one live job per workflow holds a key', async () => {
  const { call } = api.a;
  const first = await call('POST', '/jobs', { body: { workflow: 'counter', key: 'held' } });
  expect(await refused('POST', '/jobs', { body: { workflow: 'counter', key: 'held' } })).toEqual([
    409,
    'job_key_taken',
  ]);
  await send(call, first.body.job.id, 'STOP');
  expect((await call('POST', '/jobs', { body: { workflow: 'counter', key: 'held' } })).status).toBe(201);
});

test('an event commits one transition and queues its actions', async () => {
  const { call } = api.a;
  const id = await startJob(call, 'work-order');
  const sent = await send(call, id, 'SUBMIT', { amount: 12 });
  expect(sent.status).toBe(200);
  expect(sent.headers.get('etag')).toBe('"2"');
  expect(sent.body).toMatchObject({
    job: { id, revision: 2, current_state: 'review', context: { amount: 12 } },
    transition: { seq: 2, from: 'draft', to: 'review' },
    action_runs: [{ ordinal: 0, action_type: 'WEBHOOK', name: 'notify', connection_id: connection }],
  });
  const { body: job } = await call('GET', `/jobs/${id}`);
  expect(job.next_events).toEqual(['APPROVE', 'REJECT']);
  expect(job.timers).toMatchObject([{ kind: 'after' }]);
  const { body: runs } = await call('GET', `/actions?job=${id}`);
  expect(runs.items).toMatchObject([{ name: 'notify', status: 'QUEUED', attempts: 0 }]);
});

test('an event that no state knows, or that its guard refuses, changes nothing and says why', async () => {
  const { call } = api.a;
  const id = await startJob(call, 'work-order');
  expect(await refused('POST', `/jobs/${id}/events`, { body: { type: 'DANCE' } })).toEqual([
    409,
    'no_transition',
  ]);
  const unknown = await send(call, id, 'DANCE');
  expect(unknown.body).toMatchObject({
    verdicts: [],
    next_events: ['SUBMIT'],
    job: { current_state: 'draft', revision: 1 },
  });
  expect(
    await refused('POST', `/jobs/${id}/events`, { body: { type: 'SUBMIT', payload: { amount: 0 } } }),
  ).toEqual([409, 'guard_refused']);
  const guarded = await send(call, id, 'SUBMIT', { amount: 'much' });
  expect(guarded.body.verdicts).toMatchObject([
    { pointer: '/states/draft/on/SUBMIT', guard: 'event.amount > 0', verdict: 'error', target: 'review' },
  ]);
  expect(guarded.body.detail).toContain('event.amount > 0');
});

test('the engine’s own events cannot be sent', async () => {
  const id = await startJob(api.a.call, 'work-order');
  for (const type of ['xstate.init', 'xstate.after.86400000.work-order.review', '*']) {
    expect(await refused('POST', `/jobs/${id}/events`, { body: { type } })).toEqual([422, 'reserved_event']);
  }
});

test('an expression that fails changes nothing but is written down', async () => {
  const { call } = api.a;
  const id = await startJob(call, 'counter');
  const failed = await send(call, id, 'BREAK');
  expect([failed.status, failed.body.code]).toEqual([422, 'evaluation_failed']);
  expect(failed.body.pointer).toBe('/states/counting/on/BREAK/actions/0/params/n');
  expect((await call('GET', `/jobs/${id}`)).body).toMatchObject({ revision: 1, context: { n: 0 } });
  const { body: log } = await call('GET', `/jobs/${id}/log`);
  expect(log.items.map(({ kind }: { kind: string }) => kind)).toEqual(['transition', 'event_failed']);
});

test('a stale revision is refused, by header and by field', async () => {
  const { call } = api.a;
  const id = await startJob(call, 'counter');
  await send(call, id, 'ADD');
  const path = `/jobs/${id}/events`;
  const body = { type: 'ADD' };
  expect(await refused('POST', path, { body, headers: { 'if-match': '"1"' } })).toEqual([
    409,
    'stale_revision',
  ]);
  expect(await refused('POST', path, { body: { ...body, expected_revision: 7 } })).toEqual([
    409,
    'stale_revision',
  ]);
  expect(
    await refused('POST', path, { body: { ...body, expected_revision: 2 }, headers: { 'if-match': '"1"' } }),
  ).toEqual([422, 'invalid_if_match']);
  expect(await refused('POST', path, { body, headers: { 'if-match': 'seven' } })).toEqual([
    422,
    'invalid_if_match',
  ]);
  expect((await call('POST', path, { body, headers: { 'if-match': '"2"' } })).body.job.revision).toBe(3);
  expect((await call('POST', path, { body: { ...body, expected_revision: 3 } })).body.job.revision).toBe(4);
});

test('malformed requests are refused with every problem, and change nothing', async () => {
  const id = await startJob(api.a.call, 'counter');
  const path = `/jobs/${id}/events`;
  const json = { authorization: `Bearer ${api.a.key}`, 'content-type': 'application/json' };
  const before = await api.countRows();
  const raw = async (body: string | undefined, headers: Record<string, string> = json) => {
    const answer = await api.app.request(`/api/v1${path}`, {
      method: 'POST',
      headers,
      ...(body !== undefined && { body }),
    });
    return [answer.status, ((await answer.json()) as { code: string }).code];
  };
  expect(await raw('{"type":')).toEqual([400, 'malformed_json']);
  expect(await raw('{"type":"ADD"}', { ...json, 'content-type': 'text/plain' })).toEqual([
    415,
    'unsupported_media_type',
  ]);
  expect(await raw(JSON.stringify({ type: 'ADD', payload: { text: 'x'.repeat(1_100_000) } }))).toEqual([
    413,
    'body_too_large',
  ]);
  expect(await raw(undefined, { authorization: json.authorization })).toEqual([422, 'invalid_request']);
  expect(await raw('')).toEqual([400, 'malformed_json']);
  expect(await api.countRows()).toEqual(before);

  const wrong = await api.a.call('POST', path, { body: { kind: 'ADD', payload: [], expected_revision: 0 } });
  expect(wrong.status).toBe(422);
  const pointers = wrong.body.problems.map(({ pointer }: { pointer: string }) => pointer).sort();
  expect(pointers).toEqual(['/expected_revision', '/kind', '/payload', '/type']);
  for (const body of [
    null,
    7,
    [],
    'ADD',
    { type: '' },
    { type: 'x'.repeat(101) },
    { type: 'ADD', payload: null },
  ]) {
    expect(await refused('POST', path, { body })).toEqual([422, 'invalid_request']);
  }
  expect(await refused('POST', '/jobs', { body: { workflow: 'counter', inputs: {} } })).toEqual([
    422,
    'invalid_request',
  ]);
  expect(await refused('POST', '/jobs', { body: { workflow: 'nothing' } })).toEqual([
    404,
    'workflow_not_found',
  ]);
});

test('a context outgrows its limit with a clear answer and no change', async () => {
  const { call } = api.a;
  const id = await startJob(call, 'counter');
  let last = await send(call, id, 'FILL', { text: 'x'.repeat(200_000) });
  let revision = 1;
  while (last.status === 200) {
    revision = last.body.job.revision;
    last = await send(call, id, 'FILL', { text: 'x'.repeat(200_000) });
  }
  expect([last.status, last.body.code]).toEqual([422, 'too_large']);
  expect((await call('GET', `/jobs/${id}`)).body.revision).toBe(revision);
});

test('an unknown job, another tenant’s job and what is no id answer alike', async () => {
  const id = await startJob(api.a.call, 'counter');
  for (const path of ['', '/log', '/explain', '/stream']) {
    const answers = await Promise.all(
      [id, NOBODY, 'nonsense'].map((job) => api.b.call('GET', `/jobs/${job}${path}`)),
    );
    for (const { status, body } of answers) expect([status, body.code]).toEqual([404, 'job_not_found']);
  }
  const before = await api.countRows();
  for (const job of [id, NOBODY, 'nonsense']) {
    const sent = await api.b.call('POST', `/jobs/${job}/events`, { body: { type: 'ADD' } });
    expect([sent.status, sent.body.code]).toEqual([404, 'job_not_found']);
    expect((await api.b.call('POST', `/jobs/${job}/cancel`)).status).toBe(404);
  }
  expect(await api.countRows()).toEqual(before);
});

test('the same Idempotency-Key has one effect and one answer', async () => {
  const { call } = api.a;
  const headers = { 'idempotency-key': 'start-once' };
  const body = { workflow: 'counter', input: { n: 1 } };
  const first = await call('POST', '/jobs', { body, headers });
  const again = await call('POST', '/jobs', { body: { input: { n: 1 }, workflow: 'counter' }, headers });
  expect(again.status).toBe(201);
  expect(again.body).toEqual(first.body);
  expect([first.headers.get('idempotent-replayed'), again.headers.get('idempotent-replayed')]).toEqual([
    null,
    'true',
  ]);
  expect(await refused('POST', '/jobs', { body: { ...body, input: { n: 2 } }, headers })).toEqual([
    422,
    'idempotency_key_reused',
  ]);

  const path = `/jobs/${first.body.job.id}/events`;
  const event = { type: 'ADD_IF', payload: { amount: 5, why: { a: 1, b: 2 } } };
  const keyed = { 'idempotency-key': 'add-once' };
  const sent = await call('POST', path, { body: event, headers: keyed });
  expect(sent.status).toBe(200);
  const reordered = { payload: { why: { b: 2, a: 1 }, amount: 5 }, type: 'ADD_IF' };
  const repeated = await call('POST', path, { body: reordered, headers: keyed });
  expect(repeated.body).toEqual(sent.body);
  expect(repeated.headers.get('idempotent-replayed')).toBe('true');
  expect(await refused('POST', path, { body: { type: 'ADD' }, headers: keyed })).toEqual([
    422,
    'idempotency_key_reused',
  ]);
  expect(await refused('POST', path, { body: event, headers: { 'idempotency-key': 'has space' } })).toEqual([
    422,
    'invalid_idempotency_key',
  ]);
  expect((await call('GET', `/jobs/${first.body.job.id}`)).body.revision).toBe(2);
});

test('concurrent duplicates have one effect, and all get its answer', async () => {
  const { call } = api.a;
  const headers = { 'idempotency-key': 'at the same time'.replaceAll(' ', '-') };
  const starts = await Promise.all(
    Array.from({ length: 8 }, () =>
      call('POST', '/jobs', { body: { workflow: 'counter', input: { n: 9 } }, headers }),
    ),
  );
  expect(new Set(starts.map(({ status }) => status))).toEqual(new Set([201]));
  for (const { body } of starts) expect(body).toEqual(starts[0]?.body);
  expect(starts.filter((answer) => answer.headers.get('idempotent-replayed') === null)).toHaveLength(1);
  const id = starts[0]?.body.job.id;
  const sends = await Promise.all(
    Array.from({ length: 8 }, () => call('POST', `/jobs/${id}/events`, { body: { type: 'ADD' }, headers })),
  );
  for (const { body } of sends) expect(body).toEqual(sends[0]?.body);
  expect((await call('GET', `/jobs/${id}`)).body).toMatchObject({ revision: 2, context: { n: 10 } });
});

test('the log tells everything, oldest first, page by page', async () => {
  const { call, keyId } = api.a;
  const id = await startJob(call, 'counter');
  for (let n = 0; n < 4; n++) await send(call, id, 'ADD');
  await call('POST', `/jobs/${id}/cancel`, { body: { reason: 'enough' } });
  const entries: { kind: string; revision: number; actor: string; data: { reason?: string } }[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: Answer = await call('GET', `/jobs/${id}/log?limit=2${cursor && `&cursor=${cursor}`}`);
    entries.push(...page.body.items);
    cursor = page.body.next_cursor;
  }
  expect(entries.map(({ revision }) => revision)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(entries.map(({ kind }) => kind)).toEqual([...Array(5).fill('transition'), 'cancelled']);
  expect(entries[5]?.data.reason).toBe('enough');
  expect(new Set(entries.map(({ actor }) => actor))).toEqual(new Set([`key:${keyId}`]));
});

test('explains why a job cannot move, and what it waits for', async () => {
  const { call } = api.a;
  const id = await startJob(call, 'work-order');
  await send(call, id, 'SUBMIT', { amount: 3 });
  const { status, body } = await call('GET', `/jobs/${id}/explain`);
  expect(status).toBe(200);
  expect(body).toMatchObject({ job_id: id, current_state: 'review', revision: 2 });
  const approve = body.events.find(({ type }: { type: string }) => type === 'APPROVE');
  expect(approve.verdicts).toMatchObject([
    { guard: "actions.notify.status == 'SUCCEEDED'", verdict: 'false' },
  ]);
  expect(body.events.find(({ type }: { type: string }) => type === 'REJECT').verdicts[0].verdict).toBe(
    'true',
  );
  expect(body.events.filter(({ internal }: { internal: boolean }) => internal)).toHaveLength(1);
  expect(body.waiting_for).toMatchObject({
    timers: [{ kind: 'after' }],
    action_runs: [{ name: 'notify', status: 'QUEUED' }],
  });
});

test('a cancelled job keeps its state, loses its timers and takes no more events', async () => {
  const { call } = api.a;
  const id = await startJob(call, 'work-order');
  await send(call, id, 'SUBMIT', { amount: 3 });
  const cancelled = await call('POST', `/jobs/${id}/cancel`);
  expect(cancelled.status).toBe(200);
  expect(cancelled.body).toMatchObject({
    status: 'CANCELLED',
    current_state: 'review',
    timers: [],
    next_events: [],
  });
  expect((await call('GET', `/jobs/${id}`)).body).toEqual(cancelled.body);
  expect((await call('GET', `/jobs/${id}/explain`)).body).toMatchObject({
    status: 'CANCELLED',
    events: [],
    always: [],
  });
  expect(await refused('POST', `/jobs/${id}/events`, { body: { type: 'REJECT' } })).toEqual([
    409,
    'job_not_active',
  ]);
  expect(await refused('POST', `/jobs/${id}/cancel`)).toEqual([409, 'job_not_active']);
});

test('finds jobs by workflow, status, state, key and time', async () => {
  const { call } = api.b;
  await publish(call, 'found', counter);
  await publish(call, 'other', counter);
  const [first, second] = [await startJob(call, 'found'), await startJob(call, 'found')];
  const keyed = (await call('POST', '/jobs', { body: { workflow: 'other', key: 'k-1' } })).body.job;
  await send(call, first, 'STOP');
  const ids = async (query: string) =>
    (await call('GET', `/jobs?${query}`)).body.items.map(({ id }: { id: string }) => id);
  expect(await ids('')).toEqual([keyed.id, second, first]);
  expect(await ids('workflow=found')).toEqual([second, first]);
  expect(await ids('status=DONE')).toEqual([first]);
  expect(await ids('state=counting&workflow=found')).toEqual([second]);
  expect(await ids('key=k-1')).toEqual([keyed.id]);
  expect(await ids(`created_after=${keyed.created_at}`)).toEqual([keyed.id]);
  expect(await ids(`created_before=${keyed.created_at}`)).toEqual([second, first]);
  const page = await call('GET', '/jobs?limit=2');
  expect(await ids(`limit=2&cursor=${page.body.next_cursor}`)).toEqual([first]);
  expect((await call('GET', '/jobs?workflow=nothing')).body.code).toBe('workflow_not_found');
  const wrong = await call('GET', '/jobs?status=RUNNING&colour=red&limit=0');
  expect(wrong.body.problems.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
    '/query/colour',
    '/query/limit',
    '/query/status',
  ]);
});

test('each permission of jobs is asked for', async () => {
  const reader = await api.keyWith(['Reader']);
  const id = await startJob(api.a.call, 'counter');
  expect((await reader.call('GET', `/jobs/${id}`)).status).toBe(200);
  const asked: [string, string, string][] = [
    ['/jobs', 'job.start', 'workflow'],
    [`/jobs/${id}/events`, 'job.send', 'type'],
    [`/jobs/${id}/cancel`, 'job.cancel', 'reason'],
  ];
  for (const [path, permission, field] of asked) {
    const answer = await reader.call('POST', path, { body: { [field]: 'ADD' } });
    expect([answer.status, answer.body.permission]).toEqual([403, permission]);
  }
  const nobody = await api.keyWith([]);
  for (const path of ['', `/${id}`, `/${id}/stream`])
    expect((await nobody.call('GET', `/jobs${path}`)).status).toBe(403);
});
