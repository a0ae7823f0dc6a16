// Runs `pawl` as a process of its own.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const PAWL = fileURLToPath(new URL('./pawl.ts', import.meta.url));
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

export interface Ran {
  status: number;
  stdout: string;
  stderr: string;
}

/** With exactly these environment variables, and what was compiled before (test/global-setup.ts). */
export function pawl(args: string[], env: Record<string, string> = {}): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [PAWL, ...args],
      { env: { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...env }, maxBuffer: OUTPUT_BYTES_MAX },
      (error, stdout, stderr) => {
        resolve({ status: error ? Number(error.code) : 0, stdout, stderr });
      },
    );
  });
}
