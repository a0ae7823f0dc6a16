import { createSecretKey } from 'node:crypto';
import postgres from 'postgres';
import { v7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connect, type Database } from '../db/client.ts';
import { createTenant } from '../db/operator.ts';
import { holdTenantKey } from '../db/tenant-keys.ts';
import { createTenants, type Tenant } from '../db/tenants.ts';
import { waitsForLock } from '../test/lock-waits.testkit.ts';
import { createDatabase, type TestDatabase } from '../test/postgres.testkit.ts';
import { keyIdOf } from '../vault/blob.ts';
import type { DataKeys } from '../vault/data-keys.ts';
import { createDecrypter } from '../vault/decrypt.ts';
import { createEncrypter } from '../vault/encrypt.ts';
import { parseKeyRing } from '../vault/key-ring.ts';
import { createMasterKeys } from '../vault/master-keys.ts';
import { seal } from '../vault/seal.ts';
import { masterKeysInUse } from './key-usage.ts';
import { dataKeysOf, type OpenedKeys } from './master-keys.ts';
import { type Rotation, rotateDataKeys, rotateMasterKey } from './rotate-keys.ts';

const A_HEX = 'a1'.repeat(32);
const A = `a:${A_HEX}`;
const B = `b:${'b2'.repeat(32)}`;
const ORIGIN = 'https://api.test';
/** More than a page. */
const CONNECTIONS = 1_100;

function opened(keys: string, current: string): OpenedKeys {
  const ring = parseKeyRing({ encryptionKeys: keys, encryptionKeyId: current });
  return { ring, master: createMasterKeys(ring, null), service: false, close: async () => {} };
}
const OLD = opened(A, 'a');
const BOTH = opened(`${A},${B}`, 'b');
const NEW = opened(B, 'b');

let database: TestDatabase;
let operator: Database;
let admin: postgres.Sql;
let api: Database;
let tenants: [Tenant, Tenant];
beforeAll(async () => {
  database = await createDatabase();
  admin = postgres(database.url, {
    max: 1,
    onnotice: () => {},
    transform: { column: { from: postgres.toCamel } },
  });
  operator = connect({ url: database.url, role: 'pawl_operator', poolMax: 2, applicationName: 'test' });
  api = connect({ url: database.url, role: 'pawl_api', poolMax: 2, applicationName: 'test' });
  tenants = [
    await createTenant(operator, { name: 'Alder', slug: 'alder', shard: 3 }),
    await createTenant(operator, { name: 'Birch', slug: 'birch', shard: 60 }),
  ];
});
afterAll(async () => {
  await Promise.all([operator.close(), api.close(), admin.end()]);
  await database.drop();
});

interface Stored {
  id: string;
  tenant: Tenant;
  secret: string;
}

/** As a process has them that has remembered nothing yet. */
const keysOf = (keys: OpenedKeys): DataKeys => dataKeysOf(operator, createTenants(operator), keys);
const bindingOf = ({ id, tenant }: Pick<Stored, 'id' | 'tenant'>) => ({
  tenantId: tenant.id,
  connectionId: id,
  provider: 'generic_rest',
  allowedOrigin: ORIGIN,
});

let stored: Stored[];
beforeEach(async () => {
  await admin`truncate connections, tenant_keys, data_key_rotations cascade`;
  stored = Array.from({ length: CONNECTIONS }, (_, i) => ({
    id: v7(),
    tenant: tenants[i % 2] as Tenant,
    secret: `secret ${i}`,
  }));
});

/** Every one of `stored`, encrypted by `encrypt`. */
async function store(encrypt: (secret: { secret: string }, one: Stored) => Promise<Buffer>): Promise<void> {
  const rows = await Promise.all(
    stored.map(async (one) => {
      const credentials = await encrypt({ secret: one.secret }, one);
      return {
        shard: one.tenant.shard,
        tenant_id: one.tenant.id,
        id: one.id,
        provider: 'generic_rest',
        connection_name: one.id,
        credentials,
        key_id: keyIdOf(credentials),
        allowed_origin: ORIGIN,
        fields: '{}',
      };
    }),
  );
  await admin`insert into connections ${admin(rows)}`;
}

function storeUnderDataKeys(): Promise<void> {
  const encrypt = createEncrypter(keysOf(OLD));
  return store((secret, one) => encrypt(secret, bindingOf(one)));
}

/** As the first ones were stored. */
const storeUnderMasterKey = (): Promise<void> =>
  store(async (secret, one) =>
    seal(Buffer.from(JSON.stringify(secret)), bindingOf(one), {
      keyId: 'a',
      key: createSecretKey(Buffer.from(A_HEX, 'hex')),
    }),
  );

interface Found {
  id: string;
  credentials: Buffer;
  keyId: string;
  version: number;
}

const found = async () =>
  new Map((await admin<Found[]>`select * from connections`).map((row) => [row.id, row]));

async function expectAllOpen(keys: OpenedKeys, except: readonly Stored[] = []): Promise<void> {
  const decrypt = createDecrypter(keysOf(keys));
  const rows = await found();
  for (const one of stored) {
    if (except.includes(one)) continue;
    const row = rows.get(one.id) as Found;
    expect(keyIdOf(row.credentials)).toBe(row.keyId);
    expect(await decrypt(row.credentials, bindingOf(one))).toEqual({ secret: one.secret });
  }
}

const dataKeys = () =>
  admin`select tenant_id, id, generation, wrapping_key_id from tenant_keys order by 1, 3`;
const NOTHING: Rotation = { moved: 0, overtaken: 0, failed: [], rewrapped: 0, made: 0, dropped: 0 };
const options = (onProgress: (soFar: Readonly<Rotation>) => void = () => {}, keys = BOTH) => ({
  db: operator,
  opened: keys,
  onProgress,
});

/** Breaks off after the first page in which `what` happened, as a kill between two pages would. */
function breaksOff(what: keyof Rotation) {
  return (soFar: Readonly<Rotation>) => {
    if (Number(soFar[what]) > 0) throw new Error('the machine went down');
  };
}

describe('rotating the master key', () => {
  test('wraps every data key under the current one, and touches no secret', async () => {
    await storeUnderDataKeys();
    const before = await found();
    expect(await rotateMasterKey(options())).toEqual({ ...NOTHING, rewrapped: 2 });
    expect(await masterKeysInUse(operator)).toEqual([{ keyId: 'b', dataKeys: 2, direct: 0 }]);
    expect(await found()).toEqual(before);
    await expectAllOpen(NEW);
    expect(await rotateMasterKey(options())).toEqual(NOTHING);
  });

  test('moves what is directly under a master key to data keys, with a log entry each', async () => {
    await storeUnderMasterKey();
    expect(await masterKeysInUse(operator)).toEqual([{ keyId: 'a', dataKeys: 0, direct: CONNECTIONS }]);
    expect(await rotateMasterKey(options())).toEqual({ ...NOTHING, moved: CONNECTIONS });
    expect(await masterKeysInUse(operator)).toEqual([{ keyId: 'b', dataKeys: 2, direct: 0 }]);
    await expectAllOpen(NEW);
    const [log] = await admin`
      select count(*)::integer as entries, count(distinct subject_id)::integer as subjects from event_log
      where kind = 'connection.rekeyed' and data ->> 'from' = 'a'`;
    expect(log).toEqual({ entries: CONNECTIONS, subjects: CONNECTIONS });
    for (const { version } of (await found()).values()) expect(version).toBe(2);
  });

  test('that broke off goes on where it was', async () => {
    await storeUnderMasterKey();
    await expect(rotateMasterKey(options(breaksOff('moved')))).rejects.toThrow('the machine went down');
    await expectAllOpen(BOTH);
    const { moved } = await rotateMasterKey(options());
    expect(moved).toBeGreaterThan(0);
    expect(moved).toBeLessThan(CONNECTIONS);
    await expectAllOpen(NEW);
  });

  test('leaves what no key opens as it was, names it, and moves the others', async () => {
    await storeUnderMasterKey();
    const broken = stored[7] as Stored;
    await admin`update connections set credentials = 'garbage' where id = ${broken.id}`;
    const { moved, failed } = await rotateMasterKey(options());
    expect(moved).toBe(CONNECTIONS - 1);
    expect(failed).toEqual([
      { kind: 'connection', tenantId: broken.tenant.id, id: broken.id, code: 'credential_unreadable' },
    ]);
    expect((await found()).get(broken.id)?.keyId).toBe('a');
  });
});

describe('a data key that no master key unwraps', () => {
  test('is left as it was and named, and the others are wrapped anew', async () => {
    await storeUnderDataKeys();
    const [first] = await dataKeys();
    await admin`update tenant_keys set wrapped = wrapped || 'x'::bytea where id = ${first?.id}`;
    const failed = [
      { kind: 'data_key', tenantId: first?.tenantId, id: first?.id, code: 'data_key_unreadable' },
    ];
    for (const rewrapped of [1, 0])
      expect(await rotateMasterKey(options())).toEqual({ ...NOTHING, rewrapped, failed });
    await expectAllOpen(
      NEW,
      stored.filter(({ tenant }) => tenant.id === first?.tenantId),
    );
  });
});

describe('rotating data keys', () => {
  test('gives every tenant a new one, moves its secrets, and deletes the old one', async () => {
    await storeUnderDataKeys();
    const before = (await dataKeys()).map(({ id }) => id);
    expect(await rotateDataKeys(options(), null)).toEqual({
      ...NOTHING,
      moved: CONNECTIONS,
      made: 2,
      dropped: 2,
    });
    const after = await dataKeys();
    expect(after).toMatchObject([
      { generation: 2, wrappingKeyId: 'b' },
      { generation: 2, wrappingKeyId: 'b' },
    ]);
    for (const { id } of after) expect(before).not.toContain(id);
    await expectAllOpen(NEW);
  });

  test('of one tenant leaves the others alone', async () => {
    await storeUnderDataKeys();
    const [alder, birch] = tenants;
    const rotation = await rotateDataKeys(options(), alder.id);
    expect(rotation).toEqual({ ...NOTHING, moved: CONNECTIONS / 2, made: 1, dropped: 1 });
    const generations = new Map((await dataKeys()).map(({ tenantId, generation }) => [tenantId, generation]));
    expect([generations.get(alder.id), generations.get(birch.id)]).toEqual([2, 1]);
    await expectAllOpen(BOTH);
  });

  test.each(['made', 'moved', 'dropped'] as const)(
    'that broke off after it %s something is finished by the next, which makes no third key',
    async (step) => {
      await storeUnderDataKeys();
      await expect(rotateDataKeys(options(breaksOff(step)), null)).rejects.toThrow('the machine went down');
      await expectAllOpen(BOTH);
      const rest = await rotateDataKeys(options(), null);
      expect(rest.made).toBe(0);
      expect(rest.moved).toBeLessThanOrEqual(CONNECTIONS);
      expect(await dataKeys()).toMatchObject([{ generation: 2 }, { generation: 2 }]);
      await expectAllOpen(NEW);
      expect((await rotateDataKeys(options(), null)).made).toBe(2);
    },
  );

  test('keeps credentials that somebody stores meanwhile, and the key they are under until they are moved', async () => {
    await storeUnderDataKeys();
    const changed = stored[42] as Stored;
    const { id, tenant } = changed;
    // An API process that has not heard of the new key yet.
    const remembered = keysOf(OLD);
    const newer = await createEncrypter(remembered)({ secret: 'newer' }, bindingOf(changed));
    let rotation: Promise<Rotation> | undefined;
    await api.forTenants([tenant.id], async (sql) => {
      expect(await holdTenantKey(sql, { shard: tenant.shard, tenantId: tenant.id }, keyIdOf(newer))).toBe(
        true,
      );
      await sql`
        update connections set credentials = ${newer}, version = version + 1
        where shard = ${tenant.shard} and tenant_id = ${tenant.id} and id = ${id}`;
      rotation = rotateDataKeys(options(), null);
      await Promise.race([waitsForLock(admin, '%', ''), rotation]);
    });
    expect(await rotation).toMatchObject({ moved: CONNECTIONS, overtaken: 1, failed: [], dropped: 2 });
    changed.secret = 'newer';
    await expectAllOpen(NEW);
  });

  test('deletes no key under which somebody is just storing his first secret', async () => {
    await storeUnderDataKeys();
    const [tenant] = tenants;
    const late: Stored = { id: v7(), tenant, secret: 'late' };
    const blob = await createEncrypter(keysOf(OLD))({ secret: 'late' }, bindingOf(late));
    const of = { shard: tenant.shard, tenantId: tenant.id };
    let rotation: Promise<Rotation> | undefined;
    await api.forTenants([tenant.id], async (sql) => {
      await holdTenantKey(sql, of, keyIdOf(blob));
      await sql`
        insert into connections (shard, tenant_id, id, provider, connection_name, credentials, key_id, allowed_origin, fields)
        values (${tenant.shard}, ${tenant.id}, ${late.id}, 'generic_rest', 'late', ${blob}, ${keyIdOf(blob)}, ${ORIGIN}, '{}')`;
      rotation = rotateDataKeys(options(), null);
      // Everything it sees is moved, and it waits to delete.
      await Promise.race([waitsForLock(admin, '%', ''), rotation]);
    });
    expect(await rotation).toMatchObject({ moved: CONNECTIONS, dropped: 1 });
    stored.push(late);
    await expectAllOpen(BOTH);
    // What is left over is moved by the next.
    expect(await rotateMasterKey(options())).toMatchObject({ moved: 1 });
    await expectAllOpen(NEW);
  });

  test('a key that was deleted cannot be held', async () => {
    await storeUnderDataKeys();
    const [tenant] = tenants;
    const { keyId } = await keysOf(OLD).current(tenant.id);
    await rotateDataKeys(options(), null);
    const of = { shard: tenant.shard, tenantId: tenant.id };
    expect(await api.forTenants([tenant.id], (sql) => holdTenantKey(sql, of, keyId))).toBe(false);
  });
});
