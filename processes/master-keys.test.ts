import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { readConfig } from '../config/config.ts';
import { connect, type Database } from '../db/client.ts';
import { insertTenantKey } from '../db/statements/tenant-keys.ts';
import { createDatabase, type TestDatabase } from '../test/postgres.testkit.ts';
import { makeDataKey } from '../vault/data-keys.ts';
import { parseKeyRing } from '../vault/key-ring.ts';
import { startKms, TEST_CREDENTIALS, type TestKms } from '../vault/kms.testkit.ts';
import { createMasterKeys } from '../vault/master-keys.ts';
import { checkMasterKeys, type OpenedKeys, openMasterKeys } from './master-keys.ts';

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

function ring(keys: string, current: string): OpenedKeys {
  const ring = parseKeyRing({ encryptionKeys: keys, encryptionKeyId: current });
  return { ring, master: createMasterKeys(ring, null), service: false, close: async () => {} };
}

/** As the first secret of a tenant makes it. */
async function storeDataKey(opened: OpenedKeys, tenantId: string, shard = 1): Promise<void> {
  const key = await makeDataKey(opened.master, tenantId, 1);
  await db.forTenants([tenantId], (sql) => insertTenantKey(sql, { shard, tenantId }, key));
}

test('a key is remembered at the first start, by two processes at once, and accepted at the next', async () => {
  await Promise.all([
    checkMasterKeys(db, ring(`one:${A}`, 'one')),
    checkMasterKeys(db, ring(`one:${A}`, 'one')),
  ]);
  await checkMasterKeys(db, ring(`one:${A}`, 'one'));
  const rows = await db.sql`select key_id from encryption_keys where key_id = 'one'`;
  expect(rows).toHaveLength(1);
});

test('another key under a known id is refused at boot', async () => {
  await checkMasterKeys(db, ring(`two:${A}`, 'two'));
  await expect(checkMasterKeys(db, ring(`two:${B}`, 'two'))).rejects.toMatchObject({
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
  await expect(checkMasterKeys(db, ring(`three:${A}`, 'three'))).rejects.toMatchObject({
    kind: 'Corrupt',
    code: 'key_missing',
    message: expect.stringContaining('lost (0 data keys, 1 secrets directly)'),
  });
  await checkMasterKeys(db, ring(`three:${A},lost:${B}`, 'three'));
});

test('development makes its key once, readable by its owner alone, and says so', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'pawl-key-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const config = readConfig({ PAWL_DIRECTORY: directory });
  const told: string[] = [];
  const first = await openMasterKeys(config, (path) => told.push(path));
  const again = await openMasterKeys(config, (path) => told.push(path));
  expect(again.ring?.fingerprint('default')).toBe(first.ring?.fingerprint('default'));
  expect(told).toHaveLength(1);
  expect((await stat(String(told[0]))).mode & 0o777).toBe(0o600);
});

test('a production database without a key is not served', async () => {
  const config = readConfig({ DATABASE_URL: 'postgres://u@127.0.0.1:1/d' });
  await expect(openMasterKeys(config)).rejects.toMatchObject({ code: 'encryption_key_invalid' });
});

test('a ring without a key that data keys are under is refused at boot, and so is one that cannot unwrap them', async () => {
  const tenantId = '01900000-0000-7000-8000-000000000002';
  const both = `lost:${B},four:${A}`;
  await storeDataKey(ring(both, 'four'), tenantId);
  await expect(checkMasterKeys(db, ring(`lost:${B}`, 'lost'))).rejects.toMatchObject({
    kind: 'Corrupt',
    code: 'key_missing',
    details: { key_ids: ['four'] },
  });
  await checkMasterKeys(db, ring(both, 'lost'));
  await db.sql`update tenant_keys set wrapped = wrapped || 'x'::bytea where tenant_id = ${tenantId}`;
  await expect(checkMasterKeys(db, ring(both, 'lost'))).rejects.toMatchObject({
    code: 'data_key_unreadable',
  });
  // Where another can be unwrapped, it is that tenant's key that is damaged.
  const another = '01900000-0000-7000-8000-000000000003';
  await storeDataKey(ring(both, 'four'), another, 2);
  await checkMasterKeys(db, ring(both, 'lost'));
  await db.sql`delete from tenant_keys where tenant_id in ${db.sql([tenantId, another])}`;
});

test('keys come from a file, which only its owner may read', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'pawl-keys-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, 'keys');
  await writeFile(path, `a:${A}\nb:${B}\n`, { mode: 0o600 });
  const config = readConfig({
    DATABASE_URL: 'postgres://u@127.0.0.1:1/d',
    ENCRYPTION_KEYS_FILE: path,
    ENCRYPTION_KEY_ID: 'b',
  });
  expect((await openMasterKeys(config)).ring?.keyIds).toEqual(['b', 'a']);
  await chmod(path, 0o644);
  await expect(openMasterKeys(config)).rejects.toMatchObject({ code: 'encryption_key_invalid' });
});

describe('a key of KMS', () => {
  let kms: TestKms;
  beforeAll(async () => {
    kms = await startKms();
    vi.stubEnv('AWS_ACCESS_KEY_ID', TEST_CREDENTIALS.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', TEST_CREDENTIALS.secretAccessKey);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await kms.close();
  });

  /** Where KMS alone holds a key, and where it takes over from a ring. */
  async function opened(more: Record<string, string> = {}): Promise<OpenedKeys> {
    const keys = await openMasterKeys(
      readConfig({
        DATABASE_URL: 'postgres://u@127.0.0.1:1/d',
        ENCRYPTION_KMS_KEY: kms.key,
        ENCRYPTION_KMS_ENDPOINT: kms.endpoint,
        ...more,
      }),
    );
    onTestFinished(keys.close);
    return keys;
  }

  test('is asked to wrap and to unwrap what is stored, at boot', async () => {
    const tenantId = '01900000-0000-7000-8000-000000000003';
    const keys = await opened({ ENCRYPTION_KEYS: `lost:${B}` });
    await storeDataKey(keys, tenantId);
    kms.calls.length = 0;
    await checkMasterKeys(db, keys);
    expect(kms.calls.map(({ operation }) => operation)).toEqual(['Decrypt', 'Encrypt']);
    expect(kms.calls[0]?.context).toMatchObject({ 'pawl:tenant': tenantId });
    await expect(checkMasterKeys(db, ring(`lost:${B}`, 'lost'))).rejects.toMatchObject({
      code: 'key_missing',
      details: { key_ids: [kms.key] },
    });
    await db.sql`delete from tenant_keys where tenant_id = ${tenantId}`;
  });

  test.each([
    [{ status: 400, type: 'AccessDeniedException' }, 'kms_denied'],
    [{ status: 400, type: 'DisabledException' }, 'kms_key_unusable'],
    ['reset', 'kms_unavailable'],
  ] as const)('that answers %j is said at boot, not at the first secret', async (fault, code) => {
    const keys = await opened({ ENCRYPTION_KEYS: `lost:${B}` });
    kms.fault = fault;
    onTestFinished(() => {
      kms.fault = null;
    });
    await expect(checkMasterKeys(db, keys)).rejects.toMatchObject({ kind: 'Unavailable', code });
  });

  test('takes over from a ring when ENCRYPTION_KEY_ID names no key any more', async () => {
    const ringKeys = { ENCRYPTION_KEYS: `five:${A}` };
    expect(await (await opened({ ...ringKeys, ENCRYPTION_KEY_ID: 'five' })).master.currentKeyId()).toBe(
      'five',
    );
    expect(await (await opened(ringKeys)).master.currentKeyId()).toBe(kms.key);
    expect((await opened()).ring).toBeNull();
  });
});
