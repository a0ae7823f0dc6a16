// The key of the embedded development mode: made once, kept beside its database, readable by its owner alone.
import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PawlError } from '../engine/errors.ts';

export interface DevKey {
  /** 64 hexadecimal characters, as `ENCRYPTION_KEY` takes them. */
  hex: string;
  /** True when this call made the key: the one moment to tell the operator. */
  created: boolean;
}

const KEY_BYTES = 32;
const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_DIRECTORY = 0o700;
const OTHERS_MASK = 0o077;

/**
 * Reads the key file at `path`, or makes it with mode 0600. Safe when API and worker start at once: one of them makes
 * it, both read the same key. Throws Corrupt `dev_key_unreadable` when the file holds no key; it is never replaced,
 * because what is stored under it would be lost.
 */
export async function readOrCreateDevKey(path: string): Promise<DevKey> {
  const found = await readDevKey(path);
  if (found !== null) return { hex: found, created: false };

  await mkdir(dirname(path), { recursive: true, mode: OWNER_ONLY_DIRECTORY });
  const hex = randomBytes(KEY_BYTES).toString('hex');
  // Written whole under another name and linked: a reader never sees half a key, and `link` refuses to replace one.
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, `${hex}\n`, { mode: OWNER_ONLY_FILE, flag: 'wx' });
  try {
    await link(draft, path);
    return { hex, created: true };
  } catch (error) {
    const other = await readDevKey(path);
    if (other === null) throw error;
    return { hex: other, created: false };
  } finally {
    await unlink(draft);
  }
}

async function readDevKey(path: string): Promise<string | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const hex = text.trim();
  if (!/^[0-9a-f]{64}$/.test(hex)) {
    throw new PawlError(
      'Corrupt',
      'dev_key_unreadable',
      `${path} does not hold an encryption key of 64 hexadecimal characters.`,
    );
  }
  // A copy or a restore may have opened the file to others.
  if (((await stat(path)).mode & OTHERS_MASK) !== 0) await chmod(path, OWNER_ONLY_FILE);
  return hex;
}
