// Who is told of what, by tenant: loaded once and remembered with its version. A commit that was decided on an older version
// is refused (commit-transitions.ts), so what is remembered may be old without anybody being told wrongly.
import { LRUCache } from 'lru-cache';
import { createBatch } from '../db/batch.ts';
import type { Database } from '../db/client.ts';
import { type OnShard, onShards, tenantsOf } from '../db/on-shards.ts';
import {
  loadScopes,
  loadSubscriptions,
  loadSupplies,
  loadWorkflowScopes,
  type RuleSubscriptionRow,
  rulesVersions,
} from '../db/statements/notification-rules.ts';
import type { Tenant } from '../db/tenants.ts';
import { createRules, NO_RULES, type Rules } from '../subscriptions/rules.ts';
import type { Trigger } from '../subscriptions/trigger.ts';

export interface NotificationRules {
  /** As this process last saw them. */
  of(tenant: Tenant): Promise<Rules>;
  /** Of this version or a later one; null: asks the database which one holds. */
  atLeast(tenant: Tenant, version: number | null): Promise<Rules>;
  /** What is remembered may be old: asked for again at the next `of`. */
  doubt(tenantId: string): void;
}

/** Most tenants have none, and those without share one object. */
const REMEMBERED_MAX = 50_000;
const BATCH_MAX = 256;

export function createNotificationRules(db: Database): NotificationRules {
  const known = new LRUCache<string, Rules>({ max: REMEMBERED_MAX });
  const doubted = new Set<string>();
  const versions = createBatch<OnShard, number>({
    maxItems: BATCH_MAX,
    concurrency: 1,
    async run(tenants) {
      const rows = await onShards(db, tenants, (sql, shard, of) => rulesVersions(sql, shard, tenantsOf(of)));
      const found = new Map(rows.map(({ tenantId, version }) => [tenantId, version]));
      return tenants.map(({ tenantId }) => found.get(tenantId) ?? 0);
    },
  });

  async function refresh(tenant: Tenant): Promise<Rules> {
    // The version first: rows that are newer than it only lead to one more look.
    const version = await versions.add({ tenantId: tenant.id, shard: tenant.shard });
    const rules = known.get(tenant.id);
    if (rules?.version === version) return rules;
    const fresh = version === 0 ? NO_RULES : await load(tenant, version);
    known.set(tenant.id, fresh);
    return fresh;
  }

  async function load(tenant: Tenant, version: number): Promise<Rules> {
    const of = { tenantId: tenant.id };
    return db.forTenants([tenant.id], async (sql) => {
      const [subscriptions, scopes, supplies, workflows] = await Promise.all([
        loadSubscriptions(sql, tenant.shard, of),
        loadScopes(sql, tenant.shard, of),
        loadSupplies(sql, tenant.shard, of),
        loadWorkflowScopes(sql, tenant.shard, of),
      ]);
      return createRules({
        version,
        subscriptions: subscriptions.map((row: RuleSubscriptionRow) => ({
          ...row,
          trigger: row.trigger as Trigger,
        })),
        scopes,
        supplies: supplies.flatMap(({ connectionId, scopeId }) =>
          scopeId === null ? [] : [{ connectionId, scopeId }],
        ),
        suppliedToAll: supplies.flatMap(({ connectionId, scopeId }) =>
          scopeId === null ? [connectionId] : [],
        ),
        workflows,
      });
    });
  }

  return {
    async of(tenant) {
      const rules = known.get(tenant.id);
      if (rules && !doubted.delete(tenant.id)) return rules;
      return refresh(tenant);
    },
    async atLeast(tenant, version) {
      const rules = known.get(tenant.id);
      return rules && version !== null && rules.version >= version ? rules : refresh(tenant);
    },
    doubt: (tenantId) => void doubted.add(tenantId),
  };
}
