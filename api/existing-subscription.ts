// A subscription as requests name it, and who may see and change it.
import type { ReservedSql } from '../db/client.ts';
import { findSubscription, type SubscriptionRow } from '../db/statements/subscriptions.ts';
import type { Tenant } from '../db/tenants.ts';
import { mayDo } from './auth/decide-access.ts';
import type { Principal } from './auth/principal.ts';
import { forbidden, notFound } from './routing.ts';

/** @throws PawlError `subscription_not_found`, also when `principal` may not see it */
export async function existingSubscription(
  sql: ReservedSql,
  tenant: Tenant,
  principal: Principal,
  id: string,
): Promise<SubscriptionRow> {
  const [row] = await findSubscription(sql, tenant.shard, { tenantId: tenant.id, id });
  const mayRead = row && mayDo(principal, 'subscription.read', row.connectionId ?? undefined);
  if (!row || !mayRead) throw notFound('subscription');
  return row;
}

/**
 * To an endpoint it takes a role in the organisation; to a connection a role on it will do. The routes ask for `job.read`
 * as well, because messages are made of jobs: else the Owner of a connection could have all of them sent to himself.
 * @throws PawlError `forbidden`
 */
export function requireSubscriptionWrite(
  principal: Principal,
  { connectionId }: Pick<SubscriptionRow, 'connectionId'>,
): void {
  if (!mayDo(principal, 'subscription.write', connectionId ?? undefined))
    throw forbidden('subscription.write');
}
