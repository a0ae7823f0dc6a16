// A connection that a request names by its id.
import type { Database } from '../db/client.ts';
import { type ConnectionRow, findConnection } from '../db/statements/connections.ts';
import type { Tenant } from '../db/tenants.ts';
import { notFound } from './routing.ts';

/** @throws PawlError `connection_not_found` */
export async function existingConnection(db: Database, tenant: Tenant, id: string): Promise<ConnectionRow> {
  const of = { tenantId: tenant.id, id };
  const [row] = await db.once<ConnectionRow[]>([tenant.id], (sql) => findConnection(sql, tenant.shard, of));
  if (!row) throw notFound('connection');
  return row;
}
