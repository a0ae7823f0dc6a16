// Endpoints as stored, their secrets still encrypted. Remembered like connections: for a while, and checked by version at
// every use.
import { LRUCache } from 'lru-cache';
import type { Database } from '../db/client.ts';
import { loadEndpoint, type SealedEndpointRow } from '../db/statements/worker-deliveries.ts';
import type { Tenant } from '../db/tenants.ts';
import { ENDPOINT } from '../integrations/endpoint.ts';
import type { SealedEndpoint } from './sealed.ts';

export interface SealedEndpoints {
  /** @param version the one that holds now; null: the endpoint is gone. */
  get(tenant: Tenant, id: string, version: number | null): Promise<SealedEndpoint | null>;
  /** As it is stored now. */
  reread(tenant: Tenant, id: string): Promise<SealedEndpoint | null>;
}

const REMEMBERED_FOR_MS = 15 * 60_000;
const REMEMBERED_MAX = 10_000;

export function createSealedEndpoints(db: Database, now: () => Date): SealedEndpoints {
  const known = new LRUCache<string, SealedEndpoint>({ max: REMEMBERED_MAX, ttl: REMEMBERED_FOR_MS });

  async function reread(tenant: Tenant, id: string): Promise<SealedEndpoint | null> {
    const of = { tenantId: tenant.id, id };
    const [row] = await db.once<SealedEndpointRow[]>([tenant.id], (sql) =>
      loadEndpoint(sql, tenant.shard, of),
    );
    if (!row) return null;
    const endpoint = { ...row, provider: ENDPOINT, connectionName: row.url, settings: {} } as const;
    known.set(id, endpoint);
    return endpoint;
  }

  return {
    async get(tenant, id, version) {
      if (version === null) return null;
      const remembered = known.get(id);
      if (remembered && remembered.version >= version && !hasExpired(remembered)) return remembered;
      return reread(tenant, id);
    },
    reread,
  };

  /** Of two secrets, the one that is replaced signs until its hour. */
  function hasExpired({ expiresAt }: SealedEndpoint): boolean {
    return expiresAt !== null && expiresAt <= now();
  }
}
