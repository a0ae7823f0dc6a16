// Writes into the audit what people do at the door: in the log of each tenant they are a member of, as the sign-in itself
// belongs to none.
import type { Database } from '../../db/client.ts';
import type { Ids } from '../../db/new-id.ts';
import type { SignInStore } from '../../db/sign-in-store.ts';
import { appendLog } from '../../db/statements/append-log.ts';
import type { JsonObject } from '../../engine/json.ts';

export type SignInEvent = 'session.created' | 'session.ended' | 'session.refused' | 'password.changed';

/** @param address where the request came from, as far as that is known */
export type RecordSignIn = (
  event: SignInEvent,
  userId: string,
  address: string | null,
  data?: JsonObject,
) => Promise<void>;

export function createSignInAudit(deps: { db: Database; store: SignInStore; ids: Ids }): RecordSignIn {
  const { db, store, ids } = deps;
  return async (event, userId, address, data = {}) => {
    // Whoever was refused may have been anybody.
    const actor = event === 'session.refused' ? 'anonymous' : `user:${userId}`;
    for (const { id: tenantId, shard } of await store.tenantsOf(userId)) {
      const entry = { tenantId, subjectId: userId, id: ids.next(), kind: event, actor };
      await db.once([tenantId], (sql) =>
        appendLog(sql, db.shardOf({ tenantId, shard }), { ...entry, data: { ...data, address } }),
      );
    }
  };
}
