// Triggers: what is to happen when an event of a source arrives.
import type { JsonObject } from '../../engine/json.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { jsonText } from '../json-text.ts';

export interface TriggerRow {
  id: string;
  sourceId: string;
  name: string;
  eventTypes: string[];
  filter: string | null;
  action: JsonObject;
  enabled: boolean;
  position: number;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

interface TriggerRef {
  tenantId: string;
  id: string;
}

/** Without a position it goes behind the others. @returns nothing when the source has a trigger of that name */
export function insertTrigger(
  sql: ReservedSql,
  shard: number,
  made: TriggerRef & {
    sourceId: string;
    name: string;
    eventTypes: readonly string[];
    filter: string | null;
    action: JsonObject;
    enabled: boolean;
    position: number | null;
  },
): PendingQuery<(Row & TriggerRow)[]> {
  return sql`
    insert into triggers (shard, tenant_id, id, source_id, name, event_types, filter, action, enabled, position)
    select ${shard}, ${made.tenantId}, ${made.id}, ${made.sourceId}, ${made.name},
      ${jsonText(made.eventTypes)}::text::jsonb, ${made.filter}, ${jsonText(made.action)}::text::jsonb, ${made.enabled},
      coalesce(${made.position}::integer, max(position) + 1, 1)
    from triggers where shard = ${shard} and tenant_id = ${made.tenantId} and source_id = ${made.sourceId}
    on conflict on constraint triggers_name_once do nothing
    returning ${columns(sql)}`;
}

/** In the order they act, source by source. A tenant has tens of them, so the list has no pages. */
export function listTriggers(
  sql: ReservedSql,
  shard: number,
  { tenantId, sourceId }: { tenantId: string; sourceId: string | null },
): PendingQuery<(Row & TriggerRow)[]> {
  return sql`
    select ${columns(sql)} from triggers
    where shard = ${shard} and tenant_id = ${tenantId}
      ${sourceId === null ? sql`` : sql`and source_id = ${sourceId}`}
    order by source_id, position, id`;
}

export function findTrigger(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: TriggerRef,
): PendingQuery<(Row & TriggerRow)[]> {
  return sql`
    select ${columns(sql)} from triggers where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}`;
}

/** As `findTrigger`, and locks the row until the transaction ends. */
export function lockTrigger(
  sql: ReservedSql,
  shard: number,
  ref: TriggerRef,
): PendingQuery<(Row & TriggerRow)[]> {
  return sql`${findTrigger(sql, shard, ref)} for update`;
}

/** What a change leaves out stays. */
export interface TriggerChange {
  name: string | null;
  eventTypes: readonly string[] | null;
  /** Undefined: stays; null: no condition any more. */
  filter: string | null | undefined;
  action: JsonObject | null;
  enabled: boolean | null;
  position: number | null;
}

/** Violates `triggers_name_once` when the source has another trigger of that name. */
export function updateTrigger(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: TriggerRef,
  { name, eventTypes, filter, action, enabled, position }: TriggerChange,
): PendingQuery<(Row & TriggerRow)[]> {
  return sql`
    update triggers set version = version + 1, updated_at = now()
      ${name === null ? sql`` : sql`, name = ${name}`}
      ${eventTypes === null ? sql`` : sql`, event_types = ${jsonText(eventTypes)}::text::jsonb`}
      ${filter === undefined ? sql`` : sql`, filter = ${filter}`}
      ${action === null ? sql`` : sql`, action = ${jsonText(action)}::text::jsonb`}
      ${enabled === null ? sql`` : sql`, enabled = ${enabled}`}
      ${position === null ? sql`` : sql`, position = ${position}`}
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id}
    returning ${columns(sql)}`;
}

export function deleteTrigger(
  sql: ReservedSql,
  shard: number,
  { tenantId, id }: TriggerRef,
): PendingQuery<(Row & { id: string })[]> {
  return sql`
    delete from triggers where shard = ${shard} and tenant_id = ${tenantId} and id = ${id} returning id`;
}

/** The enabled triggers of several sources, in the order they act. */
export function loadTriggers(
  sql: ReservedSql,
  shard: number,
  { tenantIds, sourceIds }: { tenantIds: readonly string[]; sourceIds: readonly string[] },
): PendingQuery<(Row & TriggerRow)[]> {
  return sql`
    select ${columns(sql)} from triggers
    where shard = ${shard} and tenant_id = any (${tenantIds as string[]}::uuid[])
      and source_id = any (${sourceIds as string[]}::uuid[]) and enabled
    order by source_id, position, id`;
}

function columns(sql: ReservedSql): PendingQuery<Row[]> {
  return sql`id, source_id, name, event_types, filter, action, enabled, position, version, created_at, updated_at`;
}
