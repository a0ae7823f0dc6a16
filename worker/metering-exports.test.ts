// Standing exports beside each other: what one of them meets is not the others' to wait for.
import { v7 } from 'uuid';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { insertExport } from '../db/statements/metering-exports.ts';
import type { Tenant } from '../db/tenants.ts';
import { recordUsage } from '../test/ledger.testkit.ts';
import { type Kit, setup, until } from './worker.testkit.ts';

let kit: Kit;

beforeAll(async () => {
  kit = await setup();
});
afterAll(() => kit?.close());

async function exportTo(path: string, tenant: Tenant, connectionId: string): Promise<void> {
  await kit.api.forTenants([tenant.id], (sql) =>
    insertExport(sql, tenant.shard, {
      tenantId: tenant.id,
      id: v7(),
      name: path,
      destination: { type: 'http', connection_id: connectionId, path },
      format: 'cloudevents',
      intervalMinutes: 60,
      enabled: true,
      createdBy: 'test',
    }),
  );
}

it('a tenant whose receiver takes its time holds up the exports of others for a turn, and not to the end of its own', async () => {
  const other = await kit.addTenant();
  const others = await kit.addConnection({ tenant: other });
  await recordUsage(kit.admin, kit.tenant, 1_500);
  await recordUsage(kit.admin, other, 1);
  // A minute passes with each part.
  let passedMs = 0;
  kit.receiver.script('/slow', () => {
    passedMs += 60_000;
    return {};
  });
  await exportTo('/slow', kit.tenant, kit.connection);
  await exportTo('/quick', other, others);
  await kit.startWorker({ clock: { now: () => new Date(Date.now() + passedMs) } });
  await until('all is delivered', async () => kit.receiver.requests.length === 4);
  const order = kit.receiver.requests.map(({ path }) => path);
  expect(order).toEqual(['/slow', '/quick', '/slow', '/slow']);
});
