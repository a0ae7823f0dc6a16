// Waits until workers have nothing left to do.
import { setTimeout as pause } from 'node:timers/promises';
import { nowMs } from './measure.ts';
import type { BenchDatabase } from './postgres.ts';

const DRAINED_WITHIN_MS = 180_000;

/** Until nothing is queued but what waits for a person. @returns what is left, if that takes too long */
export async function drained({ sql }: Pick<BenchDatabase, 'sql'>): Promise<string | null> {
  const until = nowMs() + DRAINED_WITHIN_MS;
  for (;;) {
    const [row] = await sql<{ left: number }[]>`
      select count(*)::integer as left from dispatch_queue where run_at < 'infinity' or worker_id is not null`;
    if (row?.left === 0) return null;
    if (nowMs() > until)
      return `${row?.left} lists were not walked to their end in ${DRAINED_WITHIN_MS / 1_000} s`;
    await pause(100);
  }
}
