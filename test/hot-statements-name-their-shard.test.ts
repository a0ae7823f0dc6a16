// Every statement that API and worker send while jobs move, webhooks arrive and subscribers are told is for one shard: on
// Citus its plan is for one server, elsewhere each scan of a distributed table has its shard by a constant or a parameter.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { startDemoReceiver } from '../cli/demo/receiver.ts';
import { play } from '../cli/demo/scenario.ts';
import { settled } from '../cli/demo/settled.ts';
import { connect, nothingWasWritten } from '../db/client.ts';
import { EVERY_SHARD } from '../db/every-shard.ts';
import { newId } from '../db/new-id.ts';
import { callNameOf } from '../db/server-calls.ts';
import { CALLED_ON_SERVERS, type CalledOnServers } from '../db/statements/called-on-servers.ts';
import { type Arrival, storeArrivals } from '../db/statements/store-inbound.ts';
import { setupInstallation, type TestInstallation } from '../processes/processes.testkit.ts';
import { until } from '../worker/worker.testkit.ts';
import { comparisonsOfEachWithEach, messagesOf, problemOfPlan, tablesOfPart } from './plans.testkit.ts';
import { createDatabase, ON_CITUS } from './postgres.testkit.ts';
import { type Listener, listenToStatements } from './statements.testkit.ts';

let url: string;
let listener: Listener;
let installation: TestInstallation;
let admin: postgres.Sql;
let distributed: boolean;

beforeAll(async () => {
  const database = await createDatabase();
  url = database.url;
  admin = postgres(database.url, { max: 1, onnotice: () => {} });
  const asked = connect({ url: database.url, role: 'pawl_api', poolMax: 1, applicationName: 'test' });
  distributed = await asked.isDistributed();
  await asked.close();
  listener = await listenToStatements(database.url);
  const drop = async () => {
    await admin.end();
    await listener.stop();
    await database.drop();
  };
  installation = await setupInstallation({}, { url: listener.url, drop });
  await useEverything(installation);
});
afterAll(() => installation?.stop());

/** Jobs of every fate, an event that comes in and starts one, a subscriber who is told; until all of it is sealed. */
async function useEverything({ api, client, operator, tenant }: TestInstallation): Promise<void> {
  const receiver = await startDemoReceiver();
  try {
    const connection = await client.request('POST', '/tenant/connections', {
      provider: 'generic_rest',
      connection_name: 'subscriber',
      credentials: { base_url: receiver.url },
      supplied_to_all: true,
    });
    const params = { connection_id: connection.id, path: '/told', body: { job: '<<job.id>>' } };
    for (const kind of ['transition_taken', 'action_failed']) {
      const action = { action_type: 'WEBHOOK', params };
      await client.request('POST', '/subscriptions', { name: kind, trigger: { kind }, action });
    }
    await play({ api: client, receiverUrl: receiver.url, settled: () => settled(operator, tenant) });
    const source = await client.request('POST', '/sources', {
      kind: 'generic',
      name: 'shop',
      config: { scheme: 'shared_secret', delivery_id_path: 'id' },
    });
    await client.request('POST', '/triggers', {
      source_id: source.id,
      name: 'opens',
      event_types: ['opened'],
      action: { type: 'start_job', workflow: 'work-order', key: 'event.id' },
    });
    const deliver = () =>
      fetch(`${api.url}/api/integrations/webhook/${source.id}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-Signature': source.secret },
        body: JSON.stringify({ id: 'in-1', type: 'opened' }),
      });
    await deliver();
    // Whether it is the next try of what failed is asked of what is known.
    await deliver();
    await until('the event is processed', async () => {
      const { items } = await client.request('GET', `/inbound-events?source=${source.id}`);
      return items[0]?.status === 'PROCESSED';
    });
    await client.request('GET', '/metering/usage');
    await until(
      'the log is sealed',
      async () => (await admin`select from event_log_seals limit 1`).length > 0,
    );
  } finally {
    await receiver.stop();
  }
}

/** What a statement for all shards says in its text. */
const SAYS_SO = /\/\* every shard: ([^*]+) \*\//;

test('every statement that processes send while they work is for one shard, or says that it is not', async () => {
  const statements = [...listener.heard].filter(
    ([text, { role }]) => role !== 'pawl_operator' && WRITTEN_BY_US.test(text) && !SAYS_SO.test(text),
  );
  const wrong: string[] = [];
  for (const [text, statement] of statements) {
    const problem = await problemOfPlan(admin, text, statement, distributed);
    if (problem !== null) wrong.push(`${problem}: ${text.trim()}`);
  }
  expect(wrong).toEqual([]);
  // What inserts in a part of it is one call, where it is for one shard.
  const calls = statements.filter(([text]) => text.includes('pawl_call_'));
  if (distributed) expect(calls.length).toBeGreaterThanOrEqual(4);
  else expect(calls).toEqual([]);
  const functions = await admin<{ call: string; source: string }[]>`
    select replace(proname, '_part_', '_call_') as call, prosrc as source from pg_proc
    where proname like 'pawl\\_part\\_%'`;
  const sources = functions
    .filter(({ call }) => calls.some(([text]) => text.includes(call)))
    .map(({ source }) => source);
  // Of each kind of work there is.
  for (const table of [
    'jobs',
    'dispatch_queue',
    'utility_ledger',
    'timers',
    'inbound_queue',
    'deliveries',
    'event_log_seals',
  ]) {
    expect(
      [...statements.map(([text]) => text), ...sources].some((text) => text.includes(table)),
      table,
    ).toBe(true);
  }
});

test.skipIf(ON_CITUS)(
  'what a worker writes for many lists at once compares no list with every other',
  async () => {
    const written = [...listener.heard].filter(
      ([text]) => /set attempt_id = s\.attempt_id/.test(text) || /with step as materialized/.test(text),
    );
    expect(written.length).toBeGreaterThanOrEqual(2);
    for (const [text, statement] of written)
      expect(await comparisonsOfEachWithEach(admin, text, statement), text).toEqual([]);
  },
);

// Beside a hundred thousand stored jobs a plan joined the other way round, and asked 1 024 times for a batch of 32.
test.skipIf(ON_CITUS)(
  'what has to hold for a change is asked once, not for each job it is joined with',
  async () => {
    const commits = [...listener.heard].filter(([text]) =>
      /\bwith\b.*\bchange as materialized.*\bupdate jobs\b/s.test(text),
    );
    expect(commits.some(([text]) => text.includes('from timers t'))).toBe(true);
    for (const [text, statement] of commits)
      expect(await tablesOfPart(admin, text, statement, 'moved'), text).toEqual(['jobs']);
  },
);

test.runIf(ON_CITUS)(
  'what is called is one message to a server, which is told before that something is written',
  async () => {
    const called = new Map(CALLED_ON_SERVERS.map((one) => [callNameOf(one.text), one]));
    const asked = expect.stringMatching(/^issuing SELECT part\.\w+.* FROM \(public\.shards_/);
    const told = expect.stringMatching(
      /^issuing (DELETE FROM public\.timers_|UPDATE public\.event_log_sealers_)/,
    );
    const servers = inject('testPostgres').servers.workerUrls;
    const heard = new Set<string>();
    for (const [text, statement] of listener.heard) {
      const name = /pawl_call_\w+/.exec(text)?.[0];
      if (name === undefined) continue;
      heard.add(name);
      const { on, changeOfNothing } = called.get(name) as CalledOnServers;
      const once = changeOfNothing === null ? [asked] : [told, asked];
      expect(await messagesOf(url, text, statement)).toEqual(
        on === 'shard' ? once : servers.map(() => asked),
      );
    }
    expect(heard).toEqual(new Set(called.keys()));
  },
);

test.runIf(ON_CITUS)('what a server lost before its commit is not said to be committed', async () => {
  const { id: tenantId, shard } = installation.tenant;
  const db = connect({ url, role: 'pawl_api', poolMax: 1, applicationName: 'test' });
  const calls = await db.serverCalls();
  const nothing = { deliveryId: null, eventType: null, body: null, payload: null, error: null };
  const counts = { bodyBytes: 0, replyBytes: 0, replyStatus: 200 };
  const of = { tenantId, id: newId(), sourceId: newId(), kind: 'generic' };
  const arrival: Arrival = { ...of, ...nothing, ...counts, status: 'PROCESSED', headers: [], effects: [] };
  const lost = db.forTenants([tenantId], async (sql) => {
    const store = calls.onShard(shard, (tag) => storeArrivals(tag, shard, [arrival]));
    expect(await store(sql)).toEqual([{ id: arrival.id }]);
    await admin`
      select run_command_on_workers($$
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and usename = 'pawl_api' and state = 'idle in transaction' $$)`;
  });
  const error = await lost.catch((reason) => reason);
  expect(error).toMatchObject({ message: expect.stringMatching(/^could not commit transaction/) });
  expect(nothingWasWritten(error)).toBe(false);
  expect(await admin`select from inbound_events where id = ${arrival.id}`).toHaveLength(0);
  await db.close();
});

test('what says that it asks all shards is on the list, and everything on the list is said', async () => {
  const directory = join(import.meta.dirname, '../db/statements');
  const said = new Set<string>();
  for (const name of (await readdir(directory)).filter((file) => !file.endsWith('.test.ts'))) {
    const source = await readFile(join(directory, name), 'utf8');
    for (const [, what] of source.matchAll(new RegExp(SAYS_SO, 'g'))) said.add(String(what));
  }
  expect([...said].sort()).toEqual(Object.keys(EVERY_SHARD).sort());
});

const WRITTEN_BY_US = /^\s*(?:with|select|insert|update|delete)\b/;
