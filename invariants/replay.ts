// Replays what the event log says happened to each job, and compares the result with the job as it is stored.
import { isDeepStrictEqual } from 'node:util';
import type { Database } from '../db/client.ts';
import { type JobStanding, listMovesOf, listStandings, type Move } from '../db/statements/invariants.ts';
import type { Tenant } from '../db/tenants.ts';
import type { Decision, JobFacts } from '../engine/decision.ts';
import type { Json } from '../engine/json.ts';
import { migrate } from '../engine/migrate.ts';
import type { PastTransition } from '../engine/past.ts';
import { decide, initialDecision } from '../engine/transition.ts';
import { pastMove } from '../jobs/past.ts';
import { createVersions, type Versions } from '../jobs/versions.ts';
import type { Violation } from './violation.ts';

/** Jobs held in memory at once, with their logs. */
const PAGE = 200;

export async function replayJobs(db: Database, tenant: Tenant): Promise<Violation[]> {
  const { id: tenantId, shard } = tenant;
  const versions = createVersions(db);
  const violations: Violation[] = [];
  for (let after: string | null = null; ; ) {
    const of: { tenantId: string; after: string | null; limit: number } = { tenantId, after, limit: PAGE };
    const [jobs, moves] = await standings(db, shard, of);
    for (const job of jobs) {
      const what = await replay(versions, tenant, job, moves.get(job.id) ?? []);
      if (what !== null) violations.push({ invariant: 'log_replays', id: job.id, what });
    }
    if (jobs.length < PAGE) return violations;
    after = jobs.at(-1)?.id ?? null;
  }
}

/** In one transaction, but not one snapshot: a job that moved between the two reads has moves that are left out. */
async function standings(
  db: Database,
  shard: number,
  of: { tenantId: string; after: string | null; limit: number },
): Promise<[JobStanding[], Map<string, Move[]>]> {
  return db.forTenants([of.tenantId], async (sql) => {
    const jobs = await listStandings(sql, shard, of);
    const revisions = new Map(jobs.map(({ id, revision }) => [id, revision]));
    const moves = await listMovesOf(sql, shard, { tenantId: of.tenantId, jobIds: [...revisions.keys()] });
    const known = moves.filter(({ jobId, seq }) => seq <= (revisions.get(jobId) ?? 0));
    return [jobs, Map.groupBy(known, ({ jobId }) => jobId)];
  });
}

/** @returns what differs, or null when nothing does */
async function replay(
  versions: Versions,
  tenant: Tenant,
  job: JobStanding,
  moves: readonly Move[],
): Promise<string | null> {
  const gap = moves.findIndex(({ seq }, i) => seq !== i + 1);
  if (gap !== -1 || moves.length !== job.revision) {
    return `the log has revisions ${moves.map(({ seq }) => seq).join(', ')}; the job is at ${job.revision}`;
  }
  let snapshot: Json = null;
  let status = 'ACTIVE';
  let currentState = '';
  for (const row of moves) {
    const move = await pastMove(versions, tenant, row, job.workflowVersionId);
    const refused = (why: string) => `revision ${move.revision}, replayed, is ${why}`;
    switch (move.kind) {
      case 'cancelled':
        status = 'CANCELLED';
        break;
      case 'migrated': {
        const moved = migrate(move.from, move.to, { snapshot, stateMap: move.stateMap });
        if (!moved.ok) return refused(`refused: ${moved.problems[0]?.message}`);
        ({ snapshot, currentState } = moved.migrated);
        break;
      }
      case 'transition': {
        const decision = decideAgain(job, move, snapshot, currentState);
        if (decision.kind !== 'taken') return refused(`${decision.kind}: ${decision.message}`);
        ({ snapshot, status, currentState } = decision);
        break;
      }
      default:
        return move satisfies never;
    }
  }
  if (status !== job.status) return `replayed, its status is ${status}; stored is ${job.status}`;
  if (currentState !== job.currentState)
    return `replayed, it is in ${currentState}; stored is ${job.currentState}`;
  // Through JSON, as the stored one went: what it cannot hold is not there.
  const same = isDeepStrictEqual(JSON.parse(JSON.stringify(snapshot)), job.snapshot);
  return same ? null : 'replayed, its snapshot differs from what is stored';
}

function decideAgain(
  job: JobStanding,
  { revision, event, facts, internal, by }: PastTransition,
  snapshot: Json,
  currentState: string,
): Decision {
  const before: JobFacts = {
    id: job.id,
    current_state: currentState,
    revision: revision - 1,
    parent_id: job.parentJobId,
    key: job.key,
    created_at: job.createdAt.toISOString(),
  };
  if (revision === 1) return initialDecision(by, { input: event.payload, job: before, facts });
  return decide(by, { snapshot, event, job: before, facts, internal });
}
