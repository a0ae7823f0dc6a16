import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { v7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFileAnchor } from '../../audit/anchor.ts';
import { sealEverything } from '../../audit/audit.testkit.ts';
import { createSigner, writeCheckpoint } from '../../audit/checkpoint.ts';
import { writeCheckpoints } from '../../audit/checkpoints.ts';
import { connect, type Database } from '../../db/client.ts';
import { createTenant } from '../../db/operator.ts';
import type { Tenant } from '../../db/tenants.ts';
import { createDatabase, type TestDatabase } from '../../test/postgres.testkit.ts';
import { pawl as run } from '../pawl.testkit.ts';

const SEED = '5eed'.repeat(16);
const signer = createSigner(SEED);
/** What a restore takes back; a tenant that was made after the backup goes with it. */
const BACKED_UP = [
  'event_log',
  'event_log_seals',
  'event_log_sealers',
  'event_log_checkpoints',
  'tenants',
] as const;

let database: TestDatabase;
let root: postgres.Sql;
let sealer: Database;
let checkpoints: string;
let alder: Tenant;
let birch: Tenant;

beforeAll(async () => {
  database = await createDatabase();
  root = postgres(database.url, { max: 1, onnotice: () => {} });
  const role = (name: 'pawl_sealer' | 'pawl_operator') =>
    connect({ url: database.url, role: name, poolMax: 1, applicationName: 'test' });
  sealer = role('pawl_sealer');
  checkpoints = await mkdtemp(join(tmpdir(), 'pawl-acknowledge-'));
  const operator = role('pawl_operator');
  alder = await createTenant(operator, { name: 'Alder', slug: 'alder', shard: 7 });
  await sealAndSign();
  for (const table of BACKED_UP) await root.unsafe(`create table kept_${table} as table ${table}`);
  birch = await createTenant(operator, { name: 'Birch', slug: 'birch', shard: 7 });
  await operator.close();
  for (let n = 0; n < 3; n++) await happens();
});
afterAll(async () => {
  await Promise.all([sealer.close(), root.end()]);
  await database.drop();
  await rm(checkpoints, { recursive: true });
});

const pawl = (...args: string[]) =>
  run(args, {
    DATABASE_URL: database.url,
    ENCRYPTION_KEY: 'a1'.repeat(32),
    AUDIT_SIGNING_KEY: SEED,
    AUDIT_ANCHOR: checkpoints,
  });
const verify = () => pawl('audit', 'verify');
const acknowledge = (...args: string[]) =>
  pawl('audit', 'acknowledge', '--by', 'Ada', '--reason', 'the disk of db-1 died', ...args);

async function sealAndSign(): Promise<void> {
  await sealEverything(sealer);
  const anchor = createFileAnchor(checkpoints);
  await writeCheckpoints({ db: sealer, signer, anchor, minutes: 0 });
}

/** Something of alder's is logged, sealed and signed. */
async function happens(): Promise<void> {
  await root`
    insert into event_log (shard, tenant_id, subject_id, id, kind, actor, data)
    values (7, ${alder.id}, ${v7()}, ${v7()}, 'thing.changed', 'user:ada', '{}')`;
  await sealAndSign();
}

async function restore(): Promise<void> {
  for (const table of BACKED_UP)
    await root.unsafe(`truncate ${table} cascade; insert into ${table} table kept_${table}`);
}

test('without a gap there is nothing to acknowledge', async () => {
  expect(await verify()).toMatchObject({ status: 0 });
  expect(await acknowledge('--all', '--yes')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('nothing to acknowledge'),
  });
});

test('what a restore took is found for as long as nobody answers for it, also after the log went on', async () => {
  await restore();
  const cut = await verify();
  expect(cut.stdout).toMatch(/^alder +CUT {2}entry 2: /m);
  expect(cut.stdout).toMatch(new RegExp(`^${birch.id} +CUT  entry 1: `, 'm'));
  expect(cut).toMatchObject({ status: 1, stderr: expect.stringContaining('pawl audit acknowledge --help') });
  // As many seals as were lost, and signed anew: the older checkpoints are not forgotten for it.
  await happens();
  expect((await verify()).stdout).toMatch(/^alder +(REWRITTEN|CUT) {2}entry 2: /m);
  for (let n = 0; n < 3; n++) await happens();
  expect((await verify()).stdout).toMatch(/^alder +REWRITTEN {2}entry 2: /m);
});

test('an operator is shown the gap first, and answers for it by name and with the reason', async () => {
  expect(await acknowledge()).toMatchObject({ status: 2 });
  expect(await acknowledge('--tenant', 'cedar')).toMatchObject({
    status: 1,
    stderr: 'tenant_not_found: There is no tenant "cedar".\n',
  });
  const shown = await acknowledge('--all');
  expect(shown).toMatchObject({ status: 1, stderr: expect.stringContaining('--yes') });
  expect(shown.stdout).toMatch(
    /^alder +entries 2 to 4, as they were at \S+, are not in the log any more; it has 5 entries now$/m,
  );
  expect(shown.stdout).toMatch(
    new RegExp(`^${birch.id}  the tenant is gone; at \\S+ its log had 1 entries$`, 'm'),
  );
  expect(await verify()).toMatchObject({ status: 1 });

  expect(await acknowledge('--all', '--yes')).toMatchObject({ status: 0 });
  const after = await verify();
  expect(after).toMatchObject({ status: 0, stderr: '' });
  expect(after.stdout).toMatch(/^alder +whole {2}/m);
  expect(after.stdout).toMatch(
    /^ +acknowledged by Ada on \S+: the disk of db-1 died \(entries 2 to 4, until \S+\)$/m,
  );
  const [entry] = await root`
    select actor, data from event_log where tenant_id = ${alder.id} and kind = 'tenant.log_gap_acknowledged'`;
  expect(entry).toMatchObject({
    actor: 'operator',
    data: { first_entry: 2, last_entry: 4, by: 'Ada', reason: 'the disk of db-1 died' },
  });
});

test('what comes after it is proven like everything else', async () => {
  await happens();
  expect(await verify()).toMatchObject({ status: 0 });
  await restore();
  expect((await verify()).stdout).toMatch(/^alder +CUT {2}entry 2: /m);
  expect(await acknowledge('--tenant', 'alder', '--yes')).toMatchObject({ status: 0 });
  expect((await verify()).stdout.match(/acknowledged by Ada/g)).toHaveLength(2);
});

test('what no restore does cannot be acknowledged', async () => {
  await happens();
  await root`update event_log set actor = 'user:eve' where kind = 'thing.changed'`;
  expect(await acknowledge('--all', '--yes')).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^log_altered: /),
  });
  await root`update event_log set actor = 'user:ada' where kind = 'thing.changed'`;
});

test('an acknowledgement that nobody trusted signed acknowledges nothing', async () => {
  await restore();
  const gap = { firstEntry: 2n, lastEntry: 9n, until: new Date().toISOString(), by: 'Eve', reason: 'none' };
  const head = { tenantId: alder.id, seals: 0n, entries: 0n, head: '' };
  const forged = createSigner('e7e0'.repeat(16)).sign(head, new Date(), gap);
  await appendFile(join(checkpoints, `${alder.id}.jsonl`), `${writeCheckpoint(forged)}\n`);
  const found = await verify();
  expect(found.status).toBe(1);
  expect(found.stdout).toMatch(/^alder +CUT {2}/m);
  expect(found.stdout).not.toContain('Eve');
});
