// For somebody who forgot their password: the operator gives them another one, as Pawl sends no mail.
import { randomBytes } from 'node:crypto';
import { hashPassword } from 'better-auth/crypto';
import type { Database } from '../../db/client.ts';
import { newId } from '../../db/new-id.ts';
import type { SignInStore } from '../../db/sign-in-store.ts';
import { appendLog } from '../../db/statements/append-log.ts';
import { PawlError } from '../../engine/errors.ts';

/** Base64url: 24 characters. */
const PASSWORD_BYTES = 18;

/**
 * Ends every session of the user.
 * @param db as role `pawl_operator`
 * @returns the new password, for the only time
 * @throws PawlError NotFound `user_not_found`: nobody has a password under this address
 */
export async function resetPassword(db: Database, store: SignInStore, email: string): Promise<string> {
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  const userId = await store.setPassword(email, await hashPassword(password));
  if (userId === null) {
    throw new PawlError('NotFound', 'user_not_found', `Nobody signs in by a password as ${email}.`);
  }
  for (const { id: tenantId, shard } of await store.tenantsOf(userId)) {
    const entry = { tenantId, subjectId: userId, id: newId(), kind: 'password.reset', actor: 'operator' };
    await db.once([tenantId], (sql) =>
      appendLog(sql, db.shardOf({ tenantId, shard }), { ...entry, data: {} }),
    );
  }
  return password;
}
