import postgres from 'postgres';
import { v7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { connect, type Database } from '../db/client.ts';
import { listKeysInUse } from '../db/statements/encryption-keys.ts';
import { createDatabase, type TestDatabase } from '../test/postgres.testkit.ts';
import { createDecrypter } from '../vault/decrypt.ts';
import { createEncrypter } from '../vault/encrypt.ts';
import { type KeyRing, parseKeyRing } from '../vault/key-ring.ts';
import { type Rotation, rotateKeys } from './rotate-keys.ts';

const A = `a:${'a1'.repeat(32)}`;
const B = `b:${'b2'.repeat(32)}`;
const ring = (keys: string, current: string): KeyRing =>
  parseKeyRing({ encryptionKeys: keys, encryptionKeyId: current });
const OLD = ring(A, 'a');
const BOTH = ring(`${A},${B}`, 'b');
const ORIGIN = 'https://api.test';
const TENANTS = [
  { id: v7(), shard: 3 },
  { id: v7(), shard: 60 },
];

let database: TestDatabase;
let operator: Database;
let admin: postgres.Sql;
let api: Database;
beforeAll(async () => {
  database = await createDatabase();
  admin = postgres(database.url, { max: 1 });
  operator = connect({ url: database.url, role: 'pawl_operator', poolMax: 2, applicationName: 'test' });
  api = connect({ url: database.url, role: 'pawl_api', poolMax: 2, applicationName: 'test' });
});
afterAll(async () => {
  await Promise.all([operator.close(), api.close(), admin.end()]);
  await database.drop();
});

interface Stored {
  id: string;
  tenantId: string;
  shard: number;
  secret: string;
}

let stored: Stored[];
beforeEach(async () => {
  for (const { id, shard } of TENANTS) {
    await api.once([id], (sql) => sql`delete from connections where shard = ${shard} and tenant_id = ${id}`);
  }
  stored = [];
  // More than a page.
  for (let i = 0; i < 130; i++) stored.push(await store(`secret ${i}`, OLD));
});

async function store(secret: string, keyRing: KeyRing): Promise<Stored> {
  const { id: tenantId, shard } = TENANTS[stored.length % 2] as (typeof TENANTS)[0];
  const id = v7();
  const binding = { tenantId, connectionId: id, provider: 'generic_rest', allowedOrigin: ORIGIN };
  const blob = createEncrypter(keyRing)({ secret }, binding);
  await api.once(
    [tenantId],
    (sql) => sql`
      insert into connections (shard, tenant_id, id, provider, connection_name, credentials, key_id, allowed_origin, fields)
      values (${shard}, ${tenantId}, ${id}, 'generic_rest', ${id}, ${blob}, ${keyRing.currentKeyId}, ${ORIGIN}, '{}')`,
  );
  return { id, tenantId, shard, secret };
}

interface Found {
  credentials: Buffer;
  keyId: string;
  version: number;
}

async function find({ id, tenantId, shard }: Stored): Promise<Found> {
  const [row] = await api.once<Found[]>(
    [tenantId],
    (sql) => sql`
      select credentials, key_id, version from connections
      where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}`,
  );
  return row as Found;
}

const opened = (keyRing: KeyRing, { id, tenantId }: Stored, { credentials }: Found) =>
  createDecrypter(keyRing)(credentials, {
    tenantId,
    connectionId: id,
    provider: 'generic_rest',
    allowedOrigin: ORIGIN,
  });

const rotate = (keyRing = BOTH, onProgress: (soFar: Readonly<Rotation>) => void = () => {}) =>
  rotateKeys({ db: operator, keyRing, onProgress });

test('everything moves to the current key, with a log entry each, and opens with that key alone', async () => {
  expect(await rotate()).toEqual({ rekeyed: 130, overtaken: 0, failed: [] });
  expect(await listKeysInUse(operator.sql)).toEqual([{ keyId: 'b', connections: 130 }]);
  for (const one of stored) {
    const found = await find(one);
    expect(found.version).toBe(2);
    expect(opened(ring(B, 'b'), one, found)).toEqual({ secret: one.secret });
  }
  const entries = await operator.sql`
    select count(*)::integer as entries from event_log
    where kind = 'connection.rekeyed' and subject_id = any (${stored.map(({ id }) => id)}::uuid[])`;
  expect(entries[0]?.entries).toBe(130);
});

test('a second rotation finds nothing to do', async () => {
  await rotate();
  expect(await rotate()).toEqual({ rekeyed: 0, overtaken: 0, failed: [] });
});

test('a rotation that broke off goes on where it was', async () => {
  const broken = rotate(BOTH, () => {
    throw new Error('the machine went down');
  });
  await expect(broken).rejects.toThrow('the machine went down');
  expect(await listKeysInUse(operator.sql)).toEqual([
    { keyId: 'a', connections: 30 },
    { keyId: 'b', connections: 100 },
  ]);
  expect(await rotate()).toMatchObject({ rekeyed: 30 });
});

test('credentials that somebody changes while they are being moved are those that stay', async () => {
  const changed = stored[42] as Stored;
  const { id, tenantId, shard } = changed;
  const binding = { tenantId, connectionId: id, provider: 'generic_rest', allowedOrigin: ORIGIN };
  // An API process that has not heard of the new key yet.
  const newer = createEncrypter(OLD)({ secret: 'newer' }, binding);
  let rotation: Promise<Rotation> | undefined;
  await api.forTenants([tenantId], async (sql) => {
    await sql`
      update connections set credentials = ${newer}, version = version + 1
      where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}`;
    rotation = rotate();
    await somebodyWaitsForALock();
  });
  expect(await rotation).toEqual({ rekeyed: 130, overtaken: 1, failed: [] });
  const found = await find(changed);
  expect(found).toMatchObject({ keyId: 'b', version: 3 });
  expect(opened(ring(B, 'b'), changed, found)).toEqual({ secret: 'newer' });
});

async function somebodyWaitsForALock(): Promise<void> {
  for (;;) {
    const waiting = await admin`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    if (waiting.length > 0) return;
  }
}

test('one that no key opens is named and left as it was, and the others move', async () => {
  const { id, tenantId, shard } = stored[7] as Stored;
  await api.once(
    [tenantId],
    (sql) => sql`
      update connections set credentials = ${Buffer.from('garbage')}
      where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}`,
  );
  const { rekeyed, failed } = await rotate();
  expect(rekeyed).toBe(129);
  expect(failed).toEqual([{ tenantId, connectionId: id, code: 'credential_unreadable' }]);
  expect((await find(stored[7] as Stored)).keyId).toBe('a');
});
