// Which shard a tenant lives on. Asked by everything, so remembered by the process.
import { LRUCache } from 'lru-cache';
import type { Database } from './client.ts';

export interface Tenant {
  id: string;
  shard: number;
  name: string;
  slug: string;
}

export interface Tenants {
  /** null when there is no such tenant. */
  get(tenantId: string): Promise<Tenant | null>;
  /** Forgets what `payload` says has changed: `tenant:<id>`, or `everything`. */
  changed(payload: string): void;
}

/** A tenant's name may change; its shard may be moved. */
const REMEMBERED_FOR_MS = 60_000;

export function createTenants(db: Database): Tenants {
  const known = new LRUCache<string, Tenant>({ max: 100_000, ttl: REMEMBERED_FOR_MS });
  return {
    async get(tenantId) {
      const cached = known.get(tenantId);
      if (cached) return cached;
      const [tenant] = await db.once<Tenant[] & []>(
        [tenantId],
        (sql) => sql`select id, shard, name, slug from tenants where id = ${tenantId}`,
      );
      if (!tenant) return null;
      known.set(tenantId, tenant);
      return tenant;
    },
    changed(payload) {
      if (payload === 'everything') known.clear();
      else if (payload.startsWith('tenant:')) known.delete(payload.slice('tenant:'.length));
    },
  };
}
