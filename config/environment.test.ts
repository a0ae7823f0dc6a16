import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

test('a file .env in the working directory is read, and the real environment wins over it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'pawl-environment-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const program = `
    import { configFromEnvironment } from ${JSON.stringify(new URL('./environment.ts', import.meta.url).href)};
    console.log(JSON.stringify(configFromEnvironment()));`;
  const http = async () => {
    const args = ['--input-type=module', '-e', program];
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      cwd: directory,
      env: { PORT: '4000' },
    });
    return JSON.parse(stdout).http;
  };
  expect(await http()).toMatchObject({ host: '127.0.0.1', port: 4000 });
  await writeFile(join(directory, '.env'), 'PORT=5000\nHOST=0.0.0.0\n');
  expect(await http()).toMatchObject({ host: '0.0.0.0', port: 4000 });
});
