// Reads jobs and facts, many callers to a statement, and remembers the jobs this process moved last.
import { LRUCache } from 'lru-cache';
import type { Database } from '../db/client.ts';
import { onShards } from '../db/on-shards.ts';
import { createShardBatch } from '../db/shard-batch.ts';
import { type FactRef, type FactRow, loadFacts, loadFactsBefore } from '../db/statements/load-facts.ts';
import { type JobRef, type JobRow, loadJobs } from '../db/statements/load-jobs.ts';
import type { Tenant } from '../db/tenants.ts';
import type { ActionFact, Facts } from '../engine/decision.ts';
import { isJsonObject } from '../engine/json.ts';

export interface JobLoader {
  /** As committed now. */
  fresh(tenant: Tenant, jobId: string): Promise<JobRow | null>;
  /** As this process last saw it, if it did; the commit's revision check finds out whether that still holds. */
  remembered(tenant: Tenant, jobId: string): JobRow | undefined;
  remember(row: JobRow): void;
  forget(tenant: Tenant, jobId: string): void;
  /** The latest run of each of these actions that the job has had. */
  facts(tenant: Tenant, jobId: string, names: readonly string[]): Promise<Facts>;
  /** The latest run of each of these actions before this place of the job's history. */
  factsBefore(
    tenant: Tenant,
    jobId: string,
    names: readonly string[],
    place: { transitionId: string; ordinal: number },
  ): Promise<Facts>;
}

/** Characters of snapshots kept in memory. */
const REMEMBERED_MAX = 64 * 1024 * 1024;
const BATCH_MAX = 256;

export function createJobLoader(db: Database, concurrency: number): JobLoader {
  const memory = new LRUCache<string, JobRow>({
    maxSize: REMEMBERED_MAX,
    sizeCalculation: (row) => JSON.stringify(row.snapshot).length + 512,
  });
  const jobs = createShardBatch<Ref, JobRow | null>(db, {
    shardOf: db.shardOf,
    maxItems: BATCH_MAX,
    concurrency,
    run: async (refs) => {
      const rows = await onShards(db, refs, loadJobs);
      const found = new Map(rows.map((row) => [keyOf(row.tenantId, row.id), row]));
      return refs.map(({ tenantId, jobId }) => found.get(keyOf(tenantId, jobId)) ?? null);
    },
  });
  const facts = createShardBatch<Ref & { names: readonly string[] }, Facts>(db, {
    shardOf: db.shardOf,
    maxItems: BATCH_MAX,
    concurrency,
    run: async (asked) => {
      const refs = asked.flatMap(({ names, ...ref }) =>
        names.map((name): FactRef & Ref => ({ ...ref, name })),
      );
      const rows = Map.groupBy(await onShards(db, refs, loadFacts), ({ jobId }) => jobId);
      return asked.map(({ jobId, names }) =>
        asFacts((rows.get(jobId) ?? []).filter(({ name }) => names.includes(name))),
      );
    },
  });

  const keyOf = (tenantId: string, jobId: string) => `${tenantId}:${jobId}`;

  return {
    async fresh(tenant, jobId) {
      const row = await jobs.add({ shard: tenant.shard, tenantId: tenant.id, jobId });
      if (row) memory.set(keyOf(tenant.id, jobId), row);
      return row;
    },
    remembered: (tenant, jobId) => memory.get(keyOf(tenant.id, jobId)),
    remember: (row) => void memory.set(keyOf(row.tenantId, row.id), row),
    forget: (tenant, jobId) => void memory.delete(keyOf(tenant.id, jobId)),
    facts: (tenant, jobId, names) => facts.add({ shard: tenant.shard, tenantId: tenant.id, jobId, names }),
    async factsBefore(tenant, jobId, names, place) {
      const of = { tenantId: tenant.id, jobId, names, ...place };
      return asFacts(await db.once<FactRow[]>([tenant.id], (sql) => loadFactsBefore(sql, tenant.shard, of)));
    },
  };
}

type Ref = JobRef & { shard: number };

const asFacts = (rows: readonly FactRow[]): Facts =>
  Object.fromEntries(rows.map((row) => [row.name, asFact(row)]));

/** A run as guards and templates know it. */
export function asFact({
  status,
  attempts,
  response,
  error,
}: Pick<FactRow, 'status' | 'attempts' | 'response' | 'error'>): ActionFact {
  const fact: ActionFact = { status, attempts };
  if (isJsonObject(response)) {
    fact.response = { status: Number(response.status ?? 0), body: response.body ?? null };
    if (response.truncated === true) fact.response.truncated = true;
  }
  if (error && typeof error.message === 'string') fact.error = error.message;
  return fact;
}
