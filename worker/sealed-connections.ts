// Connections as stored, still encrypted.
import type { Database } from '../db/client.ts';
import type { ConnectionHealth } from '../db/statements/connection-health.ts';
import { loadConnection, type SealedConnection } from '../db/statements/worker-connections.ts';
import type { Receiver } from './lane.ts';
import { createSealedCache, type SealedCache } from './sealed-cache.ts';

export type SealedConnections = SealedCache<SealedConnection>;

export function createSealedConnections(
  db: Database,
  onHealth: (receiver: Receiver, health: ConnectionHealth) => void,
): SealedConnections {
  return createSealedCache<SealedConnection>({
    async read(tenant, id) {
      const [row] = await db.read<Awaited<ReturnType<typeof loadConnection>>>(tenant.id, (sql) =>
        loadConnection(sql, tenant.shard, tenant.id, id),
      );
      return row ? { sealed: row, health: row } : null;
    },
    onHealth: ({ shard, id: tenantId }, id, health) =>
      onHealth({ shard, tenantId, connectionId: id, toEndpoint: false }, health),
    holds: () => true,
  });
}
