// Whether a process can work: the database answers and has the tables of this version. And what else an operator wants to
// know at that moment, though it keeps nobody from working: whether keys can be used, and when a worker was last heard of.
import type { Sql } from './client.ts';

/** One of each migration: what the last one made is there only when all before it are. */
const NEEDED = [
  'tenants',
  'connections',
  'jobs',
  'event_log',
  'dispatch_queue',
  'action_runs',
  'utility_ledger',
  'inbound_events',
  'inbound_deliveries',
  'deliveries',
  'usage_rollups',
];

export interface Readiness {
  /** `not_ready`: requests would fail. `degraded`: some would, or what they queue waits. */
  status: 'ready' | 'degraded' | 'not_ready';
  /** What was looked at: `ok`, or what is wrong. */
  checks: { database: string; migrations: string; keys: string; workers: string };
  /** Seconds since any worker gave a sign of life; null: none did, or nobody knows. */
  worker_last_sign_s: number | null;
}

export interface ReadinessOptions {
  sql: Sql;
  /** Rejects when master keys cannot be used. */
  keys?(): Promise<unknown>;
  /** A worker that was silent for longer is none. */
  leaseMs: number;
}

/** Never rejects: what is wrong is the answer. */
export function createReadiness({ sql, keys, leaseMs }: ReadinessOptions): () => Promise<Readiness> {
  return async () => {
    const [stored, usable] = await Promise.all([look(sql).catch(codeOf), keys?.().then(() => 'ok', codeOf)]);
    const keysCheck = usable ?? 'ok';
    if (typeof stored === 'string') {
      const checks = { database: stored, migrations: 'unknown', keys: keysCheck, workers: 'unknown' };
      return { status: 'not_ready', checks, worker_last_sign_s: null };
    }
    if (stored.missing.length > 0) {
      const migrations = `missing: ${stored.missing.join(', ')}`;
      const checks = { database: 'ok', migrations, keys: keysCheck, workers: 'unknown' };
      return { status: 'not_ready', checks, worker_last_sign_s: null };
    }
    const lastSignS = await lastSign(sql).catch(() => null);
    const workers = lastSignS === null ? 'none' : lastSignS * 1_000 > leaseMs ? 'silent' : 'ok';
    const status = keysCheck === 'ok' && workers === 'ok' ? 'ready' : 'degraded';
    const checks = { database: 'ok', migrations: 'ok', keys: keysCheck, workers };
    return { status, checks, worker_last_sign_s: lastSignS };
  };
}

async function look(sql: Sql): Promise<{ missing: string[] }> {
  const rows = await sql`
    select name from unnest(${NEEDED}::text[]) as needed(name) where to_regclass(name) is null`;
  return { missing: rows.map(({ name }) => name as string) };
}

async function lastSign(sql: Sql): Promise<number | null> {
  const [row] = await sql`
    select extract(epoch from now() - max(heartbeat_at))::float8 as seconds from workers where dead_at is null`;
  const seconds = row?.seconds as number | null | undefined;
  return seconds == null ? null : Math.round(Math.max(0, seconds) * 10) / 10;
}

/** A code names no host and no role. */
function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'failed';
}
