import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, type Database } from '../../db/client.ts';
import { type Claimed, claim } from '../../db/statements/claim.ts';
import { loadRuns } from '../../db/statements/load-runs.ts';
import {
  type OutcomeRecord,
  type QueueMove,
  type RunChange,
  recordOutcomes,
} from '../../db/statements/record-outcomes.ts';
import { startAttempts } from '../../db/statements/start-attempts.ts';
import { registerWorker } from '../../db/statements/workers.ts';
import type { Json } from '../../engine/json.ts';
import { type Caller, setupApi, type TestApi } from '../api.testkit.ts';
import { listOf, makeConnection, publish, send, startJob } from '../samples.testkit.ts';

let api: TestApi;
let worker: Database;
let connection: string;
const workerId = '019a5c3e-0000-7000-8000-000000000001';
const woken: number[] = [];

beforeAll(async () => {
  api = await setupApi({ deps: { wake: (shards) => void woken.push(...shards) } });
  worker = connect({ url: api.url, role: 'pawl_worker', poolMax: 2, applicationName: 'test worker' });
  await registerWorker(worker.sql, { id: workerId, name: 'test', version: '0', shards: [] });
  const { call } = api.a;
  connection = await makeConnection(call);
  await publish(call, 'list', listOf(connection, ['first', 'second', 'third']));
  await publish(
    call,
    'lenient',
    listOf(connection, ['first', 'second'], { first: { continue_on_failure: true } }),
  );
  await publish(call, 'waiting', {
    initial: 'asking',
    states: {
      asking: {
        invoke: {
          id: 'ask',
          src: 'webhook',
          input: { connection_id: connection, path: '/ask' },
          onDone: 'done',
          onError: 'failed',
        },
      },
      done: { type: 'final' },
      failed: { type: 'final' },
    },
  });
});
afterAll(async () => {
  await worker.close();
  await api.stop();
});

interface Run {
  id: string;
  name: string;
  status: string;
  attempts: number;
  error: { code: string } | null;
  next_attempt_at: string | null;
}

const runsOf = async (jobId: string, call: Caller = api.a.call): Promise<Run[]> =>
  (await call('GET', `/actions?job=${jobId}`)).body.items.toReversed();

const statuses = async (jobId: string) => (await runsOf(jobId)).map(({ status }) => status);

async function started(workflow: string): Promise<{ jobId: string; runs: Run[] }> {
  const jobId = await startJob(api.a.call, workflow);
  await send(api.a.call, jobId, 'START');
  return { jobId, runs: await runsOf(jobId) };
}

/** Claims as a worker does: the list of that job, or nothing. */
async function claimed(jobId: string): Promise<Claimed | undefined> {
  const { shard } = api.a.tenant;
  const any = { limit: 100, laneMax: 100, tenantMax: 100, lanes: [], tenants: [] };
  const all = await claim(worker, [{ workerId, shard, ...any }]);
  for (const other of all) if (other.jobId !== jobId) await giveBack(other);
  return all.find((one) => one.jobId === jobId);
}

/** What the walk would fire now, in order. */
async function left(list: Claimed): Promise<string[]> {
  const runs = await worker.once<Awaited<ReturnType<typeof loadRuns>>>([list.tenantId], (sql) =>
    loadRuns(sql, list.shard, [list]),
  );
  return runs.map(({ name }) => name ?? '');
}

const giveBack = (list: Claimed) =>
  worker.sql`update dispatch_queue set worker_id = null where shard = ${list.shard} and id = ${list.transitionId} and fence = ${list.fence}`;

const begin = (list: Claimed) =>
  startAttempts(worker.sql, list.shard, workerId, [
    {
      shard: list.shard,
      tenantId: list.tenantId,
      transitionId: list.transitionId,
      fence: list.fence,
      attemptId: api.deps.ids.next(),
    },
  ]);

/** Records what came of a list's action, as the worker does. @returns whether the worker still held the list */
async function record(
  list: Claimed,
  queue: QueueMove,
  runs: (Partial<RunChange> & Pick<RunChange, 'id' | 'status'>)[],
) {
  const { shard, tenantId, jobId, transitionId, fence } = list;
  const changes = runs.map((run) => ({
    attempts: 1,
    request: null,
    response: null,
    error: null,
    finished: true,
    ...run,
  }));
  const outcome = {
    shard,
    tenantId,
    jobId,
    transitionId,
    fence,
    queue,
    runs: changes,
    attempt: null,
    log: [],
    outcomeEvents: [],
  };
  const held = await worker.once<{ id: string }[]>([tenantId], (sql) =>
    recordOutcomes(sql, shard, [outcome as unknown as OutcomeRecord]),
  );
  return held.length === 1;
}

const failure: Json = { code: 'http_500', message: 'It answered 500.' };
const because: Json = { code: 'earlier_action_failed', message: 'Action "first" of this list failed.' };

/** A list whose first action failed for good. */
async function failedList() {
  const { jobId, runs } = await started('list');
  const list = (await claimed(jobId)) as Claimed;
  await begin(list);
  const [first, second, third] = runs as [Run, Run, Run];
  await record(list, { kind: 'finish' }, [
    { id: first.id, status: 'FAILED', attempts: 5, error: failure },
    { id: second.id, status: 'SKIPPED', attempts: 0, error: because },
    { id: third.id, status: 'SKIPPED', attempts: 0, error: because },
  ]);
  return { jobId, list, first, second, third };
}

/** A list whose first action is UNKNOWN and waits for a person. */
async function parkedList(workflow = 'list') {
  const { jobId, runs } = workflow === 'waiting' ? await startedWaiting() : await started(workflow);
  const list = (await claimed(jobId)) as Claimed;
  await begin(list);
  const first = runs[0] as Run;
  const park: QueueMove = { kind: 'release', nextOrdinal: 0, connectionId: connection, delayMs: null };
  await record(list, park, [
    { id: first.id, status: 'UNKNOWN', error: { code: 'timeout', message: '…' }, finished: false },
  ]);
  return { jobId, list, first, runs };
}

async function startedWaiting() {
  const jobId = await startJob(api.a.call, 'waiting');
  return { jobId, runs: await runsOf(jobId) };
}

const act = (id: string, how: 'retry' | 'resend' | 'skip', call: Caller = api.a.call) =>
  call('POST', `/actions/${id}/${how}`, { body: { reason: 'because' } });

const kindsOf = async (jobId: string): Promise<string[]> =>
  (await api.a.call('GET', `/jobs/${jobId}/log`)).body.items.map(({ kind }: { kind: string }) => kind);

test('a retried action is due again with the rest of its list behind it, its attempts counted on', async () => {
  const { jobId, list, first } = await failedList();
  expect(await statuses(jobId)).toEqual(['FAILED', 'SKIPPED', 'SKIPPED']);
  woken.length = 0;
  const retried = await act(first.id, 'retry');
  expect(retried.status).toBe(200);
  expect(retried.body).toMatchObject({ status: 'QUEUED', attempts: 5, error: null, finished_at: null });
  expect(woken).toEqual([api.a.tenant.shard]);
  expect(await statuses(jobId)).toEqual(['QUEUED', 'QUEUED', 'QUEUED']);
  const again = (await claimed(jobId)) as Claimed;
  expect(again.nextOrdinal).toBe(0);
  expect(again.fence).toBeGreaterThan(list.fence);
  expect(await left(again)).toEqual(['first', 'second', 'third']);
  expect(await record(list, { kind: 'finish' }, [])).toBe(false);
  expect((await kindsOf(jobId)).at(-1)).toBe('action.retried');
});

test('a second retry says why not; once it failed again, it does the same again', async () => {
  const { jobId, first } = await failedList();
  await act(first.id, 'retry');
  const second = await act(first.id, 'retry');
  expect([second.status, second.body.code, second.body.status]).toEqual([409, 'action_not_failed', 409]);
  expect(second.body.detail).toContain('QUEUED');
  const list = (await claimed(jobId)) as Claimed;
  await begin(list);
  expect((await act(first.id, 'retry')).body.code).toBe('action_running');
  await record(list, { kind: 'finish' }, [{ id: first.id, status: 'FAILED', attempts: 6, error: failure }]);
  const third = await act(first.id, 'retry');
  expect([third.status, third.body.attempts]).toEqual([200, 6]);
  expect(((await claimed(jobId)) as Claimed).fence).toBeGreaterThan(list.fence);
});

test('of several retries at once one does it', async () => {
  const { first, jobId } = await failedList();
  const answers = await Promise.all(Array.from({ length: 6 }, () => act(first.id, 'retry')));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
  expect((await kindsOf(jobId)).filter((kind) => kind === 'action.retried')).toHaveLength(1);
});

test('what a person skipped stays skipped when an earlier action is retried', async () => {
  const { jobId, runs } = await started('list');
  const [first, second, third] = runs as [Run, Run, Run];
  expect((await act(second.id, 'skip')).status).toBe(200);
  const list = (await claimed(jobId)) as Claimed;
  await begin(list);
  await record(list, { kind: 'finish' }, [
    { id: first.id, status: 'FAILED', error: failure },
    { id: third.id, status: 'SKIPPED', attempts: 0, error: because },
  ]);
  await act(first.id, 'retry');
  expect(await statuses(jobId)).toEqual(['QUEUED', 'SKIPPED', 'QUEUED']);
});

test('a retry waits while the list goes on without the failed action', async () => {
  const { jobId, runs } = await started('lenient');
  const [first] = runs as [Run, Run];
  const list = (await claimed(jobId)) as Claimed;
  await begin(list);
  await record(list, { kind: 'keep', nextOrdinal: 1, connectionId: connection }, [
    { id: first.id, status: 'FAILED', error: failure },
  ]);
  const early = await act(first.id, 'retry');
  expect([early.status, early.body.code]).toEqual([409, 'action_list_busy']);
  expect(await statuses(jobId)).toEqual(['FAILED', 'QUEUED']);
  expect((await act(first.id, 'skip')).body.status).toBe('SKIPPED');
  expect(await statuses(jobId)).toEqual(['SKIPPED', 'QUEUED']);
});

test('an unknown action is resent where it stood', async () => {
  const { jobId, first } = await parkedList();
  expect(await claimed(jobId)).toBeUndefined();
  const parked = await api.a.call('GET', `/actions/${first.id}`);
  expect(parked.body).toMatchObject({ status: 'UNKNOWN', next_attempt_at: null });
  const resent = await act(first.id, 'resend');
  expect(resent.status).toBe(200);
  expect(resent.body.next_attempt_at).not.toBeNull();
  expect((await act(first.id, 'resend')).status).toBe(200);
  const list = (await claimed(jobId)) as Claimed;
  expect(await left(list)).toEqual(['first', 'second', 'third']);
  await begin(list);
  const running = await act(first.id, 'resend');
  expect([running.status, running.body.code]).toEqual([409, 'action_running']);
  expect((await api.a.call('GET', `/actions/${first.id}`)).body.status).toBe('RUNNING');
  expect((await api.a.call('GET', `/actions?job=${jobId}&status=RUNNING`)).body.items).toHaveLength(1);
  expect((await api.a.call('GET', `/actions?job=${jobId}&status=UNKNOWN`)).body.items).toHaveLength(0);
});

test('an action that is not unknown is not resent', async () => {
  const { first } = await failedList();
  const refused = await act(first.id, 'resend');
  expect([refused.status, refused.body.code]).toEqual([409, 'action_not_unknown']);
  expect(refused.body.detail).toContain('FAILED');
});

test('skipping lets the list go on with the next action, and ends it after the last', async () => {
  const { jobId, first, runs } = await parkedList();
  const skipped = await act(first.id, 'skip');
  expect(skipped.body).toMatchObject({ status: 'SKIPPED', error: { code: 'skipped_by_person' } });
  const list = (await claimed(jobId)) as Claimed;
  expect(list.nextOrdinal).toBe(1);
  expect(await left(list)).toEqual(['second', 'third']);
  expect((await act((runs[1] as Run).id, 'skip')).status).toBe(200);
  expect((await act((runs[2] as Run).id, 'skip')).status).toBe(200);
  expect(await statuses(jobId)).toEqual(['SKIPPED', 'SKIPPED', 'SKIPPED']);
  expect(await claimed(jobId)).toBeUndefined();
  const again = await act(first.id, 'skip');
  expect([again.status, again.body.code]).toEqual([409, 'action_not_skippable']);
  expect((await kindsOf(jobId)).filter((kind) => kind === 'action.skipped')).toHaveLength(3);
});

test('a list is taken from the worker that holds it when one of its actions is skipped', async () => {
  const { jobId, runs } = await started('list');
  const list = (await claimed(jobId)) as Claimed;
  await act((runs[1] as Run).id, 'skip');
  expect(await begin(list)).toHaveLength(0);
  const again = (await claimed(jobId)) as Claimed;
  expect(again.nextOrdinal).toBe(0);
  expect(await left(again)).toEqual(['first', 'third']);
});

test('an action is not skipped while it, or one before it, is being sent', async () => {
  const { jobId, runs } = await started('list');
  await begin((await claimed(jobId)) as Claimed);
  const [first, second] = runs as [Run, Run];
  expect((await act(first.id, 'skip')).body.code).toBe('action_running');
  expect((await act(second.id, 'skip')).body.code).toBe('action_list_busy');
  expect(await statuses(jobId)).toEqual(['RUNNING', 'QUEUED', 'QUEUED']);
});

test('skipping a failed action lets what it stopped go on', async () => {
  const { jobId, first } = await failedList();
  expect((await act(first.id, 'skip')).body.status).toBe('SKIPPED');
  expect(await statuses(jobId)).toEqual(['SKIPPED', 'QUEUED', 'QUEUED']);
  expect(await left((await claimed(jobId)) as Claimed)).toEqual(['second', 'third']);
});

test('a state that waits for a skipped action is told', async () => {
  const { jobId, first } = await parkedList('waiting');
  await act(first.id, 'skip');
  const { body: job } = await api.a.call('GET', `/jobs/${jobId}`);
  expect(job.timers).toMatchObject([{ kind: 'action_outcome', event_type: 'xstate.error.actor.ask' }]);
  const { shard, id: tenantId } = api.a.tenant;
  const [timer] = await api.operator.sql`select * from timers where job_id = ${jobId}`;
  await api.deps.jobs.fire({
    shard,
    tenantId,
    jobId,
    id: timer?.id,
    sendId: null,
    entry: 0,
    event: timer?.event,
  });
  expect((await api.a.call('GET', `/jobs/${jobId}`)).body).toMatchObject({
    status: 'DONE',
    current_state: 'failed',
    timers: [],
  });
});

test('an action run shows its last request and answer, and every attempt', async () => {
  const { jobId, runs } = await started('list');
  const [first] = runs as [Run, Run, Run];
  for (const number of [1, 2]) {
    const list = (await claimed(jobId)) as Claimed;
    const { shard, tenantId, transitionId, fence } = list;
    await begin(list);
    const [request, response] = [
      { method: 'POST', url: 'http://x/' },
      { status: 503, body: number },
    ];
    const log = {
      action_run_id: first.id,
      attempt: number,
      outcome: 'failed',
      code: 'http_503',
      request,
      response,
    };
    const attempt = {
      id: api.deps.ids.next(),
      runId: first.id,
      number,
      outcome: 'failed',
      provider: 'generic_rest',
      connectionId: connection,
      workflowId: api.deps.ids.next(),
      statusCode: 503,
      requestBytes: 1,
      responseBytes: 1,
      durationMs: 1,
      log,
    } as const;
    const retrying = {
      id: first.id,
      status: 'RETRYING',
      attempts: number,
      attemptId: attempt.id,
      error: failure,
      finished: false,
    } as const;
    const queue = { kind: 'release', nextOrdinal: 0, connectionId: connection, delayMs: 0 } as const;
    const of = {
      shard,
      tenantId,
      jobId,
      transitionId,
      fence,
      queue,
      runs: [retrying],
      attempt,
      log: [],
      outcomeEvents: [],
    };
    await worker.once<{ id: string }[]>([tenantId], (sql) => recordOutcomes(sql, shard, [of]));
  }
  const { body } = await api.a.call('GET', `/actions/${first.id}`);
  expect(body).toMatchObject({
    status: 'RETRYING',
    attempts: 2,
    request: { method: 'POST' },
    response: { status: 503, body: 2 },
    error: { code: 'http_500' },
  });
  expect(body.next_attempt_at).not.toBeNull();
  expect(body.attempt_log).toMatchObject([
    { number: 1, outcome: 'failed', late: false, code: 'http_503', response: { body: 1 } },
    { number: 2, outcome: 'failed', late: false, code: 'http_503', response: { body: 2 } },
  ]);
});

test('refused interventions write nothing', async () => {
  const { first, second } = await failedList();
  const reader = await api.keyWith(['Reader']);
  const before = await api.countRows();
  const run = (await api.a.call('GET', `/actions/${second.id}`)).body;
  expect((await act(second.id, 'retry')).status).toBe(409);
  expect((await act(second.id, 'resend')).status).toBe(409);
  expect((await act(second.id, 'skip')).status).toBe(409);
  expect((await api.a.call('POST', `/actions/${first.id}/retry`, { body: { why: 'x' } })).status).toBe(422);
  expect((await act(first.id, 'retry', reader.call)).body.permission).toBe('action.write');
  for (const how of ['retry', 'resend', 'skip'] as const) {
    for (const id of [first.id, 'nonsense', workerId]) {
      const foreign = await act(id, how, api.b.call);
      expect([foreign.status, foreign.body.code]).toEqual([404, 'action_run_not_found']);
    }
  }
  expect(await api.countRows()).toEqual(before);
  expect((await api.a.call('GET', `/actions/${second.id}`)).body).toEqual(run);
});

test('finds action runs by workflow, status, connection, name and time', async () => {
  const call = api.b.call;
  const own = await makeConnection(call);
  await publish(call, 'found', listOf(own, ['one', 'two']));
  const jobId = await startJob(call, 'found');
  await send(call, jobId, 'START');
  const [one, two] = (await runsOf(jobId, call)) as [Run & { created_at: string }, Run];
  const ids = async (query: string) =>
    (await call('GET', `/actions?${query}`)).body.items.map(({ id }: Run) => id);
  expect(await ids('')).toEqual([two.id, one.id]);
  expect(await ids('name=one')).toEqual([one.id]);
  expect(await ids(`workflow=found&connection=${own}&status=QUEUED`)).toEqual([two.id, one.id]);
  expect(await ids('status=FAILED')).toEqual([]);
  expect(await ids(`created_before=${one.created_at}`)).toEqual([]);
  const page = await call('GET', '/actions?limit=1');
  expect(await ids(`limit=1&cursor=${page.body.next_cursor}`)).toEqual([one.id]);
  expect(await ids(`connection=${connection}`)).toEqual([]);
});
