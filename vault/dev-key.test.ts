import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readOrCreateDevKey } from './dev-key.ts';
import { parseKeyRing } from './key-ring.ts';

async function setup() {
  const directory = await mkdtemp(join(tmpdir(), 'pawl-dev-key-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return { directory: join(directory, 'new'), path: join(directory, 'new', 'encryption.key') };
}

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

it('makes a key once, readable by its owner alone, and reads it from then on', async () => {
  const { path } = await setup();
  const made = await readOrCreateDevKey(path);
  expect(made.created).toBe(true);
  expect(await modeOf(path)).toBe(0o600);
  expect(parseKeyRing({ encryptionKey: made.hex }).currentKeyId).toBe('default');
  expect(await readOrCreateDevKey(path)).toEqual({ hex: made.hex, created: false });
});

it('gives the same key to everybody who asks at once, and leaves nothing else behind', async () => {
  const { directory, path } = await setup();
  const keys = await Promise.all(Array.from({ length: 8 }, () => readOrCreateDevKey(path)));
  expect(new Set(keys.map(({ hex }) => hex)).size).toBe(1);
  expect(keys.filter(({ created }) => created)).toHaveLength(1);
  expect(await readdir(directory)).toEqual(['encryption.key']);
});

it('closes a key file that others could read', async () => {
  const { path } = await setup();
  await readOrCreateDevKey(path);
  await chmod(path, 0o644);
  await readOrCreateDevKey(path);
  expect(await modeOf(path)).toBe(0o600);
});

it('refuses a file that holds no key and does not replace it', async () => {
  const { path } = await setup();
  await readOrCreateDevKey(path);
  await writeFile(path, 'half a ke');
  await expect(readOrCreateDevKey(path)).rejects.toMatchObject({
    kind: 'Corrupt',
    code: 'dev_key_unreadable',
  });
  expect(await readFile(path, 'utf8')).toBe('half a ke');
});
