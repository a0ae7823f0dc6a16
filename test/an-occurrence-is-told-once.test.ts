// Whoever dies and whatever is asked twice: each subscription is told of each occurrence once, under one id.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { checkInvariants } from '../invariants/check-invariants.ts';
import { gate } from '../worker/receiver.testkit.ts';
import { waitsForLock } from './lock-waits.testkit.ts';
import { AT_ONCE, type Notifications, SHORT, setupNotifications } from './notifications.testkit.ts';
import { SHORT_LEASE, startWorkerProcess, type WorkerProcess } from './worker-process.testkit.ts';

let n: Notifications;
let victim: WorkerProcess | null = null;
let rescue: (() => Promise<void>) | null = null;

beforeAll(async () => {
  n = await setupNotifications();
  await n.workflow('short', SHORT);
});
afterEach(async () => {
  await victim?.kill();
  await rescue?.();
  victim = rescue = null;
});
afterAll(async () => {
  const { operator: db, a } = n.api;
  expect(await checkInvariants({ db, tenants: [a.tenant], arrivals: n.receiver.requests })).toEqual([]);
  await n.stop();
});

const startVictim = async () => {
  victim = await startWorkerProcess(n.api.url);
  return victim;
};
const startRescuer = async () => {
  const { stop } = await n.startWorker(SHORT_LEASE);
  rescue = stop;
};
let count = 0;
async function endpointFor(trigger: { kind: string }): Promise<{ id: string; path: string }> {
  const path = `/once-${++count}`;
  const { id } = await n.ask('POST', '/endpoints', { url: `${n.receiver.origin}${path}` });
  const endpoint = { endpoint_id: id, retry: AT_ONCE };
  await n.ask('POST', '/subscriptions', { name: path, trigger, endpoint });
  return { id, path };
}

describe('an event', () => {
  it('sent many times under one key, by many at once, is told once', async () => {
    const { id } = await endpointFor({ kind: 'transition_taken' });
    const job = await n.start('short');
    const { call } = n.api.a;
    const send = () =>
      call('POST', `/jobs/${job}/events`, { body: { type: 'GO' }, headers: { 'idempotency-key': 'one' } });
    const answers = await Promise.all(Array.from({ length: 20 }, send));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await n.deliveries(`&endpoint=${id}`)).toHaveLength(1);
  });

  it('that lost every race but one is told as often as it was taken, and subscribing meanwhile loses none', async () => {
    const job = await n.start('short');
    const events = Array.from({ length: 10 }, () => ['GO', 'BACK']).flat();
    const sent = Promise.all(
      events.map((type) => n.api.a.call('POST', `/jobs/${job}/events`, { body: { type } })),
    );
    const { id } = await endpointFor({ kind: 'transition_taken' });
    const before = (await n.ask('GET', `/jobs/${job}`)).revision;
    await sent;
    const { revision } = await n.ask('GET', `/jobs/${job}`);
    const told = await n.deliveries(`&endpoint=${id}`);
    // From the answer to the subscription on, every transition was told; those of the moment before may have been.
    expect(told.length).toBeGreaterThanOrEqual(revision - before);
    expect(new Set(told.map(({ occurrence_id: of }) => of)).size).toBe(told.length);
  });
});

describe('a worker that is killed', () => {
  it('while an endpoint has its request leaves a delivery that is sent again, under the same id', async () => {
    const { id, path } = await endpointFor({ kind: 'job_started' });
    const held = gate();
    n.receiver.script(path, ({ nth }) => (nth === 1 ? held.promise : {}));
    const { kill } = await startVictim();
    const job = await n.start('short');
    await n.receiver.arrival(path);
    await kill();
    await startRescuer();
    const [delivery, ...more] = await n.settled(`&endpoint=${id}&job=${job}`);
    expect(more).toEqual([]);
    expect(delivery).toMatchObject({ status: 'SUCCEEDED', attempts: 2 });
    const ids = n.receiver.at(path).map(({ headers }) => headers['webhook-id']);
    expect(ids).toEqual([delivery?.id, delivery?.id]);
    held.resolve({});
  });

  it('before it recorded that an action failed leaves one failure to be told, not two and not none', async () => {
    const { admin } = n.kit;
    const { id } = await endpointFor({ kind: 'action_failed' });
    const connection = await n.connection('failing');
    const params = { connection_id: connection, path: '/fails', body: {} };
    const action = { action_type: 'WEBHOOK', name: 'notify', params, idempotent: true, retry: AT_ONCE };
    const on = { GO: { target: 'gone', actions: [action] } };
    await n.workflow('fails', { id: 'fails', initial: 'ready', states: { ready: { on }, gone: {} } });
    const locked = gate<void>();
    n.receiver.script('/fails', async () => {
      await locked.promise;
      return { status: 400 };
    });
    const { kill } = await startVictim();
    const job = await n.start('fails');
    await n.send(job, 'GO');
    await n.receiver.arrival('/fails');
    // With the answer in hand, it waits behind a lock on the row that it wants to move.
    await admin.begin(async (sql) => {
      await sql`select from dispatch_queue where shard = ${n.api.a.tenant.shard} and job_id = ${job} for update`;
      locked.resolve();
      const backend = await waitsForLock(admin, 'pawl worker', 'delete from dispatch_queue');
      await kill();
      await admin`select pg_terminate_backend(${backend}::integer, 10000)`;
    });
    await startRescuer();
    const told = await n.settled(`&endpoint=${id}&job=${job}`);
    expect(told).toMatchObject([{ status: 'SUCCEEDED', kind: 'action_failed' }]);
    expect(n.receiver.at('/fails')).toHaveLength(2);
  });
});
