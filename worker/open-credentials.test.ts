// What becomes of an action whose credential does not open at once, through a real worker.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTenantKeyStore } from '../db/tenant-keys.ts';
import { createTenants, type Tenant } from '../db/tenants.ts';
import { PawlError } from '../engine/errors.ts';
import { makeDataKey, tenantKeysChanged } from '../vault/data-keys.ts';
import { createMasterKeys, type MasterKeys } from '../vault/master-keys.ts';
import { type Kit, setup, type TestWorkerOptions, until } from './worker.testkit.ts';

let kit: Kit;
beforeAll(async () => {
  kit = await setup();
});
afterAll(() => kit?.close());

/** A tenant with a connection and one action through it. */
async function jobOf(tenant: Tenant, connection: string, path: string): Promise<string> {
  const action = kit.webhook(path, { name: 'call', params: { connection_id: connection } });
  return kit.jobWith([action], { tenant });
}

async function withWorker(
  options: TestWorkerOptions,
  run: (w: Awaited<ReturnType<Kit['startWorker']>>) => Promise<void>,
) {
  const worker = await kit.startWorker(options);
  try {
    await run(worker);
  } finally {
    await worker.stop();
  }
}

test.each(['kms_unavailable', 'kms_throttled', 'kms_denied'])(
  'an action that meets %s is tried again later, and nothing of it counts',
  async (code) => {
    const tenant = await kit.addTenant();
    const connection = await kit.addConnection({ tenant });
    const ring = createMasterKeys(kit.keyRing, null);
    let away = true;
    const master: MasterKeys = {
      ...ring,
      async unwrap(key, of) {
        if (away) throw new PawlError('Unavailable', code, 'away');
        return ring.unwrap(key, of);
      },
    };
    await withWorker({ master }, async ({ worker }) => {
      const path = `/${code}`;
      const jobId = await jobOf(tenant, connection, path);
      await until('it was put back', async () => {
        const [row] = await kit.queueOf(jobId);
        return row?.workerId === null && (row.dueInMs ?? 0) > 100;
      });
      expect(await kit.runsOf(jobId)).toMatchObject([{ status: 'QUEUED', attempts: 0, error: null }]);
      expect(kit.receiver.at(path)).toEqual([]);
      expect(await kit.ledgerOf(jobId)).toEqual([]);

      away = false;
      await kit.admin`update dispatch_queue set run_at = now() where job_id = ${jobId}`;
      worker.wake([tenant.shard]);
      expect(await kit.settled(jobId)).toMatchObject([{ status: 'SUCCEEDED', attempts: 1 }]);
      expect(kit.receiver.at(path)).toHaveLength(1);
    });
  },
);

test('a worker that remembers a connection under a key that rotation has deleted since reads it again', async () => {
  const tenant = await kit.addTenant();
  const connection = await kit.addConnection({ tenant });
  await withWorker({}, async ({ keys }) => {
    const first = await jobOf(tenant, connection, '/rotated');
    expect(await kit.settled(first)).toMatchObject([{ status: 'SUCCEEDED' }]);

    const [before] = await kit.admin`select key_id from connections where id = ${connection}`;
    const store = createTenantKeyStore(kit.operator, createTenants(kit.operator));
    await store.insert(tenant.id, await makeDataKey(createMasterKeys(kit.keyRing, null), tenant.id, 2));
    const origin = kit.receiver.origin;
    // Under the new key, and without the count of its version, as if it had been read the moment before.
    await kit.resealConnection(tenant, connection, { base_url: origin, auth_header: 'Bearer anew' });
    await kit.admin`delete from tenant_keys where id = ${before?.key_id}`;
    keys.changed(tenantKeysChanged(tenant.id));

    const second = await jobOf(tenant, connection, '/rotated');
    expect(await kit.settled(second)).toMatchObject([{ status: 'SUCCEEDED' }]);
    expect(kit.receiver.at('/rotated')[1]?.headers.authorization).toBe('Bearer anew');
  });
});

test('an action whose key was deleted, and whose connection was not stored anew, fails for good', async () => {
  const tenant = await kit.addTenant();
  const connection = await kit.addConnection({ tenant });
  await kit.admin`delete from tenant_keys where tenant_id = ${tenant.id}`;
  await withWorker({}, async () => {
    const jobId = await jobOf(tenant, connection, '/shredded');
    expect(await kit.settled(jobId)).toMatchObject([
      { status: 'FAILED', attempts: 0, error: { code: 'credential_shredded' } },
    ]);
    expect(kit.receiver.at('/shredded')).toEqual([]);
  });
});
