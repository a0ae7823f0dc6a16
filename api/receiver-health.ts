// What a person says of the receiver of a connection or an endpoint, for the transaction in which it is said.
import type { ReservedSql } from '../db/client.ts';
import { closeCircuit, type HealthRef, liftPause } from '../db/statements/connection-health.ts';
import type { ApiDeps, AppEnv } from './deps.ts';

/** Each answers no row where it says nothing new. */
export interface ReceiverHealth {
  closeCircuit(sql: ReservedSql): ReturnType<typeof closeCircuit>;
  liftPause(sql: ReservedSql): ReturnType<typeof liftPause>;
}

export function healthOf(
  { ids }: Pick<ApiDeps, 'ids'>,
  { tenant, principal }: Pick<AppEnv['Variables'], 'tenant' | 'principal'>,
  receiver: Pick<HealthRef, 'connectionId' | 'toEndpoint'>,
): ReceiverHealth {
  const of = { tenantId: tenant.id, ...receiver };
  const entry = () => ({ entryId: ids.next(), actor: principal.actor });
  return {
    closeCircuit: (sql) => closeCircuit(sql, tenant.shard, of, entry()),
    liftPause: (sql) => liftPause(sql, tenant.shard, of, entry()),
  };
}
