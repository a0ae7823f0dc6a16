// Workflows of any definition, saved as they are: what a random machine names need not exist.
import type { TestApi } from '../api/api.testkit.ts';
import { insertVersion, insertWorkflow, publishVersion } from '../db/statements/workflows.ts';
import type { Tenant } from '../db/tenants.ts';
import type { Definition } from '../engine/definition.ts';
import type { Json, JsonObject } from '../engine/json.ts';

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
