// Endpoints as stored, what their requests are signed with still encrypted.
import type { Database } from '../db/client.ts';
import type { ConnectionHealth } from '../db/statements/connection-health.ts';
import { loadEndpoint } from '../db/statements/worker-deliveries.ts';
import { ENDPOINT } from '../integrations/endpoint.ts';
import type { Receiver } from './lane.ts';
import type { SealedEndpoint } from './sealed.ts';
import { createSealedCache, type SealedCache } from './sealed-cache.ts';

export interface SealedEndpointsOptions {
  db: Database;
  onHealth(receiver: Receiver, health: ConnectionHealth): void;
  now(): Date;
}

export function createSealedEndpoints(options: SealedEndpointsOptions): SealedCache<SealedEndpoint> {
  const { db, onHealth, now } = options;
  return createSealedCache<SealedEndpoint>({
    async read(tenant, id) {
      const of = { tenantId: tenant.id, id };
      const [row] = await db.read<Awaited<ReturnType<typeof loadEndpoint>>>(tenant.id, (sql) =>
        loadEndpoint(sql, tenant.shard, of),
      );
      if (!row) return null;
      const sealed = { ...row, provider: ENDPOINT, connectionName: row.url, settings: {} } as const;
      return { sealed, health: row };
    },
    onHealth: ({ shard, id: tenantId }, id, health) =>
      onHealth({ shard, tenantId, connectionId: id, toEndpoint: true }, health),
    // Of two secrets, and of two keys, the one that is replaced signs until its hour.
    holds: ({ expiresAt }) => expiresAt === null || expiresAt > now(),
  });
}
