// What people and programs do to settings, as the event log keeps it.
import type { Context } from 'hono';
import type { PendingQuery, ReservedSql, Row } from '../db/client.ts';
import { appendLog } from '../db/statements/append-log.ts';
import type { JsonObject } from '../engine/json.ts';
import type { ApiDeps, AppEnv } from './deps.ts';

/** Writes that the caller of `c` did `what` (`created`) to the thing of that id, in the transaction of `sql`. */
export type Audit = (
  sql: ReservedSql,
  c: Context<AppEnv>,
  id: string,
  what: string,
  data: JsonObject,
) => PendingQuery<Row[]>;

/** @param subject what is acted on: entries are of kind `<subject>.<what>` */
export function auditOf({ ids }: Pick<ApiDeps, 'ids'>, subject: string): Audit {
  return (sql, c, id, what, data) => {
    const { tenant, principal } = c.var;
    const entry = { tenantId: tenant.id, subjectId: id, id: ids.next(), actor: principal.actor };
    return appendLog(sql, tenant.shard, { ...entry, kind: `${subject}.${what}`, data });
  };
}
