// Sources as a request to one finds them: by id alone, remembered as they are stored, secrets encrypted. Forgotten at once
// when somebody changes one.
import { LRUCache } from 'lru-cache';
import type { Database } from '../../db/client.ts';
import { findSourceOwner, loadSealedSource, type SealedSource } from '../../db/statements/sources.ts';
import type { Tenant, Tenants } from '../../db/tenants.ts';
import { UUID } from '../../engine/uuid.ts';
import { getSourceKind } from '../../inbound/catalogue.ts';
import type { CheckedConfig, SourceKind } from '../../inbound/source-kind.ts';

export interface KnownSource {
  tenant: Tenant;
  row: SealedSource;
  kind: SourceKind;
  config: CheckedConfig;
}

export interface KnownSources {
  /** Null for an id that is none, that nobody has, or whose source is not active: nobody outside can tell which. */
  find(id: string): Promise<KnownSource | null>;
  /** Forgets what `payload` says has changed: `source:<tenant id>:<source id>`, or `everything`. */
  changed(payload: string): void;
}

/** What changed unheard is noticed after this. */
const REMEMBERED_FOR_MS = 60_000;
const REMEMBERED_MAX = 20_000;

export function createKnownSources({ db, tenants }: { db: Database; tenants: Tenants }): KnownSources {
  // Unknown ids are not remembered: whoever makes them up would crowd out the others.
  const known = new LRUCache<string, Promise<KnownSource | null>>({
    max: REMEMBERED_MAX,
    ttl: REMEMBERED_FOR_MS,
  });

  async function load(id: string): Promise<KnownSource | null> {
    const [owner] = await findSourceOwner(db.sql, id);
    const tenant = owner && (await tenants.get(owner.tenantId));
    if (!tenant) return null;
    const of = { tenantId: tenant.id, id };
    const [row] = await db.once<SealedSource[]>([tenant.id], (sql) =>
      loadSealedSource(sql, tenant.shard, of),
    );
    const kind = row?.isActive ? getSourceKind(row.kind) : undefined;
    const parsed = kind?.parseConfig(row?.config);
    return row && kind && parsed?.ok ? { tenant, row, kind, config: parsed.config } : null;
  }

  return {
    async find(id) {
      if (!UUID.test(id)) return null;
      let found = known.get(id);
      if (!found) {
        found = load(id);
        known.set(id, found);
        const forget = () => {
          if (known.peek(id) === found) known.delete(id);
        };
        found.then((source) => source ?? forget(), forget);
      }
      return found;
    },
    changed(payload) {
      if (payload === 'everything') known.clear();
      else if (payload.startsWith('source:')) known.delete(payload.slice(payload.lastIndexOf(':') + 1));
    },
  };
}
