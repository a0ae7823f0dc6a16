// Who watches which job. However many streams are open, one query a tick looks at all their jobs, and only while
// somebody watches; what moves in this process is told at once.
import type { Database } from '../db/client.ts';
import { onShards } from '../db/on-shards.ts';
import { sightJobs } from '../db/statements/watch-jobs.ts';
import type { Tenant } from '../db/tenants.ts';
import type { JobWatch } from './deps.ts';

export interface JobWatchOptions {
  db: Database;
  /** Between two looks at the database. */
  intervalMs: number;
  /** A look that failed; the next one follows as usual. */
  onError?: (error: unknown) => void;
}

interface Watched {
  tenant: Tenant;
  jobId: string;
  /** As last seen; null before the first look. */
  signature: string | null;
  listeners: Set<() => void>;
}

/** `stop` ends all streams and resolves when no query is under way any more. */
export function createJobWatch({
  db,
  intervalMs,
  onError,
}: JobWatchOptions): JobWatch & { stop(): Promise<void> } {
  const watched = new Map<string, Watched>();
  const stopped = new AbortController();
  let timer: NodeJS.Timeout | null = null;
  let looking: Promise<void> | null = null;

  function schedule(): void {
    if (timer !== null || looking !== null || watched.size === 0 || stopped.signal.aborted) return;
    timer = setTimeout(() => {
      timer = null;
      looking = look()
        .catch((error) => onError?.(error))
        .finally(() => {
          looking = null;
          schedule();
        });
    }, intervalMs);
    // An open stream keeps its process alive by its own connection, not by our looking at it.
    timer.unref();
  }

  async function look(): Promise<void> {
    const refs = [...watched.values()].map(({ tenant: { id: tenantId, shard }, jobId }) => ({
      tenantId,
      shard,
      jobId,
    }));
    for (const { tenantId, id, signature } of await onShards(db, refs, sightJobs)) {
      const job = watched.get(keyOf(tenantId, id));
      if (!job || job.signature === signature) continue;
      job.signature = signature;
      // The first look tells as well: something may have changed between a stream's own reading and its subscription.
      tell(job);
    }
  }

  return {
    subscribe(tenant, jobId, onChange) {
      const key = keyOf(tenant.id, jobId);
      const job: Watched = watched.get(key) ?? { tenant, jobId, signature: null, listeners: new Set() };
      const listener = () => onChange();
      job.listeners.add(listener);
      watched.set(key, job);
      schedule();
      return () => {
        job.listeners.delete(listener);
        if (job.listeners.size === 0 && watched.get(key) === job) watched.delete(key);
      };
    },
    moved({ tenantId, jobId }) {
      const job = watched.get(keyOf(tenantId, jobId));
      if (job) tell(job);
    },
    stopped: stopped.signal,
    async stop() {
      stopped.abort();
      if (timer !== null) clearTimeout(timer);
      timer = null;
      await looking;
    },
  };
}

const keyOf = (tenantId: string, jobId: string): string => `${tenantId}:${jobId}`;

function tell({ listeners }: Watched): void {
  for (const listener of [...listeners]) listener();
}
