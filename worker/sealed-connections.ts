// Connections as stored, still encrypted. Remembered for a while and checked by version at every use, so that a
// rotated credential is never used after the claim that could have seen it. What workers share about a receiver comes
// along, so that knowing it costs no statement of its own.
import { LRUCache } from 'lru-cache';
import type { Database } from '../db/client.ts';
import type { ConnectionHealth } from '../db/statements/connection-health.ts';
import { loadConnection, type SealedConnection } from '../db/statements/worker-connections.ts';
import type { Tenant } from '../db/tenants.ts';
import type { Lane } from './lane.ts';

export interface SealedConnections {
  /** @param version the one that holds now; null: the connection is gone. */
  get(tenant: Tenant, id: string, version: number | null): Promise<SealedConnection | null>;
  /** As it is stored now. */
  reread(tenant: Tenant, id: string): Promise<SealedConnection | null>;
  forget(id: string): void;
  /** It changed, or what is shared about it did: loaded again if it was in use. */
  renew(id: string): Promise<void>;
  /** Changes may have been missed. */
  forgetAll(): void;
}

const REMEMBERED_FOR_MS = 15 * 60_000;
const REMEMBERED_MAX = 10_000;

interface Loading {
  tenant: Tenant;
  loaded: Promise<SealedConnection | null>;
}

export function createSealedConnections(
  db: Database,
  onHealth: (lane: Lane, health: ConnectionHealth) => void,
): SealedConnections {
  const known = new LRUCache<string, { tenant: Tenant; connection: SealedConnection }>({
    max: REMEMBERED_MAX,
    ttl: REMEMBERED_FOR_MS,
  });
  const loading = new Map<string, Loading>();

  function load(tenant: Tenant, id: string): Promise<SealedConnection | null> {
    const underWay = loading.get(id);
    if (underWay) return underWay.loaded;
    const mine: Loading = { tenant, loaded: read(tenant, id, () => loading.get(id) === mine) };
    loading.set(id, mine);
    return mine.loaded.finally(() => {
      if (loading.get(id) === mine) loading.delete(id);
    });
  }

  /** What was forgotten while it was read may have been read before it changed: used this once, and not remembered. */
  async function read(tenant: Tenant, id: string, isWanted: () => boolean): Promise<SealedConnection | null> {
    const [row] = await db.once<Awaited<ReturnType<typeof loadConnection>>>([tenant.id], (sql) =>
      loadConnection(sql, tenant.shard, tenant.id, id),
    );
    if (!row) return null;
    if (!isWanted()) return row;
    known.set(id, { tenant, connection: row });
    if (row.circuit !== null) onHealth({ shard: tenant.shard, tenantId: tenant.id, connectionId: id }, row);
    return row;
  }

  function forget(id: string): void {
    known.delete(id);
    loading.delete(id);
  }

  return {
    async get(tenant, id, version) {
      if (version === null) return null;
      const connection = known.get(id)?.connection;
      return connection && connection.version >= version ? connection : load(tenant, id);
    },
    reread(tenant, id) {
      // What is being read may have been read before what the caller knows of.
      forget(id);
      return load(tenant, id);
    },
    forget,
    async renew(id) {
      const tenant = (known.get(id) ?? loading.get(id))?.tenant;
      forget(id);
      if (tenant) await load(tenant, id);
    },
    forgetAll() {
      known.clear();
      loading.clear();
    },
  };
}
