// Writes one entry of the audit log that belongs to no transition. In a request, `data` says from which address it came.
import type { JsonObject } from '../../engine/json.ts';
import { currentCaller } from '../caller.ts';
import type { PendingQuery, ReservedSql, Row } from '../client.ts';
import { jsonText } from '../json-text.ts';

export interface LogEntry {
  tenantId: string;
  subjectId: string;
  id: string;
  kind: string;
  actor: string;
  data: JsonObject;
}

export function appendLog(sql: ReservedSql, shard: number, entry: LogEntry): PendingQuery<Row[]> {
  const data = { ...currentCaller(), ...entry.data };
  return sql`
    insert into event_log (shard, tenant_id, subject_id, id, kind, actor, data)
    values (${shard}, ${entry.tenantId}, ${entry.subjectId}, ${entry.id}, ${entry.kind}, ${entry.actor},
      ${jsonText(data)}::text::jsonb)`;
}
