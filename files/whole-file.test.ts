import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeDrafts, writeWholeFile } from './whole-file.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pawl-files-'));
});
afterAll(() => rm(directory, { recursive: true }));

const bytes = (text: string) => new TextEncoder().encode(text);
const OTHERS_MASK = 0o007;
const forOthers = async (path: string) => (await stat(path)).mode & OTHERS_MASK;

test('a file is there whole, replaces the one before, and is not for everybody', async () => {
  const path = join(directory, 'new', 'a.csv');
  await writeWholeFile(path, bytes('first'));
  await writeWholeFile(path, bytes('second'));
  expect(await readFile(path, 'utf8')).toBe('second');
  expect(await readdir(join(directory, 'new'))).toEqual(['a.csv']);
  expect([await forOthers(path), await forOthers(join(directory, 'new'))]).toEqual([0, 0]);
});

test('of two who write the same at once, one is there, and nothing else', async () => {
  const path = join(directory, 'both', 'a.csv');
  await Promise.all(['one', 'two'].map((text) => writeWholeFile(path, bytes(text))));
  expect(['one', 'two']).toContain(await readFile(path, 'utf8'));
  expect(await readdir(join(directory, 'both'))).toEqual(['a.csv']);
});

test('what cannot be written leaves nothing behind', async () => {
  const taken = join(directory, 'taken');
  await mkdir(join(taken, 'a.csv'), { recursive: true });
  await expect(writeWholeFile(join(taken, 'a.csv'), bytes('x'))).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
  expect(await readdir(taken)).toEqual(['a.csv']);
});

test('what was left by who was killed is removed, and what is of other files stays', async () => {
  const folder = join(directory, 'left');
  await mkdir(folder);
  for (const name of ['a.csv', 'a.csv.1.part', 'b.csv.1.part']) await writeFile(join(folder, name), 'x');
  await removeDrafts(join(folder, 'a.csv'));
  expect((await readdir(folder)).sort()).toEqual(['a.csv', 'b.csv.1.part']);
});
