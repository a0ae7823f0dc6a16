// Who serves a Postgres data directory: reads its postmaster.pid, and does not believe one that a crash left behind.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { readFile, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Postmaster {
  pid: number;
  /** Missing for a moment while the server starts. */
  port: number | undefined;
  /** What the server says of itself: `starting`, `ready`, `stopping`; empty before it says anything. */
  status: string;
}

/** The live postmaster of a data directory, or undefined, whatever a crash left behind. */
export async function readPostmaster(data: string): Promise<Postmaster | undefined> {
  const { pid, lines } = await readLockFile(data);
  if (!isAlive(pid) || !(await serves(pid, data))) return undefined;
  return { pid, port: Number(lines[3]) || undefined, status: lines[7] ?? '' };
}

/**
 * Before a start: Postgres refuses while the number in a lock file that a crash left behind is anybody's, so such a file is
 * removed. One whose process is gone is left for Postgres, which looks for surviving backends first.
 */
export async function removeLockOfStranger(data: string): Promise<void> {
  const { pid, text } = await readLockFile(data);
  if (!isAlive(pid) || (await serves(pid, data))) return;
  // In one breath: Postgres shuts itself down when its lock file is removed, and somebody else may just have started it.
  if (existsSync(lockFile(data)) && readFileSync(lockFile(data), 'utf8') === text) rmSync(lockFile(data));
}

const lockFile = (data: string) => join(data, 'postmaster.pid');

async function readLockFile(data: string): Promise<{ text: string; lines: string[]; pid: number }> {
  const text = await readFile(lockFile(data), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return '';
  });
  const lines = text.split('\n').map((line) => line.trim());
  return { text, lines, pid: Number(lines[0]) };
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether that process is the postmaster of that directory: it works inside it. A zombie has no directory at all. */
async function serves(pid: number, data: string): Promise<boolean> {
  if (process.platform === 'linux') {
    const directory = await readlink(`/proc/${pid}/cwd`).catch((error: NodeJS.ErrnoException) => error.code);
    // Somebody else's process may hide its directory from us: then it is theirs to serve, and ours to leave alone.
    return directory === 'EACCES' || directory === 'EPERM' || directory === (await realpath(data));
  }
  const command = await promisify(execFile)('ps', ['-o', 'command=', '-p', `${pid}`]).catch(() => ({
    stdout: '',
  }));
  return command.stdout.includes('postgres') && command.stdout.includes(data);
}
