// The keys credentials are stored under, and the check at boot that they are the ones the database knows.
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Database } from '../db/client.ts';
import { insertKey, listKeys, listKeysInUse } from '../db/statements/encryption-keys.ts';
import { PawlError } from '../engine/errors.ts';
import { readOrCreateDevKey } from '../vault/dev-key.ts';
import { type KeyRing, parseKeyRing } from '../vault/key-ring.ts';

/** Where the key of development is kept, beside the embedded Postgres. */
export const developmentKeyFile = (directory: string): string => join(directory, 'encryption-key');

/**
 * The key ring of the configuration. Without DATABASE_URL and without a key, the key of development: made once and
 * kept in `config.directory`.
 * @param onMade told the file when the key was made just now
 * @throws PawlError InvalidInput `encryption_key_invalid`, Corrupt `dev_key_unreadable`
 */
export async function openKeyRing(
  config: Config,
  onMade: (path: string) => void = () => {},
): Promise<KeyRing> {
  const { encryption, development, directory } = config;
  if (!development || encryption.encryptionKey || encryption.encryptionKeys) return parseKeyRing(encryption);
  const path = developmentKeyFile(directory);
  const { hex, created } = await readOrCreateDevKey(path);
  if (created) onMade(path);
  return parseKeyRing({ encryptionKey: hex });
}

/**
 * Compares the ring with what the database knows of its keys, and tells it of new ones.
 * @param db as role `pawl_operator`
 * @throws PawlError Corrupt `key_mismatch`: another key stands under a known id; `key_missing`: connections are stored
 *   under a key that the ring lacks
 */
export async function checkKeyRing(db: Database, keyRing: KeyRing): Promise<void> {
  const known = new Map((await listKeys(db.sql)).map(({ keyId, fingerprint }) => [keyId, fingerprint]));
  const changed = keyRing.keyIds.filter(
    (keyId) => known.has(keyId) && known.get(keyId) !== keyRing.fingerprint(keyId),
  );
  if (changed.length > 0) {
    throw new PawlError(
      'Corrupt',
      'key_mismatch',
      `Under the id ${changed.join(', ')} this database knows another encryption key. ` +
        'Give that key back its id; a new key needs a new id (ENCRYPTION_KEYS, ENCRYPTION_KEY_ID).',
      { details: { key_ids: changed } },
    );
  }
  const missing = (await listKeysInUse(db.sql)).filter(({ keyId }) => !keyRing.keyIds.includes(keyId));
  if (missing.length > 0) {
    const which = missing.map(({ keyId, connections }) => `${keyId} (${connections} connections)`).join(', ');
    throw new PawlError(
      'Corrupt',
      'key_missing',
      `Connections are stored under keys that are not configured: ${which}. Add them to ENCRYPTION_KEYS.`,
      { details: { key_ids: missing.map(({ keyId }) => keyId) } },
    );
  }
  for (const keyId of keyRing.keyIds) {
    if (!known.has(keyId)) await insertKey(db.sql, { keyId, fingerprint: keyRing.fingerprint(keyId) });
  }
}
