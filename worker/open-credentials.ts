// The one step before sending that needs a key. What is remembered of a connection may be under a key that rotation has
// replaced and deleted since, so a blob whose key is gone is read again before it counts as lost.
import type { SealedConnection } from '../db/statements/worker-connections.ts';
import { isPawlError } from '../engine/errors.ts';
import type { JsonObject } from '../engine/json.ts';
import { KEY_GONE } from '../vault/data-keys.ts';
import type { Decrypt } from '../vault/decrypt.ts';

/**
 * @param reread the connection as it is stored now; null: it is gone
 * @throws what `decrypt` throws
 */
export async function openCredentials(
  tenantId: string,
  connection: SealedConnection,
  { decrypt, reread }: { decrypt: Decrypt; reread(): Promise<SealedConnection | null> },
): Promise<JsonObject> {
  const open = ({ id: connectionId, provider, allowedOrigin, credentials }: SealedConnection) =>
    decrypt(credentials, { tenantId, connectionId, provider, allowedOrigin });
  try {
    return await open(connection);
  } catch (error) {
    if (!isPawlError(error) || !KEY_GONE.has(error.code)) throw error;
    const now = await reread();
    if (now === null || now.credentials.equals(connection.credentials)) throw error;
    return open(now);
  }
}
