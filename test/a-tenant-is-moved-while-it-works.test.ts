import { v7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { sealEverything } from '../audit/audit.testkit.ts';
import { sealLog } from '../audit/seal-log.ts';
import { verifyShard } from '../audit/verify.ts';
import { connect, type Database } from '../db/client.ts';
import { tablesPlaced } from '../db/layout.ts';
import { OF_SHARDS } from '../db/moved-tables.ts';
import { sumUsage } from '../db/statements/usage.ts';
import type { Tenant } from '../db/tenants.ts';
import type { Action, WebhookAction } from '../engine/definition.ts';
import { checkInvariants } from '../invariants/check-invariants.ts';
import { abortMove, type MoveOptions, moveTenant } from '../processes/move-tenant.ts';
import { type Kit, setup, statuses, until } from '../worker/worker.testkit.ts';
import { waitsForLock } from './lock-waits.testkit.ts';
import { ON_CITUS } from './postgres.testkit.ts';

/** Processes ask this often where a tenant is, so that a move need not wait for longer. */
const BELIEVED_FOR_MS = 50;
const GRACE_MS = 200;

const onOne = test.skipIf(ON_CITUS);

let kit: Kit;
let mover: Database;
let sealer: Database;
let tenant: Tenant;
/** The same as the process that sends knows it: it changes when the tenant is moved. */
let asKnown: Tenant;
let connection: string;
let shard = 0;

beforeAll(async () => {
  kit = await setup({ believedForMs: BELIEVED_FOR_MS });
  const as = (role: 'pawl_mover' | 'pawl_sealer') =>
    connect({ url: kit.url, role, poolMax: 2, applicationName: `test ${role}` });
  [mover, sealer] = [as('pawl_mover'), as('pawl_sealer')];
});
afterAll(async () => {
  await Promise.all([mover?.close(), sealer?.close()]);
  await kit?.close();
});
beforeEach(async () => {
  shard += 2;
  tenant = await kit.addTenant(shard);
  asKnown = (await kit.api.tenant(tenant.id)) as Tenant;
  connection = await kit.addConnection({ tenant });
});

const move = (options: Partial<MoveOptions> = {}) =>
  moveTenant({
    db: mover,
    tenant,
    toShard: shard + 1,
    // A machine that does other things as well; what an operator allows is the default of the command.
    longestPauseMs: 20_000,
    graceMs: GRACE_MS,
    ...options,
  });

const webhook = (path: string): Action => ({
  ...(kit.webhook(path) as WebhookAction),
  params: { connection_id: connection, path, body: '{"n":<<event.n>>,"job":"<<job.id>>"}' } as never,
});

/** Back and forth, each time with a list of two. @returns the jobs */
async function jobsOf(count: number): Promise<string[]> {
  const actions = [webhook('/one'), webhook('/two')];
  const states = {
    left: { on: { GO: { target: 'right', actions } } },
    right: { on: { GO: { target: 'left', actions } } },
  };
  await kit.publish(`pendulum-${shard}`, { initial: 'left', states }, asKnown);
  const ids: string[] = [];
  for (let i = 0; i < count; i++) ids.push((await kit.start(`pendulum-${shard}`, {}, asKnown)).job.id);
  return ids;
}

/** Sends to each job, one after the other, until told to stop. @returns how many each was sent */
function load(jobIds: readonly string[]) {
  let going = true;
  const sent = jobIds.map(async (jobId) => {
    let n = 0;
    while (going) await kit.send(jobId, 'GO', { n: ++n });
    return n;
  });
  return {
    stop(): Promise<number[]> {
      going = false;
      return Promise.all(sent);
    },
  };
}

const here = (): Tenant => ({ ...tenant, shard: shard + 1 });

async function rowsOn(of: number): Promise<string[]> {
  const left: string[] = [];
  for (const table of tablesPlaced('distributed')) {
    if (OF_SHARDS.includes(table)) continue;
    const [row] = await kit.admin`
      select count(*)::integer as n from ${kit.admin(table)} where shard = ${of} and tenant_id = ${tenant.id}`;
    if (row?.n > 0) left.push(table);
  }
  return left;
}

async function everythingHolds(jobIds: readonly string[], sent: readonly number[]): Promise<void> {
  expect(await rowsOn(shard)).toEqual([]);
  for (const [i, jobId] of jobIds.entries()) {
    const runs = await kit.settled(jobId);
    expect(new Set(statuses(runs))).toEqual(new Set(['SUCCEEDED']));
    expect(runs).toHaveLength(2 * (sent[i] as number));
    expect((await kit.jobOf(jobId)).revision).toBe(1 + (sent[i] as number));
    const got = kit.receiver.requests
      .map(({ path, body }) => ({ path, ...(JSON.parse(String(body)) as { n: number; job: string }) }))
      .filter(({ job }) => job === jobId);
    for (let n = 1; n <= (sent[i] as number); n++)
      expect(got.filter((request) => request.n === n).map(({ path }) => path)).toEqual(['/one', '/two']);
    expect((await kit.ledgerOf(jobId)).length).toBe(runs.length);
  }
  expect(await checkInvariants({ db: kit.operator, tenants: [here()] })).toEqual([]);
}

async function chainHolds(): Promise<void> {
  await sealEverything(sealer);
  const [verified] = await verifyShard({
    db: kit.operator,
    shard: shard + 1,
    tenantId: tenant.id,
    from: null,
    tenantIds: [tenant.id],
    checkpointsOf: async () => [],
    trustedKeys: [],
    keptSince: new Date(0),
  });
  const [log] =
    await kit.admin`select count(*)::integer as entries from event_log where tenant_id = ${tenant.id}`;
  expect(verified).toMatchObject({ finding: null, entries: BigInt(log?.entries) });
}

async function used(): Promise<number> {
  const query = {
    tenantId: tenant.id,
    from: new Date(Date.now() - 3_600_000),
    to: new Date(Date.now() + 3_600_000),
    by: [],
    limit: 1,
  };
  const rows = await kit.api.forTenants([tenant.id], (sql) =>
    sumUsage(sql, kit.api.shardOf({ tenantId: tenant.id, shard: -1 }), query, {
      now: new Date(),
      distributed: false,
    }),
  );
  return rows[0]?.attempts ?? 0;
}

onOne(
  'a tenant works on while it is moved: nothing is lost, sent twice or out of order, and the ledger and the log are whole',
  async () => {
    const workers = [await kit.startWorker(), await kit.startWorker()];
    const jobIds = await jobsOf(4);
    const traffic = load(jobIds);
    await until('something was sent', () => kit.receiver.requests.length > 1_000);
    // Not everything: there is always more.
    await until('some of it is sealed', async () => (await sealLog(sealer)) > 0);
    const { pauseMs } = await move();
    const sent = await traffic.stop();
    await everythingHolds(jobIds, sent);
    await chainHolds();
    const attempts = 2 * sent.reduce((sum, n) => sum + n, 0);
    await until('the rollups have it', async () => (await used()) === attempts);
    const moves = await kit.admin`select state, pause_ms from tenant_moves where owner_id = ${tenant.id}`;
    expect(moves).toEqual([{ state: 'done', pause_ms: pauseMs }]);
    await Promise.all(workers.map(({ stop }) => stop()));
  },
);

onOne('a move whose process died is gone on with by the next, before the switch and after it', async () => {
  const worker = await kit.startWorker();
  const jobIds = await jobsOf(2);
  const traffic = load(jobIds);
  for (const before of ['switching', 'removing what was copied']) {
    const died = new Error(`died before ${before}`);
    const dying = move({
      onStep(text) {
        if (text === before) throw died;
      },
    });
    await expect(dying).rejects.toBe(died);
  }
  const elsewhere = move({ toShard: 63 });
  await expect(elsewhere).rejects.toMatchObject({ code: 'tenant_moving' });
  await expect(abortMove({ db: mover, tenant })).rejects.toMatchObject({ code: 'move_switched' });
  await move();
  await everythingHolds(jobIds, await traffic.stop());
  await chainHolds();
  await expect(move()).rejects.toMatchObject({ code: 'tenant_there_already' });
  await worker.stop();
});

onOne('a move that is ended leaves the tenant where it is, and nothing where it was to go', async () => {
  const jobIds = await jobsOf(2);
  await sealEverything(sealer);
  const stopped = new AbortController();
  const reason = new Error('somebody pressed Ctrl-C');
  const moving = expect(move({ graceMs: 60_000, signal: stopped.signal })).rejects.toBe(reason);
  await until('jobs were copied', async () => (await rowsOn(shard + 1)).includes('jobs'));
  stopped.abort(reason);
  await moving;
  await abortMove({ db: mover, tenant });
  expect(await rowsOn(shard + 1)).toEqual([]);
  await expect(abortMove({ db: mover, tenant })).rejects.toMatchObject({ code: 'move_not_found' });
  expect((await kit.send(jobIds[0] as string, 'GO', { n: 1 })).job.revision).toBe(2);
});

onOne('a move that began to be ended is not gone on with, and is ended by whoever does so next', async () => {
  const worker = await kit.startWorker();
  const jobIds = await jobsOf(2);
  const traffic = load(jobIds);
  const died = (at: string) => (text: string) => {
    if (text.startsWith(at)) throw new Error(at);
  };
  await expect(move({ onStep: died('switching') })).rejects.toThrow('switching');
  const ended = { db: mover, tenant };
  const halfway = 'removing what was copied of action_runs';
  await expect(abortMove({ ...ended, onStep: died(halfway) })).rejects.toThrow(halfway);
  await expect(move()).rejects.toMatchObject({
    code: 'tenant_moving',
    message: expect.stringMatching(/is being ended/),
  });
  await abortMove(ended);
  expect(await rowsOn(shard + 1)).toEqual([]);
  await move();
  await everythingHolds(jobIds, await traffic.stop());
  await chainHolds();
  await worker.stop();
});

onOne('copies are only removed while nobody else can move the tenant to them', async () => {
  await jobsOf(1);
  await expect(
    move({
      onStep(text) {
        if (text === 'switching') throw new Error(text);
      },
    }),
  ).rejects.toThrow('switching');
  let ending: Promise<void> | undefined;
  let taking: Promise<unknown> | undefined;
  await kit.admin.begin(async (sql) => {
    await sql`lock table jobs in exclusive mode`;
    ending = abortMove({ db: mover, tenant });
    ending.catch(() => {});
    await waitsForLock(kit.admin, 'test pawl_mover', 'delete from "jobs"');
    // As if its lease had been over, and another process had taken it.
    taking = kit.admin`
      update tenant_moves set holder = gen_random_uuid(), leased_until = now() + interval '1 hour'`.execute();
    await waitsForLock(kit.admin, '%', 'set holder = gen_random_uuid()');
  });
  await taking;
  await expect(ending).rejects.toMatchObject({ code: 'tenant_moving' });
  await kit.admin`update tenant_moves set holder = null, leased_until = null`;
  await abortMove({ db: mover, tenant });
});

onOne('a switch that would take longer than allowed is undone whole, and made again', async () => {
  const [jobId] = (await jobsOf(1)) as [string];
  await sealEverything(sealer);
  const [inserted, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const said: string[] = [];
  // The last thing that the switch does meets a row of which nobody knows yet whether it will be there.
  const blocking = kit.admin
    .begin(async (sql) => {
      await sql`
        insert into workflows (shard, tenant_id, id, name)
        select shard + 1, tenant_id, id, name from workflows where tenant_id = ${tenant.id}`;
      inserted.resolve();
      await release.promise;
      throw new Error('not there after all');
    })
    .catch(inserted.reject);
  try {
    await inserted.promise;
    await move({
      longestPauseMs: 3_000,
      onStep(text) {
        said.push(text);
        if (text.startsWith('not switched')) release.resolve();
      },
    });
  } finally {
    release.resolve();
    await blocking;
  }
  expect(said).toContainEqual(expect.stringMatching(/^not switched: it stood still/));
  expect((await kit.send(jobId, 'GO', { n: 1 })).job.revision).toBe(2);
  await chainHolds();
});

onOne('what requests to its endpoints are signed with goes along', async () => {
  const [endpointId, keyId] = [v7(), v7()];
  await kit.admin`
    insert into endpoints (shard, tenant_id, id, url, signed_by)
    values (${shard}, ${tenant.id}, ${endpointId}, 'https://consumer.example.com', 'key')`;
  await kit.admin`
    insert into signing_keys (shard, tenant_id, id, public_key, secret, key_id)
    values (${shard}, ${tenant.id}, ${keyId}, 'public', 'sealed', 'k1')`;
  await move();
  expect(await rowsOn(shard)).toEqual([]);
  const there = await kit.admin`
    select e.signed_by, convert_from(k.secret, 'utf8') as secret from endpoints e join signing_keys k using (shard, tenant_id)
    where shard = ${shard + 1} and tenant_id = ${tenant.id}`;
  expect(there).toEqual([{ signed_by: 'key', secret: 'sealed' }]);
});

onOne('a statement for where a tenant was is not run', async () => {
  await move();
  await kit.admin`update tenants set moving = true where id = ${tenant.id}`;
  kit.api.doubt(tenant.id);
  const count = (of: number) =>
    kit.api.once(
      [tenant.id],
      (sql) => sql`
      select count(*)::integer as n from connections where shard = ${of} and tenant_id = ${tenant.id}`,
    );
  await expect(count(shard)).rejects.toMatchObject({ name: 'StaleShard' });
  expect(await count(shard + 1)).toEqual([{ n: 1 }]);
  await kit.admin`update tenants set moving = false where id = ${tenant.id}`;
});

test.runIf(ON_CITUS)('on Citus a tenant stays on its shard: what is moved there are buckets', async () => {
  await expect(move()).rejects.toMatchObject({ code: 'move_needs_one_postgres' });
  expect(await rowsOn(shard)).toContain('connections');
});
