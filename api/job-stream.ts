// A job as it happens, as server-sent events: `snapshot`, then `transition`, `action` and `end`.
// Every stream reads for itself, from the revision it told last; the watch only says when it is worth reading.
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { PendingQuery, ReservedSql, Row } from '../db/client.ts';
import { type ActionRunRow, listLatestRuns } from '../db/statements/action-runs.ts';
import {
  findMove,
  type LogRow,
  listMoves,
  listTimers,
  type PendingTimer,
} from '../db/statements/job-lists.ts';
import { type JobRow, loadJobs } from '../db/statements/load-jobs.ts';
import { WATCHED_RUNS } from '../db/statements/watch-jobs.ts';
import type { Tenant } from '../db/tenants.ts';
import { PawlError } from '../engine/errors.ts';
import type { ApiDeps, AppEnv } from './deps.ts';
import { aboutRequest } from './observe.ts';
import { presentListedRun } from './resources/action-runs.ts';
import { type JobResource, presentJob, presentLogEntry } from './resources/jobs.ts';
import { guarded, ID_PART, idOf, notFound } from './routing.ts';

const { middleware: _guard, ...readGuard } = guarded('job.read');

/** For the OpenAPI document. */
export const streamRoute = createRoute({
  method: 'get',
  path: '/jobs/{id}/stream',
  tags: ['Jobs'],
  summary: 'Follow a job (server-sent events)',
  description: [
    '`snapshot` comes first: `{job, action_runs}`, the newest 200 runs. Then `transition` for everything that moves the',
    'job (an entry of its log, the newest one with `job` as it is now), `action` for every run whose status changes, and',
    '`end` when the job has ended and all its actions have. After a break, `Last-Event-ID` brings what was missed and',
    'then a `snapshot`. A comment every 15 seconds keeps the connection open.',
  ].join(' '),
  ...readGuard,
  request: { params: z.object({ id: idOf('job') }) },
  parameters: [{ name: 'Last-Event-ID', in: 'header', required: false, schema: { type: 'string' } }],
  responses: {
    200: { description: 'The stream.', content: { 'text/event-stream': { schema: { type: 'string' } } } },
  },
});

export interface StreamLimits {
  heartbeatMs: number;
  /** Then the client connects again and is authenticated again: a revoked key does not listen for ever. */
  longestMs: number;
  perTenant: number;
}

const LIMITS: StreamLimits = { heartbeatMs: 15_000, longestMs: 15 * 60_000, perTenant: 100 };
const STREAM_HEADERS = { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' };
/** What a client waits before it connects again. */
const RECONNECT_MS = 1_000;
const MOVES_AT_ONCE = 200;
const OVER = new Set(['SUCCEEDED', 'FAILED', 'SKIPPED']);
/** Entries of a job are never older than the job, but for what two clocks differ. */
const CLOCK_SLACK_MS = 3_600_000;

type Deps = Pick<ApiDeps, 'db' | 'jobs' | 'watch' | 'log'>;

export function createJobStreams(deps: Deps, limits: StreamLimits = LIMITS) {
  const openByTenant = new Map<string, number>();

  /** @throws PawlError `job_not_found`, TooMany `too_many_streams` */
  async function open(c: Context<AppEnv>): Promise<Response> {
    const jobId = c.req.param('id')?.toLowerCase() ?? '';
    const tenant = c.get('tenant');
    const job = ID_PART.test(jobId) ? await deps.jobs.loader.fresh(tenant, jobId) : null;
    if (!job) throw notFound('job');
    // Nobody would read it, and so nothing would end it before its time.
    if (c.req.method === 'HEAD') return c.body(null, 200, STREAM_HEADERS);
    const beginning = await beginningOf(deps, tenant, job, c.req.header('last-event-id'));
    const open = openByTenant.get(tenant.id) ?? 0;
    if (open >= limits.perTenant) {
      const message = `At most ${limits.perTenant} streams may be open at once.`;
      throw new PawlError('TooMany', 'too_many_streams', message, { details: { limit: limits.perTenant } });
    }
    openByTenant.set(tenant.id, open + 1);
    const about = aboutRequest(c);

    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const endings = { signals: [c.req.raw.signal, deps.watch.stopped], longestMs: limits.longestMs };
    const line = createLine(writable.getWriter(), endings);
    void tell(deps, line, tenant, jobId, beginning, limits.heartbeatMs)
      // The client comes back, and is told from where it was.
      .catch(
        (error) => line.signal.aborted || deps.log.warn({ err: error, ...about }, 'job stream broke off'),
      )
      .finally(() => {
        line.close();
        const left = (openByTenant.get(tenant.id) ?? 1) - 1;
        if (left === 0) openByTenant.delete(tenant.id);
        else openByTenant.set(tenant.id, left);
      });
    return c.body(readable, 200, STREAM_HEADERS);
  }

  return { open };
}

/** What the client knows: everything up to this revision. */
interface Told {
  revision: number;
  /** When that revision came about. */
  at: Date;
}

/** `resumed`: what moved since is to be told one by one; otherwise a snapshot says it all. */
type Beginning = Told & { resumed: boolean };

async function beginningOf(
  { db }: Deps,
  tenant: Tenant,
  job: JobRow,
  lastEventId: string | undefined,
): Promise<Beginning> {
  // One before where the job stands, so that the first reading finds the id of the entry it stands for.
  const fresh = { revision: job.revision - 1, at: job.updatedAt, resumed: false };
  const id = lastEventId?.toLowerCase() ?? '';
  if (!ID_PART.test(id)) return fresh;
  const since = new Date(job.createdAt.getTime() - CLOCK_SLACK_MS);
  const of = { tenantId: tenant.id, jobId: job.id, id, since };
  const [known] = await db.once<{ seq: number; at: Date }[]>([tenant.id], (sql) =>
    findMove(sql, tenant.shard, of),
  );
  return known ? { revision: known.seq, at: known.at, resumed: true } : fresh;
}

async function tell(
  deps: Deps,
  line: Line,
  tenant: Tenant,
  jobId: string,
  beginning: Beginning,
  heartbeatMs: number,
): Promise<void> {
  const bell = createBell(line.signal);
  const unsubscribe = deps.watch.subscribe(tenant, jobId, bell.ring);
  try {
    await line.write(`retry: ${RECONNECT_MS}\n\n`);
    let told: Told = beginning;
    let known: Map<string, string> | null = null;
    let endedAt: number | null = null;
    for (;;) {
      const now = await read(deps, tenant, jobId, told);
      const { job, moves, runs } = now;
      if (known !== null || beginning.resumed) await line.writeAll(transitions(moves, job));
      const last = moves.at(-1);
      // Entries older than the log is kept are gone: what the job says then counts.
      told = last
        ? { revision: last.seq, at: last.at }
        : { revision: job.revision, at: new Date(job.updated_at) };
      if (told.revision < job.revision) continue;
      if (known === null) {
        const data = { job, action_runs: runs.map(presentListedRun) };
        await line.write(frame('snapshot', data, last?.id));
      } else {
        const before = known;
        const changed = runs.filter((run) => before.get(run.id) !== standing(run));
        await line.writeAll(changed.map((run) => frame('action', presentListedRun(run))));
      }
      known = new Map(runs.map((run) => [run.id, standing(run)]));

      if (job.status !== 'ACTIVE' && runs.every(({ status }) => OVER.has(status))) {
        // Runs are read before the job: only a second look can tell that the last transition brought no more of them.
        if (endedAt === job.revision) {
          await line.write(frame('end', { status: job.status, revision: job.revision }));
          return;
        }
        endedAt = job.revision;
        continue;
      }
      while ((await bell.wait(heartbeatMs)) === 'silence') await line.write(': still here\n\n');
      if (line.signal.aborted) return;
    }
  } finally {
    unsubscribe();
  }
}

const standing = ({ status, attempts, nextAttemptAt }: ActionRunRow) =>
  `${status} ${attempts} ${nextAttemptAt?.getTime()}`;

type Move = LogRow & { seq: number };

function transitions(moves: readonly Move[], job: JobResource): string[] {
  return moves.map((move) => {
    const now = move.seq === job.revision ? job : null;
    return frame('transition', { ...presentLogEntry(move), job: now }, move.id);
  });
}

/** `JSON.stringify` writes no line break, so one `data:` line holds it. */
function frame(event: string, data: object, id?: string): string {
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}

/** One round trip. In this order no run belongs to a transition that the job has not made yet. */
async function read({ db, jobs }: Deps, tenant: Tenant, jobId: string, told: Told) {
  const { id: tenantId } = tenant;
  const statements = [
    (sql: ReservedSql) => listLatestRuns(sql, tenant.shard, { tenantId, jobId, limit: WATCHED_RUNS }),
    (sql: ReservedSql) => loadJobs(sql, tenant.shard, [{ tenantId, jobId }]),
    (sql: ReservedSql) => listTimers(sql, tenant.shard, { tenantId, jobId }),
    (sql: ReservedSql) =>
      listMoves(sql, tenant.shard, {
        tenantId,
        jobId,
        since: told.at,
        afterSeq: told.revision,
        limit: MOVES_AT_ONCE,
      }),
  ] as unknown as ((sql: ReservedSql) => PendingQuery<Row[]>)[];
  const answers: unknown = await db.together<Row[]>([tenantId], statements);
  const [runs, rows, timers, moves] = answers as [ActionRunRow[], JobRow[], PendingTimer[], Move[]];
  const row = rows[0];
  if (!row) throw notFound('job');
  const version = await jobs.versions.get(tenant, row.workflowVersionId);
  return {
    job: presentJob(row, version, timers),
    moves: moves.filter(({ seq }) => seq <= row.revision),
    runs: runs.reverse(),
  };
}

interface Line {
  readonly signal: AbortSignal;
  /** Resolves when the client took it; @throws once it has gone. */
  write(text: string): Promise<void>;
  writeAll(texts: readonly string[]): Promise<void>;
  close(): void;
}

function createLine(
  writer: WritableStreamDefaultWriter<Uint8Array>,
  endings: { signals: readonly AbortSignal[]; longestMs: number },
): Line {
  const over = new AbortController();
  const { signal } = over;
  const end = () => over.abort();
  writer.closed.catch(end);
  const timer = setTimeout(end, endings.longestMs);
  for (const ending of endings.signals) {
    if (ending.aborted) end();
    ending.addEventListener('abort', end);
  }
  let giveUp: ((reason: unknown) => void) | null = null;
  // A client that does not read holds a write up for as long as it likes.
  signal.addEventListener('abort', () => giveUp?.(signal.reason), { once: true });

  async function write(text: string): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      giveUp = reject;
      writer.write(encoder.encode(text)).then(resolve, reject);
    });
    giveUp = null;
  }

  return {
    signal,
    write,
    writeAll: async (texts) => {
      for (const text of texts) await write(text);
    },
    close() {
      // They live longer than a line, and would keep it.
      clearTimeout(timer);
      for (const ending of endings.signals) ending.removeEventListener('abort', end);
      writer.close().catch(() => {});
    },
  };
}

const encoder = new TextEncoder();

/** Rings kept until they are heard. */
function createBell(signal: AbortSignal) {
  let rung = false;
  let hear: (() => void) | null = null;
  const ring = () => {
    rung = true;
    hear?.();
  };
  signal.addEventListener('abort', ring, { once: true });
  return {
    ring,
    async wait(patienceMs: number): Promise<'rung' | 'silence'> {
      if (!rung) {
        let timer: NodeJS.Timeout | undefined;
        await new Promise<void>((resolve) => {
          hear = resolve;
          timer = setTimeout(resolve, patienceMs);
        });
        clearTimeout(timer);
        hear = null;
      }
      const heard = rung;
      rung = false;
      return heard ? 'rung' : 'silence';
    },
  };
}
