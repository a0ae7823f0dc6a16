// What workers read and say about connections: ciphertext to open just in time, test calls to make, refused credentials.
import type { Json, JsonObject } from '../../engine/json.ts';
import type { Database, PendingQuery, ReservedSql, Row, Sql } from '../client.ts';
import { jsonText } from '../json-text.ts';
import { type ConnectionHealth, healthColumns } from './connection-health.ts';

export interface SealedConnection {
  id: string;
  provider: string;
  connectionName: string;
  credentials: Buffer;
  allowedOrigin: string;
  settings: JsonObject;
  enabled: boolean;
  version: number;
}

/** With what workers share about its receiver; `circuit` is null when there was never anything to share. */
export function loadConnection(
  sql: ReservedSql,
  shard: number,
  tenantId: string,
  id: string,
): PendingQuery<(Row & SealedConnection & (ConnectionHealth | { circuit: null }))[]> {
  return sql`
    select c.id, c.provider, c.connection_name, c.credentials, c.allowed_origin, c.settings, c.enabled, c.version,
      ${healthColumns(sql)}
    from connections c
    left join connection_health h on h.shard = c.shard and h.tenant_id = c.tenant_id and h.connection_id = c.id
    where c.shard = ${shard} and c.tenant_id = ${tenantId} and c.id = ${id}`;
}

/** The provider refused this credential: shown on the connection until it is rotated or a test succeeds. */
export function flagConnection(
  sql: ReservedSql,
  shard: number,
  { tenantId, id, version, flag }: { tenantId: string; id: string; version: number; flag: string },
): PendingQuery<Row[]> {
  return sql`
    update connections set flag = ${flag}, flagged_at = now()
    where shard = ${shard} and tenant_id = ${tenantId} and id = ${id} and version = ${version}
      and flag is distinct from ${flag}`;
}

export interface WaitingTest {
  shard: number;
  tenantId: string;
  id: string;
  connectionId: string;
}

/** Test calls nobody has taken, or whose taker has said nothing for a minute. Over all shards: there are few. */
export async function takeTests(db: Database, limit: number): Promise<WaitingTest[]> {
  const waiting = await db.everyShard<(Row & WaitingTest)[]>((sql) => lookForTests(sql, limit));
  const taken = await Promise.all(waiting.slice(0, limit).map((test) => takeTest(db.sql, test)));
  return taken.flat();
}

/** The look of `takeTests`. */
export function lookForTests(sql: Sql, limit: number): PendingQuery<(Row & WaitingTest)[]> {
  return sql`
    /* every shard: due work */
    select t.shard, t.tenant_id, t.id, t.connection_id from connection_tests t where ${isWaiting(sql)}
    order by t.requested_at limit ${limit}`;
}

/** Empty when another worker was first. */
function takeTest(sql: Sql, { shard, tenantId, id }: WaitingTest): PendingQuery<(Row & WaitingTest)[]> {
  return sql`
    update connection_tests t set taken_at = now()
    where t.shard = ${shard} and t.tenant_id = ${tenantId} and t.id = ${id} and ${isWaiting(sql)}
    returning t.shard, t.tenant_id, t.id, t.connection_id`;
}

const isWaiting = (sql: Sql) =>
  sql`t.answered_at is null and (t.taken_at is null or t.taken_at < now() - interval '1 minute')`;

/**
 * @param version of the connection that was tested: what was rotated or changed meanwhile does not get an answer that
 * others earned. Null where there is no connection any more.
 */
export function answerTest(
  sql: ReservedSql,
  test: WaitingTest,
  { version, result }: { version: number | null; result: JsonObject & { ok: boolean } },
): PendingQuery<Row[]> {
  const text: string = jsonText(result satisfies Json);
  return sql`
    with answered as (
      update connection_tests set answered_at = now(), result = ${text}::text::jsonb
      where shard = ${test.shard} and tenant_id = ${test.tenantId} and id = ${test.id})
    update connections set last_test = ${text}::text::jsonb || jsonb_build_object('at', now()),
      flag = case when ${result.ok} then null else flag end,
      flagged_at = case when ${result.ok} then null else flagged_at end
    where shard = ${test.shard} and tenant_id = ${test.tenantId} and id = ${test.connectionId}
      and version = ${version}`;
}
