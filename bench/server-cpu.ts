// CPU time of a Postgres on this machine, all its processes together, and of any other process. Linux only.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sql } from 'postgres';

/** What `getconf CLK_TCK` says on every Linux that Node runs on. */
const TICK_MS = 10;

/** @returns milliseconds that the server has used so far, sessions that are over included */
export async function serverCpuMs(sql: Sql): Promise<number> {
  const [row] = await sql<{ directory: string }[]>`select current_setting('data_directory') as directory`;
  const postmaster = Number(
    readFileSync(join(row?.directory ?? '', 'postmaster.pid'), 'utf8').split('\n', 1)[0],
  );
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

/** @returns milliseconds that a process has used so far, its threads included */
export const processCpuMs = (pid: number): number => (timesOf(`${pid}`)?.own ?? 0) * TICK_MS;

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
