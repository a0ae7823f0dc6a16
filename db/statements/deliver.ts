// Makes deliveries part of whatever statement commits the occurrence they tell of: each with its action run and its row
// of the queue, all three under one id.
import type { JsonObject } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { jsonText } from '../json-text.ts';

export interface NewDelivery {
  tenantId: string;
  id: string;
  subscriptionId: string;
  /** Id of the entry of the log that it tells of. */
  occurrenceId: string;
  kind: string;
  jobId: string;
  workflowId: string;
  workflowVersionId: string;
  /** Exactly one of the two. */
  connectionId: string | null;
  endpointId: string | null;
  messageId: string;
  actionType: 'WEBHOOK' | 'INTEGRATION';
  scope: JsonObject;
}

/** What a delivery waits for inside its statement: it is made only if that row was written. */
export type Gated = NewDelivery & { gate: string };

/**
 * Further parts of a `with`, beginning with a comma; nothing at all when there is nothing to deliver, so that whoever is
 * told of nothing pays nothing. `deliveries_once` keeps the same occurrence from being told twice.
 * @param open a condition on `n.gate`
 */
export function deliver(
  sql: ReservedSql,
  shard: number,
  deliveries: readonly Gated[],
  open: PendingQuery<Row[]>,
): PendingQuery<Row[]> {
  if (deliveries.length === 0) return sql``;
  return sql`, notice as materialized (
      select * from jsonb_to_recordset(${jsonText(deliveries.map(toRow))}::text::jsonb) as n(
        tenant_id uuid, gate uuid, id uuid, subscription_id uuid, occurrence_id uuid, kind text, job_id uuid,
        workflow_id uuid, workflow_version_id uuid, connection_id uuid, endpoint_id uuid, message_id uuid,
        action_type text, scope jsonb)
      where ${open}
    ), delivery as (
      insert into deliveries as made (shard, tenant_id, id, subscription_id, occurrence_id, kind, job_id, workflow_id,
        connection_id, endpoint_id)
      select here.shard, tenant_id, id, subscription_id, occurrence_id, kind, job_id, workflow_id, connection_id, endpoint_id
      from shards here cross join notice where here.shard = ${shard}
      on conflict (shard, tenant_id, subscription_id, occurrence_id) do nothing
      returning made.id
    ), delivery_run as (
      insert into action_runs (shard, tenant_id, id, job_id, transition_id, ordinal, workflow_version_id, pointer,
        action_type, connection_id, message_id, scope)
      select here.shard, tenant_id, id, job_id, id, 0, workflow_version_id, '', action_type,
        coalesce(connection_id, endpoint_id), message_id, scope
      from shards here cross join notice where here.shard = ${shard} and coalesce(id in (select id from delivery), false)
    ), delivery_queued as (
      insert into dispatch_queue (shard, tenant_id, id, job_id, workflow_version_id, connection_id)
      select here.shard, tenant_id, id, job_id, workflow_version_id, coalesce(connection_id, endpoint_id)
      from shards here cross join notice where here.shard = ${shard} and coalesce(id in (select id from delivery), false)
    )`;
}

/** Makes one that is gated by nothing: a test. */
export function insertDelivery(
  sql: ReservedSql,
  shard: number,
  delivery: NewDelivery,
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    with nothing as (select) ${deliver(sql, shard, [{ ...delivery, gate: delivery.id }], sql`true`)}
    select id from delivery`;
}

function toRow(d: Gated) {
  return {
    tenant_id: d.tenantId,
    gate: d.gate,
    id: d.id,
    subscription_id: d.subscriptionId,
    occurrence_id: d.occurrenceId,
    kind: d.kind,
    job_id: d.jobId,
    workflow_id: d.workflowId,
    workflow_version_id: d.workflowVersionId,
    connection_id: d.connectionId,
    endpoint_id: d.endpointId,
    message_id: d.messageId,
    action_type: d.actionType,
    scope: d.scope,
  };
}
