import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { readConfig } from '../config/config.ts';
import { connect, type Database } from '../db/client.ts';
import { createDatabase, type TestDatabase } from '../test/postgres.testkit.ts';
import { type KeyRing, parseKeyRing } from '../vault/key-ring.ts';
import { checkKeyRing, openKeyRing } from './key-ring.ts';

const A = 'a1'.repeat(32);
const B = 'b2'.repeat(32);

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await createDatabase();
  db = connect({ url: database.url, role: 'pawl_operator', poolMax: 2, applicationName: 'test' });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

const ring = (keys: string, current: string): KeyRing =>
  parseKeyRing({ encryptionKeys: keys, encryptionKeyId: current });

test('a key is remembered at the first start, by two processes at once, and accepted at the next', async () => {
  await Promise.all([checkKeyRing(db, ring(`one:${A}`, 'one')), checkKeyRing(db, ring(`one:${A}`, 'one'))]);
  await checkKeyRing(db, ring(`one:${A}`, 'one'));
  const rows = await db.sql`select key_id from encryption_keys where key_id = 'one'`;
  expect(rows).toHaveLength(1);
});

test('another key under a known id is refused at boot', async () => {
  await checkKeyRing(db, ring(`two:${A}`, 'two'));
  await expect(checkKeyRing(db, ring(`two:${B}`, 'two'))).rejects.toMatchObject({
    kind: 'Corrupt',
    code: 'key_mismatch',
    details: { key_ids: ['two'] },
  });
});

test('a ring without a key that connections are stored under is refused at boot', async () => {
  const admin = connect({ url: database.url, role: 'pawl_api', poolMax: 1, applicationName: 'test' });
  onTestFinished(() => admin.close());
  const tenantId = '01900000-0000-7000-8000-000000000001';
  await admin.forTenants([tenantId], async (sql) => {
    await sql`
      insert into connections (shard, tenant_id, id, provider, connection_name, credentials, key_id, allowed_origin, fields)
      values (1, ${tenantId}, gen_random_uuid(), 'generic_rest', 'c', ${Buffer.from('x')}, 'lost', 'https://a.test', '{}')`;
  });
  await expect(checkKeyRing(db, ring(`three:${A}`, 'three'))).rejects.toMatchObject({
    kind: 'Corrupt',
    code: 'key_missing',
    message: expect.stringContaining('lost (1 connections)'),
  });
  await checkKeyRing(db, ring(`three:${A},lost:${B}`, 'three'));
});

test('development makes its key once, readable by its owner alone, and says so', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'pawl-key-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const config = readConfig({ PAWL_DIRECTORY: directory });
  const told: string[] = [];
  const first = await openKeyRing(config, (path) => told.push(path));
  const again = await openKeyRing(config, (path) => told.push(path));
  expect(again.fingerprint(again.currentKeyId)).toBe(first.fingerprint(first.currentKeyId));
  expect(told).toHaveLength(1);
  expect((await stat(String(told[0]))).mode & 0o777).toBe(0o600);
});

test('a production database without a key is not served', async () => {
  const config = readConfig({ DATABASE_URL: 'postgres://u@127.0.0.1:1/d' });
  await expect(openKeyRing(config)).rejects.toMatchObject({ code: 'encryption_key_invalid' });
});
