// A worker process is killed at each point of its protocol; another one finds what it left.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { checkInvariants } from '../invariants/check-invariants.ts';
import { gate } from '../worker/receiver.testkit.ts';
import { type Kit, type StartedWorker, setup, statuses, until } from '../worker/worker.testkit.ts';
import { waitsForLock, whileLocked } from './lock-waits.testkit.ts';
import { SHORT_LEASE, startWorkerProcess, type WorkerProcess } from './worker-process.testkit.ts';

let kit: Kit;
let victim: WorkerProcess | null = null;
let rescuer: StartedWorker | null = null;

beforeAll(async () => {
  kit = await setup();
});
afterEach(async () => {
  await victim?.kill();
  await rescuer?.stop();
  victim = rescuer = null;
  const { operator: db, tenant, receiver } = kit;
  expect(await checkInvariants({ db, tenants: [tenant], arrivals: receiver.requests })).toEqual([]);
});
afterAll(() => kit?.close());

const startVictim = async () => {
  victim = await startWorkerProcess(kit.url);
  return victim;
};
/** Another worker; it declares dead who is silent for as long as a short lease. */
const startRescuer = async () => {
  rescuer = await kit.startWorker(SHORT_LEASE);
};
const outcomes = async (jobId: string) => (await kit.ledgerOf(jobId)).map(({ outcome }) => outcome);

/** In the statement that reads the runs of a list; a chore that waits for the same table says nothing of the list. */
const LOADING = 'select r.transition_id';

describe('a worker that is killed', () => {
  it('after it claimed and before it read what to do has sent nothing; another sends it once', async () => {
    const { admin, receiver, webhook } = kit;
    const jobId = await kit.jobWith([webhook('/claimed/1'), webhook('/claimed/2')]);
    await whileLocked(admin, 'action_runs', async () => {
      const { kill } = await startVictim();
      await waitsForLock(admin, 'pawl worker', LOADING);
      expect(await kit.queueOf(jobId)).toMatchObject([
        { fence: 1, workerId: expect.any(String), attemptId: null },
      ]);
      await kill();
    });
    await startRescuer();
    expect(await kit.settled(jobId)).toMatchObject([
      { status: 'SUCCEEDED', attempts: 1 },
      { status: 'SUCCEEDED', attempts: 1 },
    ]);
    expect(receiver.at('/claimed/1')).toHaveLength(1);
    expect(await outcomes(jobId)).toEqual(['succeeded', 'succeeded']);
  });

  it('after it said that it would send, and before a byte of the request left, leaves an UNKNOWN behind', async () => {
    // Takes connections, and never a TLS handshake: no byte of any request can get here.
    const server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const connection = await kit.addConnection({
      origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    });
    const connected = once(server, 'connection');
    const { kill } = await startVictim();
    const jobId = await kit.jobWith([
      kit.webhook('/never', { params: { connection_id: connection } }),
      kit.webhook('/behind-never'),
    ]);
    await connected;
    await kill();
    await startRescuer();
    expect(await kit.settled(jobId)).toMatchObject([
      { status: 'UNKNOWN', attempts: 1, error: { code: 'worker_died' } },
      { status: 'QUEUED' },
    ]);
    expect(await outcomes(jobId)).toEqual(['unknown']);
    server.close();
  });

  it('while the receiver has the request leaves an UNKNOWN behind, which waits for a person', async () => {
    const { receiver, webhook } = kit;
    const held = gate();
    receiver.script('/parked', () => held.promise);
    const { kill } = await startVictim();
    const jobId = await kit.jobWith([webhook('/parked'), webhook('/behind-parked')]);
    await receiver.arrival('/parked');
    await kill();
    await startRescuer();
    expect(statuses(await kit.settled(jobId))).toEqual(['UNKNOWN', 'QUEUED']);
    expect(await outcomes(jobId)).toEqual(['unknown']);
    expect(await kit.queueOf(jobId)).toMatchObject([
      { waitsForPerson: true, workerId: null, attemptId: null },
    ]);
    expect([receiver.at('/parked').length, receiver.at('/behind-parked').length]).toEqual([1, 0]);
    held.resolve({});
  });

  it('while the receiver has a request that may be repeated sees it sent again under the same key', async () => {
    const { receiver, webhook } = kit;
    const held = gate();
    receiver.script('/repeated', ({ nth }) => (nth === 1 ? held.promise : {}));
    const { kill } = await startVictim();
    const jobId = await kit.jobWith([
      webhook('/repeated', { idempotent: true }),
      webhook('/behind-repeated'),
    ]);
    await receiver.arrival('/repeated');
    await kill();
    await startRescuer();
    const [run, next] = await kit.settled(jobId);
    expect([run, next]).toMatchObject([
      { status: 'SUCCEEDED', attempts: 2 },
      { status: 'SUCCEEDED', attempts: 1 },
    ]);
    expect(receiver.at('/repeated').map(({ key }) => key)).toEqual([run?.id, run?.id]);
    expect(await outcomes(jobId)).toEqual(['unknown', 'succeeded', 'succeeded']);
    held.resolve({});
  });

  it('after the answer and before the record leaves an UNKNOWN behind that is metered once', async () => {
    const { admin, receiver, webhook, tenant } = kit;
    const locked = gate<void>();
    receiver.script('/unrecorded', async () => {
      await locked.promise;
      return {};
    });
    const { kill } = await startVictim();
    const jobId = await kit.jobWith([webhook('/unrecorded'), webhook('/behind-unrecorded')]);
    await receiver.arrival('/unrecorded');
    // With the answer in hand, it waits behind a lock on the row that it wants to move.
    await admin.begin(async (sql) => {
      await sql`select from dispatch_queue where shard = ${tenant.shard} and job_id = ${jobId} for update`;
      locked.resolve();
      const backend = await waitsForLock(admin, 'pawl worker', 'delete from dispatch_queue');
      await kill();
      // What had left already dies with the connection, though Postgres would notice only later.
      await admin`select pg_terminate_backend(${backend}::integer, 10000)`;
    });
    await startRescuer();
    expect(await kit.settled(jobId)).toMatchObject([
      { status: 'UNKNOWN', attempts: 1, error: { code: 'worker_died' } },
      { status: 'QUEUED' },
    ]);
    expect(await outcomes(jobId)).toEqual(['unknown']);
    expect([receiver.at('/unrecorded').length, receiver.at('/behind-unrecorded').length]).toEqual([1, 0]);
  });
});

describe('a worker that is stopped in its tracks for longer than its lease', () => {
  it('moves nothing when it goes on; what it sent is metered once', async () => {
    const { receiver, webhook } = kit;
    const held = gate();
    receiver.script('/stopped', () => held.promise);
    const { signal } = await startVictim();
    const jobId = await kit.jobWith([webhook('/stopped'), webhook('/stopped/behind')]);
    await receiver.arrival('/stopped');
    signal('SIGSTOP');
    await startRescuer();
    expect(statuses(await kit.settled(jobId))).toEqual(['UNKNOWN', 'QUEUED']);
    held.resolve({});
    signal('SIGCONT');
    const late = await until('its record arrived', async () =>
      (await kit.logOf(jobId)).find(({ kind }) => kind === 'attempt_late'),
    );
    expect(late.data).toMatchObject({ outcome: 'succeeded' });
    expect(statuses(await kit.runsOf(jobId))).toEqual(['UNKNOWN', 'QUEUED']);
    expect(await outcomes(jobId)).toEqual(['unknown']);
    expect(receiver.at('/stopped/behind')).toEqual([]);

    // It is no outcast: under a new registration it works on.
    await rescuer?.stop();
    expect(statuses(await kit.settled(await kit.jobWith([webhook('/stopped/later')])))).toEqual([
      'SUCCEEDED',
    ]);
  });
});
