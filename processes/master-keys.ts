// The master keys of the configuration, and the check at boot that they open what the database holds.
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Database } from '../db/client.ts';
import { insertKey, listKeys } from '../db/statements/encryption-keys.ts';
import { sampleByWrappingKey, type WrappedRow } from '../db/statements/tenant-keys.ts';
import { createTenantKeyStore } from '../db/tenant-keys.ts';
import type { Tenants } from '../db/tenants.ts';
import { createSender } from '../egress/sender.ts';
import { isPawlError, PawlError } from '../engine/errors.ts';
import { createAwsKms } from '../vault/aws-kms.ts';
import { createDataKeys, type DataKeys, makeDataKey } from '../vault/data-keys.ts';
import { readOrCreateDevKey } from '../vault/dev-key.ts';
import { readKeyFile } from '../vault/key-file.ts';
import { type KeyRing, parseKeyRing } from '../vault/key-ring.ts';
import { createMasterKeys, isKmsKeyId, type MasterKeys } from '../vault/master-keys.ts';
import { describeUse, masterKeysInUse } from './key-usage.ts';
import { operatorsPolicy } from './operators-policy.ts';
import { USER_AGENT } from './version.ts';

export interface OpenedKeys {
  master: MasterKeys;
  /** null: a key service alone. */
  ring: KeyRing | null;
  /** Whether a key service is configured. */
  service: boolean;
  close(): Promise<void>;
}

/** Where the key of development is kept, beside the embedded Postgres. */
export const developmentKeyFile = (directory: string): string => join(directory, 'encryption-key');

/**
 * The master keys of the configuration. Without DATABASE_URL and without a key, the key of development: made once and
 * kept in `config.directory`. Asks nothing of a key service yet.
 * @param onMade told the file when the key was made just now
 * @throws PawlError InvalidInput `encryption_key_invalid`, Corrupt `dev_key_unreadable`
 */
export async function openMasterKeys(
  config: Config,
  onMade: (path: string) => void = () => {},
): Promise<OpenedKeys> {
  const ring = await openRing(config, onMade);
  const { kmsKey, kmsEndpoint } = config.encryption;
  if (kmsKey === undefined) {
    return { master: createMasterKeys(ring, null), ring, service: false, close: async () => {} };
  }
  const sender = createSender({ policy: operatorsPolicy(kmsEndpoint), userAgent: USER_AGENT });
  const endpoint = kmsEndpoint === undefined ? {} : { endpoint: kmsEndpoint };
  const kms = await createAwsKms({ key: kmsKey, ...endpoint, send: sender.send });
  return { master: createMasterKeys(ring, kms), ring, service: true, close: sender.close };
}

/** The data keys of `db`'s tenants, as any process has them. */
export const dataKeysOf = (db: Database, tenants: Tenants, { master, ring }: OpenedKeys): DataKeys =>
  createDataKeys({ master, ring, store: createTenantKeyStore(db, tenants) });

/** Whether what is under this master key can be unwrapped. */
export const isConfigured = (
  { ring, service }: Pick<OpenedKeys, 'ring' | 'service'>,
  keyId: string,
): boolean => (isKmsKeyId(keyId) ? service : (ring?.keyIds.includes(keyId) ?? false));

async function openRing(
  { encryption, development, directory }: Config,
  onMade: (path: string) => void,
): Promise<KeyRing | null> {
  const { encryptionKey, encryptionKeys, encryptionKeysFile: file, encryptionKeyId, kmsKey } = encryption;
  const besideService = kmsKey !== undefined;
  if (encryptionKey || encryptionKeys || file) {
    const held = file === undefined ? undefined : await readKeyFile(file);
    return parseKeyRing({
      encryptionKey,
      encryptionKeys,
      encryptionKeysFile: held,
      encryptionKeyId,
      besideService,
    });
  }
  if (besideService && encryptionKeyId === undefined) return null;
  if (!development) return parseKeyRing(encryption);
  const path = developmentKeyFile(directory);
  const { hex, created } = await readOrCreateDevKey(path);
  if (created) onMade(path);
  return parseKeyRing({ encryptionKey: hex });
}

/**
 * Compares the ring with what the database knows of its keys, tells it of new ones, and has a data key of each master
 * key unwrapped. With a key service, a key is wrapped too: what it lacks shows now and not at the first secret.
 * @param db as role `pawl_operator`
 * @throws PawlError Corrupt `key_mismatch`: another key stands under a known id; `key_missing`: something is stored
 *   under a key that is not configured; and as `MasterKeys` does
 */
export async function checkMasterKeys(db: Database, { master, ring, service }: OpenedKeys): Promise<void> {
  const known = new Map((await listKeys(db.sql)).map(({ keyId, fingerprint }) => [keyId, fingerprint]));
  const held = ring?.keyIds ?? [];
  const changed = held.filter((keyId) => known.has(keyId) && known.get(keyId) !== ring?.fingerprint(keyId));
  if (changed.length > 0) {
    throw new PawlError(
      'Corrupt',
      'key_mismatch',
      `Under the id ${changed.join(', ')} this database knows another encryption key. ` +
        'Give that key back its id; a new key needs a new id (ENCRYPTION_KEYS, ENCRYPTION_KEY_ID).',
      { details: { key_ids: changed } },
    );
  }
  const missing = (await masterKeysInUse(db)).filter(({ keyId }) => !isConfigured({ ring, service }, keyId));
  if (missing.length > 0) {
    const which = missing.map((use) => `${use.keyId} (${describeUse(use)})`).join(', ');
    throw new PawlError(
      'Corrupt',
      'key_missing',
      `Secrets are stored under master keys that are not configured: ${which}. ` +
        'Add them to ENCRYPTION_KEYS, or set ENCRYPTION_KMS_KEY.',
      { details: { key_ids: missing.map(({ keyId }) => keyId) } },
    );
  }
  const samples = Map.groupBy(await sampleByWrappingKey(db.sql), ({ wrappingKeyId }) => wrappingKeyId);
  for (const underOne of samples.values()) await unwrapAny(master, underOne);
  if (service) await makeDataKey(master, NO_TENANT, 1);
  for (const keyId of held) {
    if (!known.has(keyId)) await insertKey(db.sql, { keyId, fingerprint: ring?.fingerprint(keyId) ?? '' });
  }
}

/** One that was damaged says nothing of the master key, and is its tenant's trouble alone. @throws when none can be unwrapped */
async function unwrapAny(master: MasterKeys, rows: readonly WrappedRow[]): Promise<void> {
  let why: unknown;
  for (const { tenantId, id, wrapped, wrappingKeyId } of rows) {
    try {
      (await master.unwrap({ wrapped, wrappingKeyId }, { tenantId, dataKeyId: id })).fill(0);
      return;
    } catch (error) {
      if (!isPawlError(error) || error.kind !== 'Corrupt') throw error;
      why ??= error;
    }
  }
  throw why;
}

const NO_TENANT = '00000000-0000-0000-0000-000000000000';
