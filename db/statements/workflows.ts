// Workflows and their versions, as people list, make and change them. What the hot path reads is in workflow-versions.ts.
import type { Json, JsonObject } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import type { JobStatus } from './job-change.ts';
import { named } from './workflow-versions.ts';

export interface WorkflowRow {
  id: string;
  name: string;
  description: string;
  /** The module it belongs to; null: the organisation. */
  scopeId: string | null;
  /** Numbers; null while there is none. */
  publishedVersion: number | null;
  latestVersion: number | null;
  archivedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

/** The published version by primary key, the latest by `workflow_versions_number_once`. */
const columns = (sql: ReservedSql, shard: number) => sql`
  w.id, w.name, w.description, w.scope_id, w.archived_at, w.created_at, w.updated_at,
  (select p.version from workflow_versions p
    where p.shard = ${shard} and p.tenant_id = w.tenant_id and p.id = w.published_version_id) as published_version,
  (select max(v.version) from workflow_versions v
    where v.shard = ${shard} and v.tenant_id = w.tenant_id and v.workflow_id = w.id) as latest_version`;

/** Newest first. Served by the primary key. */
export function listWorkflows(
  sql: ReservedSql,
  shard: number,
  {
    tenantId,
    archived,
    before,
    limit,
  }: { tenantId: string; archived: boolean | null; before: string | null; limit: number },
): PendingQuery<(Row & WorkflowRow)[]> {
  return sql`
    select ${columns(sql, shard)} from workflows w
    where w.shard = ${shard} and w.tenant_id = ${tenantId}
      ${before === null ? sql`` : sql`and w.id < ${before}`}
      ${archived === null ? sql`` : sql`and (w.archived_at is not null) = ${archived}`}
    order by w.id desc limit ${limit}`;
}

/** By id or by name; should a name look like an id, the id wins. */
export function findWorkflow(
  sql: ReservedSql,
  shard: number,
  { tenantId, idOrName }: { tenantId: string; idOrName: string },
): PendingQuery<(Row & WorkflowRow)[]> {
  return sql`
    select ${columns(sql, shard)} from workflows w
    where w.shard = ${shard} and w.tenant_id = ${tenantId} and ${named(sql, idOrName)}
    order by (w.id::text = ${idOrName}) desc limit 1`;
}

/** Locks the workflow's row until the transaction ends: its versions are numbered one after another. */
export function lockWorkflow(
  sql: ReservedSql,
  shard: number,
  { tenantId, idOrName }: { tenantId: string; idOrName: string },
): PendingQuery<(Row & { id: string; name: string; archived: boolean })[]> {
  return sql`
    select w.id, w.name, w.archived_at is not null as archived from workflows w
    where w.shard = ${shard} and w.tenant_id = ${tenantId} and ${named(sql, idOrName)}
    order by (w.id::text = ${idOrName}) desc limit 1 for update`;
}

export function insertWorkflow(
  sql: ReservedSql,
  shard: number,
  made: { tenantId: string; id: string; name: string; description: string; scopeId?: string | null },
): PendingQuery<Row[]> {
  const { tenantId, id, name, description, scopeId = null } = made;
  return sql`
    insert into workflows (shard, tenant_id, id, name, description, scope_id)
    values (${shard}, ${tenantId}, ${id}, ${name}, ${description}, ${scopeId})`;
}

/** Changes what is given. `archived: true` keeps the time of the first archiving. */
export function updateWorkflow(
  sql: ReservedSql,
  shard: number,
  {
    tenantId,
    id,
    description,
    scopeId,
    archived,
  }: {
    tenantId: string;
    id: string;
    description?: string;
    scopeId?: string | null;
    archived?: boolean;
  },
): PendingQuery<Row[]> {
  return sql`
    update workflows set updated_at = now()
      ${description === undefined ? sql`` : sql`, description = ${description}`}
      ${scopeId === undefined ? sql`` : sql`, scope_id = ${scopeId}`}
      ${archived === undefined ? sql`` : archived ? sql`, archived_at = least(archived_at, now())` : sql`, archived_at = null`}
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}`;
}

/** Its versions go with it. `jobs_by_workflow` tells whether there is a job. @returns a row when it was deleted */
export function deleteWorkflowWithoutJobs(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: { tenantId: string; id: string },
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    delete from workflows w
    where w.shard = ${shard} and w.tenant_id = ${tenantId} and w.id = ${id}
      and not exists (
        select from jobs j where j.shard = ${shard} and j.tenant_id = ${tenantId} and j.workflow_id = ${id})
    returning w.id`;
}

export function publishVersion(
  sql: ReservedSql,
  shard: number,
  { tenantId, id, versionId }: { tenantId: string; id: string; versionId: string },
): PendingQuery<Row[]> {
  return sql`
    update workflows set published_version_id = ${versionId}, updated_at = now()
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}`;
}

export interface WorkflowVersionRow {
  id: string;
  workflowId: string;
  version: number;
  checksum: string;
  published: boolean;
  createdBy: string;
  createdAt: Date;
}

export interface FullVersionRow extends WorkflowVersionRow {
  definition: Json;
  layout: Json;
}

const versionColumns = (sql: ReservedSql, shard: number) => sql`
  v.id, v.workflow_id, v.version, v.checksum, v.created_by, v.created_at,
  exists (select from workflows w
    where w.shard = ${shard} and w.tenant_id = v.tenant_id and w.id = v.workflow_id
      and w.published_version_id = v.id) as published`;

/** Newest first. Served by `workflow_versions_number_once`. */
export function listVersions(
  sql: ReservedSql,
  shard: number,
  {
    tenantId,
    workflowId,
    before,
    limit,
  }: { tenantId: string; workflowId: string; before: number | null; limit: number },
): PendingQuery<(Row & WorkflowVersionRow)[]> {
  return sql`
    select ${versionColumns(sql, shard)} from workflow_versions v
    where v.shard = ${shard} and v.tenant_id = ${tenantId} and v.workflow_id = ${workflowId}
      ${before === null ? sql`` : sql`and v.version < ${before}`}
    order by v.version desc limit ${limit}`;
}

/** The version of that number, or the latest. */
export function findVersionByNumber(
  sql: ReservedSql,
  shard: number,
  { tenantId, workflowId, version }: { tenantId: string; workflowId: string; version: number | 'latest' },
): PendingQuery<(Row & FullVersionRow)[]> {
  return sql`
    select ${versionColumns(sql, shard)}, v.definition, v.layout from workflow_versions v
    where v.shard = ${shard} and v.tenant_id = ${tenantId} and v.workflow_id = ${workflowId}
      ${version === 'latest' ? sql`` : sql`and v.version = ${version}`}
    order by v.version desc limit 1`;
}

export function insertVersion(
  sql: ReservedSql,
  shard: number,
  of: {
    tenantId: string;
    id: string;
    workflowId: string;
    version: number;
    definition: JsonObject;
    checksum: string;
    layout: JsonObject | null;
    createdBy: string;
  },
): PendingQuery<(Row & { createdAt: Date })[]> {
  return sql`
    insert into workflow_versions (shard, tenant_id, id, workflow_id, version, definition, checksum, layout, created_by)
    values (${shard}, ${of.tenantId}, ${of.id}, ${of.workflowId}, ${of.version},
      ${JSON.stringify(of.definition)}::text::json, ${of.checksum},
      ${of.layout === null ? null : JSON.stringify(of.layout)}::text::jsonb, ${of.createdBy})
    returning created_at`;
}

export function updateLayout(
  sql: ReservedSql,
  shard: number,
  { tenantId, id, layout }: { tenantId: string; id: string; layout: JsonObject | null },
): PendingQuery<Row[]> {
  return sql`
    update workflow_versions set layout = ${layout === null ? null : JSON.stringify(layout)}::text::jsonb
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}`;
}

export interface ReferencedConnection {
  id: string;
  provider: string;
  enabled: boolean;
  /** The credential fields that are not secret. */
  fields: JsonObject;
}

/** Of the ids and names a definition mentions, those that exist. Served by primary key and `workflows_name_once`. */
export function findConnectionsById(
  sql: ReservedSql,
  shard: number,
  { tenantId, ids }: { tenantId: string; ids: readonly string[] },
): PendingQuery<(Row & ReferencedConnection)[]> {
  return sql`
    select id, provider, enabled, fields from connections
    where shard = ${shard} and tenant_id = ${tenantId} and id = any (${ids as string[]}::uuid[])`;
}

/** Whoever deletes or changes one of them waits until the transaction ends. @returns a row for each that is there */
export function holdConnections(
  sql: ReservedSql,
  shard: number,
  { tenantId, ids }: { tenantId: string; ids: readonly string[] },
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    select id from connections
    where shard = ${shard} and tenant_id = ${tenantId} and id = any (${ids as string[]}::uuid[])
    for key share`;
}

export function findWorkflowNames(
  sql: ReservedSql,
  shard: number,
  { tenantId, names }: { tenantId: string; names: readonly string[] },
): PendingQuery<(Row & { name: string })[]> {
  return sql`
    select name from workflows
    where shard = ${shard} and tenant_id = ${tenantId} and name = any (${names as string[]}::text[])`;
}

export interface JobCountRow {
  status: JobStatus;
  /** There are more of this status, older ones, that were not looked at. */
  more: boolean;
  /** Null, like the rest, when none was found of this status. */
  version: number | null;
  currentState: string | null;
  jobs: number | null;
}

/**
 * Counts a workflow's jobs: the newest `look` of its own by `jobs_by_workflow`, and, as there may be older ones among those of the
 * tenant that are not done, the newest `look` of each such status by `jobs_not_done`.
 */
export function countJobsPerState(
  sql: ReservedSql,
  shard: number,
  { tenantId, workflowId, look }: { tenantId: string; workflowId: string; look: number },
): PendingQuery<(Row & JobCountRow)[]> {
  const newest = (found: PendingQuery<Row[]>) => sql`
    select id, workflow_id, workflow_version_id, status, current_state from jobs
    where shard = ${shard} and tenant_id = ${tenantId} and ${found} order by id desc limit ${look}`;
  return sql`
    with own as materialized (${newest(sql`workflow_id = ${workflowId}`)}),
    not_done as materialized (
      (${newest(sql`status = 'ACTIVE'`)})
      union all (${newest(sql`status = 'ERROR'`)})
      union all (${newest(sql`status = 'CANCELLED'`)})
    ), counts as (
      select status, workflow_version_id, current_state, count(*)::integer as jobs
      from (select * from own union select * from not_done where workflow_id = ${workflowId}) found
      group by status, workflow_version_id, current_state
    )
    select s.status, v.version, c.current_state, c.jobs,
      (select count(*) from own) >= ${look} and (s.status = 'DONE'
        or (select count(*) from not_done n where n.status = s.status) >= ${look}) as more
    from (values ('ACTIVE'), ('ERROR'), ('CANCELLED'), ('DONE')) s (status)
    left join counts c on c.status = s.status
    left join workflow_versions v
      on v.shard = ${shard} and v.tenant_id = ${tenantId} and v.id = c.workflow_version_id
    order by v.version desc, s.status, c.current_state`;
}
