// Master keys held by the process itself: parsed once from configuration, held as KeyObjects, never printable.
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { PawlError, type Problem } from '../engine/errors.ts';
import { isKeyId } from './blob.ts';

/** The variables as they stand in the environment, and what the file holds that one of them names. */
export interface KeyRingSource {
  /** `ENCRYPTION_KEY`: one key, 64 hexadecimal characters. */
  encryptionKey?: string | undefined;
  /** `ENCRYPTION_KEYS`: `kid:hex,kid2:hex`. */
  encryptionKeys?: string | undefined;
  /** What the file of `ENCRYPTION_KEYS_FILE` holds: as `ENCRYPTION_KEYS`, entries on lines of their own too. */
  encryptionKeysFile?: string | undefined;
  /** `ENCRYPTION_KEY_ID`: the id of the key that encrypts. Required beside `ENCRYPTION_KEYS` and its file. */
  encryptionKeyId?: string | undefined;
  /** A key service encrypts, unless `encryptionKeyId` names a key of the ring. */
  besideService?: boolean | undefined;
}

export interface KeyRing {
  /** The id of the key that wraps from now on; null: none does, as a key service wraps. */
  readonly currentKeyId: string | null;
  /** Every id the ring can unwrap with, the current one first. */
  readonly keyIds: readonly string[];
  /** The key of that id, or undefined when it is not in the ring. */
  key(keyId: string): KeyObject | undefined;
  /**
   * 32 hexadecimal characters that tell two keys apart and say nothing of either (HMAC-SHA-256 under the key), kept
   * in the database so that a start with another key under a known id is noticed. Throws NotFound `key_missing`.
   */
  fingerprint(keyId: string): string;
}

/** The id a lone `ENCRYPTION_KEY` goes by, unless `ENCRYPTION_KEY_ID` names it; use it when moving to a ring. */
const DEFAULT_KEY_ID = 'default';

const KEY_HEX = /^[0-9a-fA-F]{64}$/;
const ZERO_KEY = /^0+$/;
// Separates this use of the key from encryption; 16 of 32 bytes are ample to tell keys of one ring apart.
const FINGERPRINT_LABEL = 'pawl key fingerprint v1';
const FINGERPRINT_HEX_LENGTH = 32;

interface NamedKey {
  keyId: string;
  hex: string;
  pointer: string;
}

/**
 * Parses the variables into a ring. Throws one InvalidInput `encryption_key_invalid` with every problem at once, each
 * pointing at its variable (`/ENCRYPTION_KEY`); no message repeats any part of a key.
 */
export function parseKeyRing(source: KeyRingSource): KeyRing {
  const problems: Problem[] = [];
  const named = readKeys(source, problems);
  const currentKeyId = readCurrentKeyId(source, named, problems);
  checkKeys(named, problems);
  if (problems.length > 0) {
    throw new PawlError('InvalidInput', 'encryption_key_invalid', 'The encryption key is not usable.', {
      problems,
    });
  }
  return createKeyRing(named, currentKeyId);
}

function readKeys(source: KeyRingSource, problems: Problem[]): NamedKey[] {
  const single = source.encryptionKey?.trim() ?? '';
  const { ring, pointer } = ringOf(source);
  if (single === '' && ring === '' && source.encryptionKeysFile !== undefined) {
    report(problems, pointer, 'encryption_key_missing', 'names a file that holds no key.');
    return [];
  }
  if (single === '' && ring === '') {
    report(
      problems,
      '/ENCRYPTION_KEY',
      'encryption_key_missing',
      'is not set: credentials need a key of 64 hexadecimal characters (`openssl rand -hex 32`).',
    );
    return [];
  }
  if (single !== '' && ring !== '') {
    report(
      problems,
      pointer,
      'encryption_key_ambiguous',
      `is set together with ENCRYPTION_KEY: move that key into the ring, and keep only ${pointer.slice(1)}.`,
    );
  }
  if (isGiven(source.encryptionKeys) && isGiven(source.encryptionKeysFile)) {
    report(problems, pointer, 'encryption_key_ambiguous', 'is set together with ENCRYPTION_KEYS: keep one.');
  }
  if (ring === '') {
    const keyId = source.encryptionKeyId?.trim() || DEFAULT_KEY_ID;
    return [{ keyId, hex: single, pointer: '/ENCRYPTION_KEY' }];
  }
  return ring
    .split(/[,\n]/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .flatMap((entry, index) => readEntry(entry, index, pointer, problems));
}

const isGiven = (text: string | undefined): boolean => (text?.trim() ?? '') !== '';

/** The several keys, and the variable that problems with them point at. */
const ringOf = ({ encryptionKeys, encryptionKeysFile }: KeyRingSource) =>
  encryptionKeysFile !== undefined
    ? { ring: encryptionKeysFile.trim(), pointer: '/ENCRYPTION_KEYS_FILE' }
    : { ring: encryptionKeys?.trim() ?? '', pointer: '/ENCRYPTION_KEYS' };

function readEntry(entry: string, index: number, pointer: string, problems: Problem[]): NamedKey[] {
  const colon = entry.indexOf(':');
  if (colon < 0) {
    // Not quoted back: an entry without an id is most likely a bare key.
    report(
      problems,
      pointer,
      'encryption_key_malformed',
      `entry ${index + 1} is not \`key id:64 hexadecimal characters\`.`,
    );
    return [];
  }
  return [{ keyId: entry.slice(0, colon).trim(), hex: entry.slice(colon + 1).trim(), pointer }];
}

function readCurrentKeyId(
  source: KeyRingSource,
  named: readonly NamedKey[],
  problems: Problem[],
): string | null {
  const keyId = source.encryptionKeyId?.trim() ?? '';
  const { ring, pointer } = ringOf(source);
  if (keyId === '' && source.besideService) return null;
  if (ring === '') return keyId || DEFAULT_KEY_ID;
  if (keyId === '') {
    report(
      problems,
      '/ENCRYPTION_KEY_ID',
      'encryption_key_id_missing',
      `is not set: name the key of ${pointer.slice(1)} that encrypts from now on.`,
    );
  } else if (!named.some((key) => key.keyId === keyId)) {
    report(
      problems,
      '/ENCRYPTION_KEY_ID',
      'encryption_key_id_unknown',
      `names no key of ${pointer.slice(1)}.`,
    );
  }
  return keyId;
}

function checkKeys(named: readonly NamedKey[], problems: Problem[]): void {
  const ids = new Set<string>();
  const keys = new Set<string>();
  for (const [index, { keyId, hex, pointer }] of named.entries()) {
    const which = pointer !== '/ENCRYPTION_KEY' ? `entry ${index + 1}: ` : '';
    const idPointer = pointer === '/ENCRYPTION_KEY' ? '/ENCRYPTION_KEY_ID' : pointer;
    if (!isKeyId(keyId)) {
      report(
        problems,
        idPointer,
        'encryption_key_id_invalid',
        `${which}a key id is 1 to 64 letters, digits, dots, dashes or underscores.`,
      );
    } else if (ids.has(keyId)) {
      report(problems, pointer, 'encryption_key_id_duplicate', `${which}the key id is used twice.`);
    }
    ids.add(keyId);

    const key = hex.toLowerCase();
    if (!KEY_HEX.test(hex)) {
      report(
        problems,
        pointer,
        'encryption_key_malformed',
        `${which}a key is exactly 64 hexadecimal characters (32 bytes); this one has ${hex.length} characters${/^[0-9a-fA-F]*$/.test(hex) ? '' : ', not all hexadecimal'}.`,
      );
    } else if (ZERO_KEY.test(hex)) {
      report(problems, pointer, 'encryption_key_zero', `${which}the key is all zeros.`);
    } else if (keys.has(key)) {
      report(problems, pointer, 'encryption_key_duplicate', `${which}the same key stands under two ids.`);
    }
    keys.add(key);
  }
}

function createKeyRing(named: readonly NamedKey[], currentKeyId: string | null): KeyRing {
  // Imported once: building a KeyObject for every call was 15 % of a worker's CPU.
  const keys = new Map(named.map(({ keyId, hex }) => [keyId, createSecretKey(Buffer.from(hex, 'hex'))]));
  const keyIds = [...keys.keys()].sort((a, b) => Number(b === currentKeyId) - Number(a === currentKeyId));
  return Object.freeze({
    currentKeyId,
    keyIds: Object.freeze(keyIds),
    key: (keyId: string) => keys.get(keyId),
    fingerprint(keyId: string): string {
      const key = keys.get(keyId);
      if (key === undefined)
        throw new PawlError('NotFound', 'key_missing', 'The key ring has no key of that id.');
      return createHmac('sha256', key)
        .update(FINGERPRINT_LABEL)
        .digest('hex')
        .slice(0, FINGERPRINT_HEX_LENGTH);
    },
  });
}

function report(problems: Problem[], pointer: string, code: string, what: string): void {
  problems.push({ pointer, code, message: `${pointer.slice(1)} ${what}`, severity: 'error' });
}
