// Master keys out of a file, which is how secret stores and orchestrators hand them over.
import { open } from 'node:fs/promises';
import { PawlError } from '../engine/errors.ts';

const OTHERS_MASK = 0o077;
/** Hundreds of keys. Whoever names a device or a log by mistake is told, not served. */
const FILE_BYTES_MAX = 64 * 1024;

/**
 * What the file holds, unparsed.
 * @throws PawlError InvalidInput `encryption_key_invalid`, pointing at ENCRYPTION_KEYS_FILE: it cannot be read, is no
 *   file, or may be read by others than its owner
 */
export async function readKeyFile(path: string): Promise<string> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw unusable('encryption_key_file_unreadable', `cannot be opened: ${error.code}.`);
  });
  try {
    // Of what was opened, not of what stands under the name by now.
    const found = await file.stat();
    if (!found.isFile() || found.size > FILE_BYTES_MAX)
      throw unusable('encryption_key_file_unreadable', 'does not name a file of keys.');
    if ((found.mode & OTHERS_MASK) !== 0) {
      const mode = (found.mode & 0o777).toString(8);
      throw unusable(
        'encryption_key_file_open',
        `may be read by others (mode ${mode}): chmod 600, or 400, and consider its keys known.`,
      );
    }
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

function unusable(code: string, what: string): PawlError {
  const pointer = '/ENCRYPTION_KEYS_FILE';
  const problem = { pointer, code, message: `ENCRYPTION_KEYS_FILE ${what}`, severity: 'error' as const };
  return new PawlError('InvalidInput', 'encryption_key_invalid', 'The encryption key is not usable.', {
    problems: [problem],
  });
}
