// CPU time of servers on this machine: of a Postgres, all its processes together, and of any one process. Linux only.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sql } from 'postgres';

/** What `getconf CLK_TCK` says on every Linux that Node runs on. */
const TICK_MS = 10;

/**
 * @returns milliseconds that the server has used so far, sessions that are over included; not a number where it does not run
 *   on this machine, or not on Linux
 */
export async function serverCpuMs(sql: Sql): Promise<number> {
  const [row] = await sql<{ directory: string }[]>`select current_setting('data_directory') as directory`;
  const lockFile = join(row?.directory ?? '', 'postmaster.pid');
  if (process.platform !== 'linux' || !existsSync(lockFile)) return Number.NaN;
  const postmaster = Number(readFileSync(lockFile, 'utf8').split('\n', 1)[0]);
  let ticks = 0;
  for (const name of readdirSync('/proc')) {
    const times = /^\d+$/.test(name) ? timesOf(name) : null;
    if (!times) continue;
    const { pid, parent, own, reaped } = times;
    if (pid === postmaster) ticks += own + reaped;
    else if (parent === postmaster) ticks += own;
  }
  return ticks * TICK_MS;
}

/** Of one process, in milliseconds so far. Linux only: elsewhere, and when it is gone, not a number. */
export function cpuMsOf(pid: number): number {
  const times = timesOf(String(pid));
  return times ? times.own * TICK_MS : Number.NaN;
}

function timesOf(name: string) {
  let stat: string;
  try {
    stat = readFileSync(join('/proc', name, 'stat'), 'utf8');
  } catch {
    // It has ended meanwhile.
    return null;
  }
  // The name of the program, in parentheses, may hold anything. See proc_pid_stat(5) for what follows it.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [parent = 0, user = 0, system = 0, reapedUser = 0, reapedSystem = 0] = [1, 11, 12, 13, 14].map(
    (at) => fields[at],
  );
  return { pid: Number(name), parent, own: user + system, reaped: reapedUser + reapedSystem };
}
