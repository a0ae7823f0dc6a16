// Reads what starting and moving jobs needs to know of workflows.
import type { Json } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';

export interface VersionRow {
  id: string;
  workflowId: string;
  workflowName: string;
  version: number;
  definition: Json;
}

export function findVersion(
  sql: ReservedSql,
  shard: number,
  tenantId: string,
  versionId: string,
): PendingQuery<(Row & VersionRow)[]> {
  return sql`
    select v.id, v.workflow_id, w.name as workflow_name, v.version, v.definition
    from workflow_versions v
    join workflows w on w.shard = ${shard} and w.tenant_id = ${tenantId} and w.id = v.workflow_id
    where v.shard = ${shard} and v.tenant_id = ${tenantId} and v.id = ${versionId}`;
}

export interface PublishedRow {
  workflowId: string;
  versionId: string | null;
  archived: boolean;
}

/** By id or by name; should a name look like an id, the id wins. */
export function findPublished(
  sql: ReservedSql,
  shard: number,
  tenantId: string,
  idOrName: string,
): PendingQuery<(Row & PublishedRow)[]> {
  return sql`
    select id as workflow_id, published_version_id as version_id, archived_at is not null as archived
    from workflows
    where shard = ${shard} and tenant_id = ${tenantId} and (name = ${idOrName} or id::text = ${idOrName})
    order by (id::text = ${idOrName}) desc limit 1`;
}
