import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import postgres, { type Sql } from 'postgres';
import { v7 } from 'uuid';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { connect, type Database } from '../db/client.ts';
import { createTenant } from '../db/operator.ts';
import { appendLog } from '../db/statements/append-log.ts';
import type { Tenant } from '../db/tenants.ts';
import type { JsonObject } from '../engine/json.ts';
import { everybodyHasEnded } from '../test/ledger.testkit.ts';
import { createDatabase, type TestDatabase } from '../test/postgres.testkit.ts';
import { sealEverything } from './audit.testkit.ts';
import type { Verified } from './chain.ts';
import { type Checkpoint, createSigner } from './checkpoint.ts';
import { entryHash, spelledOut } from './entry-hash.ts';
import { ENTRIES_AT_ONCE, sealing, sealLog } from './seal-log.ts';
import { verifyShard } from './verify.ts';

const SHARD = 7;
const signer = createSigner('5eed'.repeat(16));

let database: TestDatabase;
/** Superuser: whoever tampers has the database. */
let root: Sql;
let api: Database;
let sealer: Database;
let operator: Database;
/** Tables as they were before a test tampered with them. */
const KEPT = ['event_log', 'event_log_seals', 'event_log_sealers', 'event_log_drops'];

beforeAll(async () => {
  database = await createDatabase();
  root = postgres(database.url, { max: 1, onnotice: () => {} });
  const role = (name: 'pawl_api' | 'pawl_sealer' | 'pawl_operator') =>
    connect({ url: database.url, role: name, poolMax: 3, applicationName: `test ${name}` });
  [api, sealer, operator] = [role('pawl_api'), role('pawl_sealer'), role('pawl_operator')];
  for (const table of KEPT) await root.unsafe(`create table kept_${table} as table ${table} with no data`);
});
afterAll(async () => {
  await Promise.all([api.close(), sealer.close(), operator.close(), root.end()]);
  await database.drop();
});
afterEach(async () => {
  for (const table of KEPT) await root.unsafe(`truncate ${table}; insert into ${table} table kept_${table}`);
});

let [alder, birch] = [{} as Tenant, {} as Tenant];
const idsOf = new Map<string, string[]>();
const checkpoints: Checkpoint[] = [];

beforeAll(async () => {
  alder = await createTenant(operator, { name: 'Alder', slug: 'alder', shard: SHARD });
  birch = await createTenant(operator, { name: 'Birch', slug: 'birch', shard: SHARD });
  for (let round = 0; round < 4; round++) {
    for (const tenant of [alder, birch, alder]) await write(tenant, { round });
    await everybodyHasEnded(root);
    await sealEverything(sealer);
    for (const { tenantId, seals, entries, head } of await verify()) {
      const at = new Date(Date.UTC(2026, 10, 21, round));
      if (head) checkpoints.push(signer.sign({ tenantId, seals, entries, head }, at));
    }
  }
  for (const table of KEPT) await root.unsafe(`insert into kept_${table} table ${table}`);
  const rows = await root`select tenant_id, id from event_log order by position`;
  for (const { tenant_id: tenantId, id } of rows) idsOf.set(tenantId, [...(idsOf.get(tenantId) ?? []), id]);
});

async function write(tenant: Tenant, data: JsonObject): Promise<string> {
  const id = v7();
  const entry = { tenantId: tenant.id, subjectId: v7(), id, kind: 'thing.changed', actor: 'user:ada', data };
  await api.once([tenant.id], (sql) => appendLog(sql, tenant.shard, entry));
  return id;
}

async function verify(options: Partial<Parameters<typeof verifyShard>[0]> = {}): Promise<Verified[]> {
  return verifyShard({
    db: operator,
    shard: SHARD,
    tenantId: null,
    from: null,
    tenantIds: [alder.id, birch.id],
    checkpointsOf: async (tenantId) => checkpoints.filter((one) => one.tenantId === tenantId),
    trustedKeys: [signer.publicKey],
    keptSince: new Date(Date.now() + 60_000),
    ...options,
  });
}

/** What is found of each tenant: its kind, and which entry it names. */
const findings = async (options?: Parameters<typeof verify>[0]) =>
  Object.fromEntries(
    (await verify(options)).map(({ tenantId, finding }) => [
      tenantId === alder.id ? 'alder' : 'birch',
      finding && { kind: finding.kind, nth: Number(finding.nth), id: finding.entry?.id },
    ]),
  );

const alders = (nth: number): string => idsOf.get(alder.id)?.[nth - 1] ?? '';

test('a log that nobody altered is whole, and agrees with its checkpoints', async () => {
  const [first, second] = await verify();
  expect(first).toMatchObject({ entries: 9n, seals: 4n, checkpoints: 4, finding: null });
  expect(second).toMatchObject({ entries: 5n, seals: 4n, checkpoints: 4, finding: null });
  const alone = await verify({ tenantId: alder.id, tenantIds: [alder.id] });
  expect(alone).toEqual([first]);
  const recent = await verify({ from: new Date('2000-01-01T00:00:00Z') });
  expect(recent).toEqual([first, second]);
});

test('a changed entry is named', async () => {
  await root`update event_log set data = '{"round": 99}' where id = ${alders(5)}`;
  expect(await findings()).toEqual({ alder: { kind: 'changed', nth: 5, id: alders(5) }, birch: null });
});

test('an entry whose id was changed is named by the id it had', async () => {
  await root`update event_log set id = ${randomUUID()} where id = ${alders(4)}`;
  expect(await findings()).toEqual({ alder: { kind: 'deleted', nth: 4, id: alders(4) }, birch: null });
});

test('a deleted entry is named', async () => {
  await root`delete from event_log where id in (${alders(6)}, ${alders(7)})`;
  expect(await findings()).toEqual({ alder: { kind: 'deleted', nth: 6, id: alders(6) }, birch: null });
});

test('an inserted entry is named, among sealed ones and behind the last', async () => {
  const forge = async (position: string) => {
    const id = v7();
    await root`
      insert into event_log (shard, tenant_id, subject_id, id, at, kind, actor, data, position)
      select shard, tenant_id, subject_id, ${id}, at, kind, actor, data, ${position}
      from event_log where id = ${alders(3)}`;
    return id;
  };
  const [state] = await root`select sealed_to from event_log_sealers where shard = ${SHARD}`;
  const [third] = await root`select position from event_log where id = ${alders(3)}`;
  const last = await forge(String(state?.sealed_to));
  const second = { alder: { kind: 'inserted', id: last }, birch: null };
  expect(await findings()).toMatchObject(second);
  expect(await findings({ tenantId: alder.id, tenantIds: [alder.id] })).toMatchObject({
    alder: second.alder,
  });
  // One that comes before every other entry of its transaction, and far more than were sealed.
  const first = await forge(String(BigInt(third?.position) - 1n));
  for (let more = 0; more < 30; more++) await forge(String(third?.position));
  expect(await findings()).toEqual({ alder: { kind: 'inserted', nth: 3, id: first }, birch: null });
});

test('entries in another order are named, within a seal and across', async () => {
  const swap = async (a: string, b: string) => {
    const [left] = await root`select position from event_log where id = ${a}`;
    const [right] = await root`select position from event_log where id = ${b}`;
    await root`update event_log set position = ${right?.position} where id = ${a}`;
    await root`update event_log set position = ${left?.position} where id = ${b}`;
  };
  await swap(alders(4), alders(5));
  expect(await findings()).toMatchObject({ alder: { kind: 'reordered', nth: 4 }, birch: null });
  await swap(alders(4), alders(5));
  await swap(alders(2), alders(8));
  expect(await findings()).toMatchObject({ alder: { kind: 'reordered', nth: 2 }, birch: null });
});

test('a log that was cut, with its seals, is found by a checkpoint', async () => {
  await root`delete from event_log where id in (${alders(8)}, ${alders(9)})`;
  await root`delete from event_log_seals where tenant_id = ${alder.id} and seq = 4`;
  expect(await findings()).toEqual({ alder: { kind: 'cut', nth: 8 }, birch: null });
  await root`delete from event_log where tenant_id = ${birch.id}`;
  await root`delete from event_log_seals where tenant_id = ${birch.id}`;
  expect(await findings()).toMatchObject({ birch: { kind: 'cut', nth: 1 } });
});

test('a chain that is that of another tenant is found', async () => {
  await root`delete from event_log_seals where tenant_id = ${birch.id}`;
  await root`delete from event_log where tenant_id = ${birch.id}`;
  const columns =
    'seq, entries_before, entry_count, after_position, to_position, entries, previous_hash, hash, sealed_at';
  await root.unsafe(`insert into event_log_seals (shard, tenant_id, ${columns})
    select shard, '${birch.id}', ${columns} from event_log_seals where tenant_id = '${alder.id}'`);
  await root`
    insert into event_log (shard, tenant_id, subject_id, id, at, kind, seq, actor, data, position)
    select shard, ${birch.id}, subject_id, id, at, kind, seq, actor, data, position
    from event_log where tenant_id = ${alder.id}`;
  expect(await findings()).toEqual({ alder: null, birch: { kind: 'copied', nth: 1, id: alders(1) } });
});

test('a chain that was written anew, whole in itself, is found by a checkpoint', async () => {
  await root`update event_log set data = '{"round": 99}' where id = ${alders(5)}`;
  await root`delete from event_log_seals where shard = ${SHARD}`;
  await root`update event_log_sealers set sealed_to = -9223372036854775808 where shard = ${SHARD}`;
  await sealEverything(sealer);
  expect(await findings({ checkpointsOf: async () => [] })).toEqual({ alder: null, birch: null });
  expect(await findings()).toMatchObject({ alder: { kind: 'rewritten' }, birch: { kind: 'rewritten' } });
});

test('a seal that is missing, or does not say what it said, breaks the chain', async () => {
  await root`update event_log_seals set entry_count = entry_count - 1 where tenant_id = ${alder.id} and seq = 2`;
  await root`delete from event_log_seals where tenant_id = ${birch.id} and seq = 2`;
  const found = await findings();
  expect(found).toMatchObject({
    alder: { kind: 'chain_broken', nth: 4 },
    birch: { kind: 'chain_broken', nth: 3 },
  });
});

test('a checkpoint that nobody trusted signed is found', async () => {
  const eve = createSigner('e7e0'.repeat(16));
  const of = async (tenantId: string) =>
    checkpoints.filter((one) => one.tenantId === tenantId).map((one) => eve.sign(one, new Date(one.at)));
  expect(await findings({ checkpointsOf: of })).toMatchObject({ alder: { kind: 'checkpoint_invalid' } });
  const changed = async (tenantId: string) =>
    checkpoints.filter((one) => one.tenantId === tenantId).map((one) => ({ ...one, entries: 1n }));
  expect(await findings({ checkpointsOf: changed })).toMatchObject({ birch: { kind: 'checkpoint_invalid' } });
});

test('what the policy of retention took away is missed by nobody, and what it did not is', async () => {
  const gone = idsOf.get(alder.id)?.slice(0, 3) ?? [];
  await root`delete from event_log where id = any (${gone})`;
  const [kept] = await root`select at from event_log where id = ${alders(4)}`;
  await root`
    insert into event_log_drops (before, partition, kept_days)
    values (${kept?.at}, 'event_log_2026_01', 400)`;
  const [first] = await verify();
  expect(first).toMatchObject({ entries: 9n, dropped: 3n, finding: null });
  // Whatever the database says was dropped, the policy keeps this.
  const younger = await findings({ keptSince: new Date(Date.now() - 86_400_000) });
  expect(younger).toMatchObject({ alder: { kind: 'deleted', nth: 1 } });
  await root`delete from event_log where id = ${alders(5)}`;
  expect(await findings()).toMatchObject({ alder: { kind: 'deleted', nth: 5 } });
});

test('a month that is dropped while the log is verified is missed by nobody', async () => {
  const gone = idsOf.get(alder.id)?.slice(0, 3) ?? [];
  const [kept] = await root`select at from event_log where id = ${alders(4)}`;
  /** As `operator`; the month goes after so many of its looks. */
  const dropping = (looks: number): Database => ({
    ...operator,
    async once(tenantIds, statement) {
      const rows = await operator.once(tenantIds, statement);
      if (--looks === 0)
        await root.begin(async (sql) => {
          await sql`delete from event_log where id = any (${gone})`;
          await sql`
            insert into event_log_drops (before, partition, kept_days)
            values (${kept?.at}, 'event_log_2026_01', 400)`;
        });
      return rows as never;
    },
  });
  for (let looks = 1; looks <= 6; looks++) {
    expect(await findings({ db: dropping(looks) }), `${looks}`).toEqual({ alder: null, birch: null });
    await root`truncate event_log, event_log_drops`;
    await root`insert into event_log table kept_event_log`;
  }
});

test('what a transaction wrote that ends late is sealed after all that was running with it, and once', async () => {
  const late = postgres(database.url, { max: 1, onnotice: () => {} });
  const id = v7();
  await late`begin`;
  await late`
    insert into event_log (shard, tenant_id, subject_id, id, kind, actor, data)
    values (${SHARD}, ${alder.id}, ${id}, ${id}, 'late', 'user:ada', '{}')`;
  const during = await write(alder, { during: true });
  expect(await sealLog(sealer)).toBe(0);
  await late`commit`;
  await late.end();
  const [a, b] = await Promise.all([sealEverything(sealer), sealEverything(sealer)]);
  expect(a + b).toBe(2);
  const [whole] = await verify();
  expect(whole).toMatchObject({ entries: 11n, finding: null });
  const [seal] = await root`
    select entries from event_log_seals where tenant_id = ${alder.id} order by seq desc limit 1`;
  const bytes = Buffer.from(seal?.entries).toString('hex');
  expect(bytes.startsWith(id.replaceAll('-', ''))).toBe(true);
  expect(bytes).toContain(during.replaceAll('-', ''));
});

test('who knows less than another sealer has sealed by now finds nothing, and no fault', async () => {
  const [{ known } = {}] = await root`select pg_snapshot_xmin(pg_current_snapshot())::text as known`;
  await write(alder, {});
  await everybodyHasEnded(root);
  await sealEverything(sealer);
  for await (const sealed of sealing(sealer, SHARD, String(known))) expect(sealed).toBe(0);
});

test('one pass seals all there is, though one transaction wrote more of it than it seals at once', async () => {
  await everybodyHasEnded(root);
  await sealEverything(sealer);
  for (const written of [ENTRIES_AT_ONCE + 100, ENTRIES_AT_ONCE - 1, 1, 1]) {
    await root`
      insert into event_log (shard, tenant_id, subject_id, id, kind, actor, data)
      select ${SHARD}, ${alder.id}, id, id, 'thing.changed', 'user:ada', '{}'
      from unnest(${Array.from({ length: written }, () => v7())}::uuid[]) as made(id)`;
  }
  await everybodyHasEnded(root);
  expect(await sealLog(sealer)).toBe(2 * ENTRIES_AT_ONCE + 101);
});

test('after a restore into a server that counted fewer transactions, the log goes on behind what is sealed', async () => {
  const far = '4000000000000';
  await root`update event_log_sealers set sealed_to = ${far} where shard = ${SHARD}`;
  await write(alder, {});
  await root`update event_log_sealers set sealed_to = ${far} where shard <> ${SHARD}`;
  expect(await sealLog(sealer)).toBe(0);
  await root`select pawl_adopt_server()`;
  const id = await write(alder, { restored: true });
  expect(await sealEverything(sealer)).toBe(1);
  const [row] = await root`select position from event_log where id = ${id}`;
  expect(BigInt(row?.position)).toBeGreaterThan(BigInt(far));
  await root`select pawl_adopt_server()`;
  await write(alder, {});
  const [next] = await root`select max(position) as position from event_log`;
  expect(BigInt(next?.position) - BigInt(row?.position)).toBeLessThan(1000n);
});

test('whoever verifies hashes what Postgres hashed, however the JSON is spelled', async () => {
  const storable = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\u0000'));
  await fc.assert(
    fc.asyncProperty(
      fc
        .jsonValue({ stringUnit: 'grapheme', maxDepth: 3 })
        .filter((value) => !JSON.stringify(value).includes('\\u0000')),
      storable,
      fc.option(fc.nat()),
      async (data, text, seq) => {
        const [row] = await root`
          select data::text as data, encode(sha256(convert_to(format(E'pawl entry 1\n%s\n%s\n%s\n%s\n%s\n%s %s\n%s %s\n%s',
            ${alder.id}::uuid, ${alder.id}::uuid, ${alder.id}::uuid, 1, ${seq}::integer, octet_length(${text}::text),
            ${text}::text, 1, 'x', data), 'UTF8')), 'hex') as hash
          from (select ${JSON.stringify(data)}::text::jsonb as data) as d`;
        const { id } = alder;
        const of = {
          tenantId: id,
          subjectId: id,
          id,
          atUs: '1',
          kind: text,
          actor: 'x',
          seq: seq === null ? null : String(seq),
        };
        expect(entryHash({ ...of, data: row?.data }).toString('hex')).toBe(row?.hash);
        expect(spelledOut(row?.data)).toBe(row?.data);
        const numbersInside = /\d/.test(JSON.stringify(data));
        if (!numbersInside) expect(spelledOut(JSON.stringify(data, null, 2))).toBe(row?.data);
      },
    ),
    { numRuns: 200 },
  );
  expect(spelledOut('{"bb": 1.10, "a": [ ], "é": {}, "c": "\\u0041\\u0007"}')).toBe(
    '{"a": [], "c": "A\\u0007", "bb": 1.10, "é": {}}',
  );
  expect(spelledOut('{"a":')).toBeNull();
});
