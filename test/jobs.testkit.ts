// Workflows of any definition, saved as they are: what a random machine names need not exist.
import type { TestApi } from '../api/api.testkit.ts';
import type { Database } from '../db/client.ts';
import { insertVersion, insertWorkflow, publishVersion } from '../db/statements/workflows.ts';
import type { Tenant } from '../db/tenants.ts';
import type { RandomStep } from '../engine/arbitraries.testkit.ts';
import type { Definition } from '../engine/definition.ts';
import type { Json, JsonObject } from '../engine/json.ts';
import { doneEventOf, errorEventOf } from '../engine/state-tree.ts';

/** Random machines call their connections anything; the queue wants ids. */
const CONNECTION = '019a5c3e-7b6e-7cc3-9d4f-8a4b5c6d7e8f';

/** @returns the id of the published workflow */
export async function saveDefinition(
  { db, deps }: TestApi,
  tenant: Tenant,
  definition: Definition,
): Promise<string> {
  const { id: tenantId, shard } = tenant;
  const [id, versionId] = [deps.ids.next(), deps.ids.next()];
  const version = {
    tenantId,
    id: versionId,
    workflowId: id,
    version: 1,
    checksum: '',
    layout: null,
    createdBy: 'test',
  };
  await db.forTenants([tenantId], async (sql) => {
    await insertWorkflow(sql, shard, { tenantId, id, name: id, description: '' });
    await insertVersion(sql, shard, { ...version, definition: withConnections(definition) });
    await publishVersion(sql, shard, { tenantId, id, versionId });
  });
  return id;
}

function withConnections(definition: Definition): JsonObject {
  return JSON.parse(JSON.stringify(definition), (key, value) =>
    key === 'connection_id' ? CONNECTION : value,
  );
}

export interface StoredJob {
  id: string;
  status: string;
  currentState: string;
  revision: number;
  snapshot: Json;
  key: string | null;
  parentJobId: string | null;
  createdAt: Date;
}

export interface StoredEntry {
  id: string;
  kind: string;
  seq: number | null;
  data: JsonObject;
}

/** The job and its log, as stored. */
export async function stored(
  { operator }: TestApi,
  jobId: string,
): Promise<{ job: StoredJob; log: StoredEntry[] }> {
  const [job] = await operator.sql<StoredJob[]>`
    select id, status, current_state, revision, snapshot, key, parent_job_id, created_at from jobs where id = ${jobId}`;
  const log = await operator.sql<StoredEntry[]>`
    select id, kind, seq, data from event_log where subject_id = ${jobId} order by seq nulls last, id`;
  if (!job) throw new Error(`there is no job ${jobId}`);
  return { job, log: [...log] };
}

/**
 * What the worker leaves behind when an action that a state waits for is over.
 * @returns the event that is due, under the id of its timer; null where the job waits for none
 */
export async function leaveOutcome(
  { operator, deps, a }: TestApi,
  worker: Database,
  jobId: string,
  { nth, ok }: Extract<RandomStep, { kind: 'outcome' }>,
): Promise<{ id: string; event: { type: string; payload: JsonObject } } | null> {
  const { shard, id: tenantId } = a.tenant;
  const runs = await operator.sql`
    select id, invoke_id from action_runs where job_id = ${jobId} and invoke_id is not null order by id`;
  const run = runs[nth % Math.max(runs.length, 1)];
  if (!run) return null;
  const event = ok
    ? { type: doneEventOf(run.invokeId), payload: { output: { status: 200, body: nth } } }
    : {
        type: errorEventOf(run.invokeId),
        payload: { error: { code: 'http_500', message: 'It answered 500.' } },
      };
  const id = deps.ids.next();
  const told = JSON.stringify({ ...event, run_id: run.id });
  await worker.once(
    [tenantId],
    (sql) => sql`
      insert into timers (shard, tenant_id, job_id, id, entry, event, due_at)
      values (${shard}, ${tenantId}, ${jobId}, ${id}, 0, ${told}::text::jsonb, now())`,
  );
  return { id, event };
}
