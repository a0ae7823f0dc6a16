// Which shard each tenant is on, as far as this process knows and for how long that holds. A tenant that moves is looked
// up in each transaction that names it; of the others a process believes for a while what it read.
// docs/decisions/0016-a-move-is-announced.md says why this is enough.
import { LRUCache } from 'lru-cache';

export interface Tenant {
  id: string;
  /** Changes when the tenant is moved: read it where a statement is made, not before. */
  shard: number;
  name: string;
  slug: string;
}

export interface TenantRow extends Tenant {
  moving: boolean;
}

export interface Whereabouts {
  /** What is known of a tenant, sure or not: one object for as long as it is remembered. */
  get(tenantId: string): Tenant | undefined;
  /** Those of them that have to be looked up. */
  doubtful(tenantIds: readonly string[]): string[];
  /** @param askedAt of `now`, when the rows were asked for */
  learn(rows: readonly TenantRow[], askedAt: number): void;
  /** Null: of all. */
  doubt(tenantId: string | null): void;
  /** Milliseconds, monotonic. */
  now(): number;
}

/**
 * How long what was read of a tenant is believed. A move waits for longer than this before it takes anything away, so it is
 * a promise to whoever moves.
 */
export const BELIEVED_FOR_MS = 60_000;

interface Known {
  tenant: Tenant;
  sureUntil: number;
}

export function createWhereabouts(
  believedForMs = BELIEVED_FOR_MS,
  now = () => performance.now(),
): Whereabouts {
  const known = new LRUCache<string, Known>({ max: 100_000 });
  return {
    now,
    get: (tenantId) => known.get(tenantId)?.tenant,
    doubtful(tenantIds) {
      const at = now();
      return tenantIds.filter((id) => !((known.get(id)?.sureUntil ?? Number.NEGATIVE_INFINITY) > at));
    },
    learn(rows, askedAt) {
      for (const { id, shard, name, slug, moving } of rows) {
        const sureUntil = moving ? Number.NEGATIVE_INFINITY : askedAt + believedForMs;
        const old = known.get(id);
        if (old) {
          Object.assign(old.tenant, { shard, name, slug });
          old.sureUntil = sureUntil;
        } else known.set(id, { tenant: { id, shard, name, slug }, sureUntil });
      }
    },
    doubt(tenantId) {
      const doubted = tenantId === null ? [...known.values()] : [known.get(tenantId)];
      for (const one of doubted) if (one) one.sureUntil = Number.NEGATIVE_INFINITY;
    },
  };
}
