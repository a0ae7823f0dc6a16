import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readKeyFile } from './key-file.ts';
import { parseKeyRing } from './key-ring.ts';
import { KEY_A, KEY_B } from './vault.testkit.ts';

async function setup(text: string, mode = 0o600) {
  const directory = await mkdtemp(join(tmpdir(), 'pawl-key-file-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, 'keys');
  await writeFile(path, text);
  await chmod(path, mode);
  return { directory, path };
}

const problem = (code: string) => ({
  kind: 'InvalidInput',
  code: 'encryption_key_invalid',
  problems: [{ pointer: '/ENCRYPTION_KEYS_FILE', code }],
});

it('holds keys as the variable does, on one line or on several', async () => {
  for (const text of [`a:${KEY_A},b:${KEY_B}\n`, `a:${KEY_A}\nb:${KEY_B}\n`, `a:${KEY_A}\r\nb:${KEY_B}`]) {
    const { path } = await setup(text, 0o400);
    const ring = parseKeyRing({ encryptionKeysFile: await readKeyFile(path), encryptionKeyId: 'b' });
    expect(ring.keyIds).toEqual(['b', 'a']);
  }
});

it('is refused when its group or anybody may read or write it, behind a link too', async () => {
  for (const mode of [0o640, 0o604, 0o660, 0o602, 0o777]) {
    const { directory, path } = await setup(`a:${KEY_A}`, mode);
    await symlink(path, join(directory, 'link'));
    for (const name of [path, join(directory, 'link')]) {
      await expect(readKeyFile(name)).rejects.toMatchObject(problem('encryption_key_file_open'));
    }
  }
});

it('is refused when it is not there or no file', async () => {
  const { directory, path } = await setup('');
  await expect(readKeyFile(`${path}.missing`)).rejects.toMatchObject(
    problem('encryption_key_file_unreadable'),
  );
  await expect(readKeyFile(directory)).rejects.toMatchObject(problem('encryption_key_file_unreadable'));
});

it('that holds nothing is no key', async () => {
  const { path } = await setup('\n');
  const held = await readKeyFile(path);
  expect(() => parseKeyRing({ encryptionKeysFile: held, encryptionKeyId: 'a' })).toThrow(
    expect.objectContaining({
      problems: expect.arrayContaining([
        expect.objectContaining({ pointer: '/ENCRYPTION_KEYS_FILE', code: 'encryption_key_missing' }),
      ]),
    }),
  );
});

it('names its own variable in what is wrong with its keys', () => {
  const source = { encryptionKeysFile: `a:${KEY_A},b:12`, encryptionKeys: `a:${KEY_A}` };
  try {
    parseKeyRing(source);
    expect.unreachable();
  } catch (error) {
    const { problems } = error as { problems: { pointer: string; code: string }[] };
    expect(problems.map(({ pointer, code }) => `${pointer} ${code}`)).toEqual([
      '/ENCRYPTION_KEYS_FILE encryption_key_ambiguous',
      '/ENCRYPTION_KEY_ID encryption_key_id_missing',
      '/ENCRYPTION_KEYS_FILE encryption_key_malformed',
    ]);
  }
});
