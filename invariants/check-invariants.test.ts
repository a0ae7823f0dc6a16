import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DemoReceiver, startDemoReceiver } from '../cli/demo/receiver.ts';
import { play } from '../cli/demo/scenario.ts';
import { settled } from '../cli/demo/settled.ts';
import { setupInstallation, type TestInstallation } from '../processes/processes.testkit.ts';
import { checkInvariants } from './check-invariants.ts';

let installation: TestInstallation;
let receiver: DemoReceiver;
let admin: postgres.Sql;
beforeAll(async () => {
  installation = await setupInstallation();
  receiver = await startDemoReceiver();
  const { client: api, operator, tenant } = installation;
  await play({ api, receiverUrl: receiver.url, settled: () => settled(operator, tenant) });
  await Promise.all([installation.api.stop(), installation.worker.stop()]);
  admin = postgres(installation.databaseUrl, { max: 1, onnotice: () => {} });
});
afterAll(async () => {
  await admin.end();
  await receiver.stop();
  await installation.stop();
});

const broken = async (arrivals = receiver.arrivals) => {
  const { operator: db, tenant } = installation;
  const violations = await checkInvariants({ db, tenants: [tenant], arrivals });
  return [...new Set(violations.map(({ invariant }) => invariant))];
};

test('everything holds after webhooks of every fate', async () => {
  expect(await broken()).toEqual([]);
});

test.each([
  [
    'a list that vanished from the queue',
    'runs_terminal_or_scheduled',
    `create table kept as select * from dispatch_queue; delete from dispatch_queue`,
    `insert into dispatch_queue select * from kept; drop table kept`,
  ],
  [
    'a run that ended without an end',
    'runs_terminal_or_scheduled',
    `create table kept as select id, finished_at from action_runs where status = 'FAILED';
     update action_runs set finished_at = null where status = 'FAILED'`,
    `update action_runs r set finished_at = kept.finished_at from kept where kept.id = r.id; drop table kept`,
  ],
  [
    'an attempt that was not metered',
    'ledger_is_attempts',
    `create table kept as select * from utility_ledger limit 1;
     delete from utility_ledger where attempt_id in (select attempt_id from kept)`,
    `insert into utility_ledger select * from kept; drop table kept`,
  ],
  [
    'a job that is not where its log says',
    'log_replays',
    `update jobs set current_state = 'draft' where status = 'DONE'`,
    `update jobs set current_state = 'done' where status = 'DONE'`,
  ],
  [
    'a context that nothing in the log explains',
    'log_replays',
    `update jobs set snapshot = jsonb_set(snapshot, '{context,amount}', ((snapshot #>> '{context,amount}')::int + 1)::text::jsonb)`,
    `update jobs set snapshot = jsonb_set(snapshot, '{context,amount}', ((snapshot #>> '{context,amount}')::int - 1)::text::jsonb)`,
  ],
  [
    'a transition that is missing from the log',
    'log_replays',
    `create table kept as select * from event_log where seq = 2 limit 1;
     delete from event_log where id in (select id from kept)`,
    `insert into event_log select * from kept; drop table kept`,
  ],
  [
    'a list held by a worker that does not exist',
    'no_orphan_lease',
    `update dispatch_queue set worker_id = '00000000-0000-4000-8000-000000000001'`,
    `update dispatch_queue set worker_id = null`,
  ],
  [
    'a key held by a job that ended',
    'keys_held',
    `insert into job_keys (shard, tenant_id, workflow_id, key, job_id)
     select shard, tenant_id, workflow_id, key, id from jobs where status = 'DONE' limit 1`,
    `delete from job_keys k using jobs j where j.shard = k.shard and j.id = k.job_id and j.status = 'DONE'`,
  ],
  [
    'a delivery that nobody will send',
    'deliveries_have_runs',
    `insert into deliveries (shard, tenant_id, id, subscription_id, occurrence_id, kind, job_id, workflow_id)
     select shard, tenant_id, gen_random_uuid(), id, id, 'test', id, workflow_id from jobs limit 1`,
    `delete from deliveries where kind = 'test'`,
  ],
])('%s is found', async (_, invariant, damage, repair) => {
  await admin.unsafe(damage);
  expect(await broken()).toContain(invariant);
  await admin.unsafe(repair);
  expect(await broken()).toEqual([]);
});

test('a request that nobody sent is found', async () => {
  expect(await broken([...receiver.arrivals, { key: '01900000-0000-7000-8000-000000000000' }])).toEqual([
    'one_effect_per_key',
  ]);
});
