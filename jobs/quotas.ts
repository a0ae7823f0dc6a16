// Whether a tenant may queue more actions. Asked at every transition that does, so the answer is remembered and renewed
// behind its back: a quota may be overshot by what happens in those seconds (docs/metering.md).
import { LRUCache } from 'lru-cache';
import { createBatch } from '../db/batch.ts';
import type { Database } from '../db/client.ts';
import { type OnShard, onShards, tenantsOf } from '../db/on-shards.ts';
import { listQuotas, type QuotaRow } from '../db/statements/quotas.ts';
import type { Tenant } from '../db/tenants.ts';
import { isPawlError, PawlError } from '../engine/errors.ts';

export interface Quotas {
  /** @throws PawlError TooMany `quota_exceeded`: nothing that would queue actions is committed now */
  requireRoom(tenant: Tenant): Promise<void>;
}

const REMEMBERED_MAX = 50_000;
const RENEWED_AFTER_MS = 2_000;
/** An answer older than this is not used: whoever comes so rarely can wait for a new one. */
const TRUSTED_FOR_MS = 10_000;
const BATCH_MAX = 256;

interface Known {
  blocked: QuotaRow | null;
  askedAt: number;
}

/** @param now milliseconds of any clock that only goes forward */
export function createQuotas(db: Database, now: () => number = () => performance.now()): Quotas {
  const known = new LRUCache<string, Known>({ max: REMEMBERED_MAX });
  const asked = createBatch<OnShard, QuotaRow | null>({
    maxItems: BATCH_MAX,
    concurrency: 1,
    async run(tenants) {
      const rows = await onShards(db, tenants, (sql, shard, of) => listQuotas(sql, shard, tenantsOf(of)));
      const blocked = rows.filter(({ kind, state }) => kind === 'WebhookEgress' && state === 'blocked');
      return tenants.map((tenant) => blocked.find(({ tenantId }) => tenantId === tenant.tenantId) ?? null);
    },
  });

  async function renew(tenant: Tenant): Promise<QuotaRow | null> {
    const before = known.get(tenant.id);
    // Whoever comes meanwhile uses the answer before.
    if (before) before.askedAt = now();
    const blocked = await asked.add({ tenantId: tenant.id, shard: tenant.shard });
    known.set(tenant.id, { blocked, askedAt: now() });
    return blocked;
  }

  return {
    async requireRoom(tenant) {
      const last = known.get(tenant.id);
      const ageMs = last ? now() - last.askedAt : Number.POSITIVE_INFINITY;
      // A tenant that is refused waits for the new answer; one that is not goes on with the old.
      const mayBeOld = last?.blocked === null && ageMs < TRUSTED_FOR_MS;
      const isDue = ageMs > RENEWED_AFTER_MS;
      if (isDue && mayBeOld) void renew(tenant).catch(() => {});
      const blocked = last && (mayBeOld || !isDue) ? last.blocked : await renew(tenant);
      if (blocked !== null) throw exceeded(blocked);
    },
  };
}

export const isQuotaExceeded = (error: unknown): error is PawlError =>
  isPawlError(error) && error.code === 'quota_exceeded';

function exceeded({ kind, period, used, blockAt, periodStart }: QuotaRow): PawlError {
  return new PawlError(
    'TooMany',
    'quota_exceeded',
    `The organisation has used ${used} of the ${blockAt} calls it may make in a ${period}. Nothing was changed.`,
    { details: { kind, period, used, block_at: blockAt, period_start: periodStart?.toISOString() ?? null } },
  );
}
