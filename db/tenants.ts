// Which shard a tenant lives on. Asked by everything, so remembered by the process (see whereabouts.ts).
import type { Database } from './client.ts';
import type { Tenant } from './whereabouts.ts';

export type { Tenant };

export interface Tenants {
  /** null when there is no such tenant. */
  get(tenantId: string): Promise<Tenant | null>;
  /** Forgets what `payload` says has changed: `tenant:<id>`, or `everything`. */
  changed(payload: string): void;
}

export function createTenants(db: Database): Tenants {
  return {
    get: db.tenant,
    changed(payload) {
      if (payload === 'everything') db.doubt(null);
      else if (payload.startsWith('tenant:')) db.doubt(payload.slice('tenant:'.length));
    },
  };
}
