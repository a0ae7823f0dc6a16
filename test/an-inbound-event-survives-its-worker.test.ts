// A worker is killed, or stalls, at each point of processing an inbound event; another one comes to the same end, once.
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type StartedWorker, until } from '../worker/worker.testkit.ts';
import { ADDS, type InboundKit, OPENS, setupInbound, type TestSource } from './inbound.testkit.ts';
import { waitsForLock, whileLocked } from './lock-waits.testkit.ts';
import { ON_CITUS } from './postgres.testkit.ts';
import { SHORT_LEASE, startWorkerProcess, type WorkerProcess } from './worker-process.testkit.ts';

let kit: InboundKit;
let source: TestSource;
let victim: WorkerProcess | null = null;
let rescuer: StartedWorker | null = null;

beforeAll(async () => {
  kit = await setupInbound();
});
beforeEach(async () => {
  source = await kit.addSource(kit.api.a);
  await kit.addTrigger(kit.api.a, source, OPENS);
  await kit.addTrigger(kit.api.a, source, ADDS);
});
afterEach(async () => {
  await victim?.kill();
  await rescuer?.stop();
  victim = rescuer = null;
});
afterAll(() => kit?.close());

const deliver = async (ticket: string, n = 0) =>
  expect(
    (await kit.api.a.deliver(source, { id: `${ticket}-${n}`, type: 'opened', ticket, title: '' })).status,
  ).toBe(200);

const startVictim = async () => {
  victim = await startWorkerProcess(kit.api.url);
};
const startRescuer = async () => {
  rescuer = await kit.workers.startWorker(SHORT_LEASE);
};
const COMMIT = 'claimed_event';
const jobsWithKey = async (key: string) =>
  (await kit.workers.admin`select revision from jobs where key = ${key}`).length;

it('killed before its commit leaves nothing behind; another processes the event, once', async () => {
  await whileLocked(kit.workers.admin, 'jobs', async () => {
    await startVictim();
    await deliver('before');
    const backend = await waitsForLock(kit.workers.admin, 'pawl worker', COMMIT);
    const [event] = await kit.workers
      .admin`select status, attempts from inbound_events where source_id = ${source.id}`;
    expect(event).toMatchObject({ status: 'PROCESSING', attempts: 1 });
    await victim?.kill();
    // What had left already dies with the connection, though Postgres would notice only later.
    await kit.workers.admin`select pg_terminate_backend(${backend}::integer, 10000)`;
  });
  await startRescuer();
  expect(await kit.processed(kit.api.a, source)).toMatchObject([{ status: 'PROCESSED', attempts: 2 }]);
  expect(await jobsWithKey('before')).toBe(1);
});

it('killed after its commit, holding the source still, has had its effect; the next event is taken by another', async () => {
  const { admin } = kit.workers;
  const jobsLocked = Promise.withResolvers<void>();
  const committing = Promise.withResolvers<void>();
  const lock = whileLocked(admin, 'jobs', async () => {
    jobsLocked.resolve();
    await committing.promise;
  });
  await jobsLocked.promise;
  await startVictim();
  await deliver('after');
  await waitsForLock(kit.workers.admin, 'pawl worker', COMMIT);
  await admin.begin(async (sql) => {
    await sql`select from sources where shard = ${kit.api.a.tenant.shard} and id = ${source.id} for no key update`;
    committing.resolve();
    await lock;
    const backend = await waitsForLock(kit.workers.admin, 'pawl worker', 'busy_until = null');
    await victim?.kill();
    await admin`select pg_terminate_backend(${backend}::integer, 10000)`;
  });
  await deliver('after', 1);
  await deliver('behind');
  await startRescuer();
  expect(await kit.processed(kit.api.a, source)).toMatchObject([
    { attempts: 1, effects: [{ effect: 'job_started' }] },
    { effects: [{ effect: 'no_effect', code: 'job_key_taken' }] },
    { effects: [{ effect: 'job_started' }] },
  ]);
  expect(await jobsWithKey('after')).toBe(1);
});

it('that stalls for longer than its lease changes nothing when it goes on', async () => {
  // On Citus an event is locked before its commit waits, so that nobody else takes it: there both wait for what comes before.
  const [table, part] = ON_CITUS ? ['triggers', 'from triggers'] : ['jobs', COMMIT];
  const { admin } = kit.workers;
  await whileLocked(admin, table, async () => {
    await startVictim();
    await deliver('stalled');
    await waitsForLock(admin, 'pawl worker', part);
    victim?.signal('SIGSTOP');
    await startRescuer();
    await waitsForLock(admin, 'worker %', part);
  });
  victim?.signal('SIGCONT');
  expect(await kit.processed(kit.api.a, source)).toMatchObject([
    { status: 'PROCESSED', attempts: 2, effects: [{ effect: 'job_started' }] },
  ]);
  // Both have had their turn when neither waits any more.
  await victim?.stop();
  await rescuer?.stop();
  expect(await jobsWithKey('stalled')).toBe(1);
});

it('that takes longer than its lease for an event stays with it, and the event with the worker', async () => {
  const { admin } = kit.workers;
  await startRescuer();
  await deliver('long');
  await kit.processed(kit.api.a, source);
  const another = await kit.workers.startWorker(SHORT_LEASE);
  const takenUntil = async () =>
    (await admin`select busy_until as at from sources where id = ${source.id}`)[0]?.at?.getTime() ?? 0;
  await admin.begin(async (sql) => {
    await sql`select from jobs where shard = ${kit.api.a.tenant.shard} and key = 'long' for update`;
    await kit.api.a.deliver(source, { id: 'long-added', type: 'added', ticket: 'long', what: 'x' });
    await waitsForLock(admin, 'worker %', COMMIT);
    const first = await takenUntil();
    await until(
      'its first lease is long over',
      async () => (await takenUntil()) > first + 3 * SHORT_LEASE.leaseMs,
    );
  });
  expect(await kit.processed(kit.api.a, source)).toMatchObject([{}, { status: 'PROCESSED', attempts: 1 }]);
  await another.stop();
});

it('that waits for one source works on the others', async () => {
  const { admin } = kit.workers;
  await startRescuer();
  await deliver('slow');
  await kit.processed(kit.api.a, source);
  const other = await kit.addSource(kit.api.a);
  await kit.addTrigger(kit.api.a, other, OPENS);
  await admin.begin(async (sql) => {
    await sql`select from jobs where shard = ${kit.api.a.tenant.shard} and key = 'slow' for update`;
    await kit.api.a.deliver(source, { id: 'add', type: 'added', ticket: 'slow', what: 'x' });
    await waitsForLock(kit.workers.admin, 'worker %', COMMIT);
    await kit.api.a.deliver(other, { id: 'quick', type: 'opened', ticket: 'quick', title: '' });
    expect(await kit.processed(kit.api.a, other)).toMatchObject([{ effects: [{ effect: 'job_started' }] }]);
  });
  expect(await kit.processed(kit.api.a, source)).toMatchObject([{}, { effects: [{ effect: 'event_sent' }] }]);
});

it('several workers share the sources, and each source is in order', async () => {
  await startVictim();
  await startRescuer();
  const sources = await Promise.all(Array.from({ length: 4 }, () => kit.addSource(kit.api.a)));
  for (const [i, each] of sources.entries()) {
    await kit.addTrigger(kit.api.a, each, { ...OPENS, name: 'o' });
    await kit.addTrigger(kit.api.a, each, { ...ADDS, name: 'a' });
    await kit.api.a.deliver(each, { id: 'opening', type: 'opened', ticket: `shared-${i}`, title: '' });
  }
  const letters = 'abcdefghijklmnopqrst';
  for (const what of letters) {
    await Promise.all(
      sources.map((each, i) =>
        kit.api.a.deliver(each, { id: what, type: 'added', ticket: `shared-${i}`, what }),
      ),
    );
  }
  for (const [i, each] of sources.entries()) {
    await kit.processed(kit.api.a, each);
    const rows = await kit.workers.admin`
      select snapshot -> 'context' ->> 'seen' as seen from jobs where key = ${`shared-${i}`}`;
    expect(rows[0]?.seen).toBe(letters);
  }
});

// Citus has no triggers on distributed tables.
it.skipIf(ON_CITUS)(
  'that ends in an error each time is FAILED after ten tries, and those that waited for it are processed',
  async () => {
    const { admin } = kit.workers;
    await admin`
    create function refuse_poison() returns trigger language plpgsql as $$
    begin raise exception 'poison'; end $$`;
    await admin`
    create trigger refuse_poison before update on jobs for each row
    when (new.snapshot::text like '%poison%') execute function refuse_poison()`;
    await deliver('shared');
    for (const [n, what] of ['poison', 'b', 'c'].entries()) {
      const event = { id: `shared-added-${n}`, type: 'added', ticket: 'shared', what };
      expect((await kit.api.a.deliver(source, event)).status).toBe(200);
    }
    // Its source rests for a lease after each try.
    rescuer = await kit.workers.startWorker({ leaseMs: 240, heartbeatIntervalMs: 80 });
    expect(await kit.processed(kit.api.a, source)).toMatchObject([
      { status: 'PROCESSED' },
      { status: 'FAILED', error: { code: 'processing_failed' } },
      { status: 'PROCESSED', error: null },
      { status: 'PROCESSED', error: null },
    ]);
    await admin`drop function refuse_poison() cascade`;
  },
);
