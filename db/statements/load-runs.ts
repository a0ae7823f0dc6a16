// Reads what a worker needs to walk the lists it claimed: the runs that are left, and whether what it remembers of
// their connections still holds.
import type { JsonObject } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { spanOf } from '../uuid-time.ts';
import type { Claimed } from './claim.ts';

export interface RunRow {
  transitionId: string;
  id: string;
  jobId: string;
  ordinal: number;
  pointer: string;
  actionType: 'WEBHOOK' | 'INTEGRATION';
  name: string | null;
  connectionId: string;
  invokeId: string | null;
  status: string;
  attempts: number;
  scope: JsonObject;
  /** null when the connection (of a delivery to an endpoint: the endpoint) is gone. */
  connectionVersion: number | null;
  /** Of a delivery: the message it sends. */
  messageId: string | null;
  /** It goes to an endpoint, whose id its `connectionId` is. */
  toEndpoint: boolean;
  /** Of a delivery: the version of the tenant's notification rules. */
  rulesVersion: number | null;
}

/** In list order, without those that are over (a person may have skipped one). Served by `action_runs_in_order` and the primary key of connections. What only deliveries need is only looked for for them. */
export function loadRuns(
  sql: ReservedSql,
  shard: number,
  claims: readonly Claimed[],
): PendingQuery<(Row & RunRow)[]> {
  const { first, last } = spanOf(claims.map((c) => c.transitionId));
  return sql`
    select r.transition_id, r.id, r.job_id, r.ordinal, r.pointer, r.action_type, r.name, r.connection_id, r.invoke_id,
      r.status, r.attempts, r.scope, r.message_id,
      coalesce(c.version, case when r.message_id is not null then (
        select version from endpoints where shard = ${shard} and tenant_id = r.tenant_id and id = r.connection_id)
      end) as connection_version,
      case when r.message_id is not null then (
        select version from notification_rules where shard = ${shard} and tenant_id = r.tenant_id)
      end as rules_version,
      case when r.message_id is not null then exists (
        select from endpoints where shard = ${shard} and tenant_id = r.tenant_id and id = r.connection_id)
      else false end as to_endpoint
    from unnest(${claims.map((c) => c.tenantId)}::uuid[], ${claims.map((c) => c.jobId)}::uuid[],
      ${claims.map((c) => c.transitionId)}::uuid[], ${claims.map((c) => c.nextOrdinal)}::smallint[])
      as claim(tenant_id, job_id, transition_id, next_ordinal)
    cross join lateral (
      select * from action_runs
      where shard = ${shard} and tenant_id = claim.tenant_id and job_id = claim.job_id
        and transition_id = claim.transition_id and transition_id between ${first} and ${last}
        and ordinal >= claim.next_ordinal
        and status in ('QUEUED', 'RETRYING', 'UNKNOWN')
      order by ordinal offset 0) r
    left join lateral (
      select version from connections
      where shard = ${shard} and tenant_id = r.tenant_id and id = r.connection_id limit 1) c on true
    order by r.transition_id, r.ordinal`;
}
