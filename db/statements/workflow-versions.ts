// Reads what starting and moving jobs needs to know of workflows.
import type { Json } from '../../engine/json.ts';
import { UUID } from '../../engine/uuid.ts';
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

/**
 * A workflow by id or by name: two conditions that an index serves each, instead of one on `id::text` that none does.
 * Should a name look like an id, order by `(id::text = …) desc`: the id wins.
 */
export const named = (sql: ReservedSql, idOrName: string) =>
  UUID.test(idOrName) ? sql`(w.id = ${idOrName}::uuid or w.name = ${idOrName})` : sql`w.name = ${idOrName}`;

export function findPublished(
  sql: ReservedSql,
  shard: number,
  tenantId: string,
  idOrName: string,
): PendingQuery<(Row & PublishedRow)[]> {
  return sql`
    select w.id as workflow_id, w.published_version_id as version_id, w.archived_at is not null as archived
    from workflows w
    where w.shard = ${shard} and w.tenant_id = ${tenantId} and ${named(sql, idOrName)}
    order by (w.id::text = ${idOrName}) desc limit 1`;
}
