// Who serves a Postgres data directory: reads its postmaster.pid, and does not believe one that a crash left behind.
import { execFile } from 'node:child_process';
import { readFile, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Postmaster {
  pid: number;
  /** Missing for a moment while the server starts. */
  port: number | undefined;
  /** What the server says of itself: `starting`, `ready`, `stopping`; empty before it says anything. */
  status: string;
}

/**
 * The live postmaster of a data directory, or undefined. A lock file whose process is gone is left for Postgres, which
 * checks for surviving backends before it starts; one whose number now belongs to a stranger would stop Postgres, and is removed.
 */
export async function readPostmaster(data: string): Promise<Postmaster | undefined> {
  const path = join(data, 'postmaster.pid');
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  const lines = text?.split('\n').map((line) => line.trim()) ?? [];
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return undefined;
  if (!(await serves(pid, data))) {
    // The number may also have gone to a stranger while we looked, after a start of somebody else: only remove what we read.
    if ((await readFile(path, 'utf8').catch(() => '')) === text) await rm(path, { force: true });
    return undefined;
  }
  return { pid, port: Number(lines[3]) || undefined, status: lines[7] ?? '' };
}

function isAlive(pid: number): boolean {
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
