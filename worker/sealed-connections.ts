// Connections as stored, still encrypted. Remembered for a while and checked by version at every use, so that a
// rotated credential is never used after the claim that could have seen it.
import { LRUCache } from 'lru-cache';
import type { Database } from '../db/client.ts';
import { loadConnection, type SealedConnection } from '../db/statements/worker-connections.ts';
import type { Tenant } from '../db/tenants.ts';

export interface SealedConnections {
  /** @param version the one that holds now; null: the connection is gone. */
  get(tenant: Tenant, id: string, version: number | null): Promise<SealedConnection | null>;
  /** As it is stored now. */
  reread(tenant: Tenant, id: string): Promise<SealedConnection | null>;
  forget(id: string): void;
}

const REMEMBERED_FOR_MS = 15 * 60_000;
const REMEMBERED_MAX = 10_000;

export function createSealedConnections(db: Database): SealedConnections {
  const known = new LRUCache<string, SealedConnection>({ max: REMEMBERED_MAX, ttl: REMEMBERED_FOR_MS });
  const loading = new Map<string, Promise<SealedConnection | null>>();

  function load(tenant: Tenant, id: string): Promise<SealedConnection | null> {
    const underWay = loading.get(id);
    if (underWay) return underWay;
    const loaded = db
      .once<SealedConnection[]>([tenant.id], (sql) => loadConnection(sql, tenant.shard, tenant.id, id))
      .then(([connection]) => {
        if (connection) known.set(id, connection);
        return connection ?? null;
      })
      .finally(() => loading.delete(id));
    loading.set(id, loaded);
    return loaded;
  }

  return {
    async get(tenant, id, version) {
      if (version === null) return null;
      const connection = known.get(id);
      return connection && connection.version >= version ? connection : load(tenant, id);
    },
    async reread(tenant, id) {
      // One that is being read may have been read before what the caller knows of.
      await loading.get(id);
      return load(tenant, id);
    },
    forget: (id) => void known.delete(id),
  };
}
