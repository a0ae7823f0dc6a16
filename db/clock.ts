// The database's clock, as this process knows it: schedules follow it whatever the machine's own clock does.
import type { Sql } from './client.ts';

export interface Clock {
  now(): Date;
}

/** How long a measured offset is trusted: clocks drift by milliseconds a minute, and jump when somebody sets them. */
const REMEASURE_AFTER_MS = 10_000;

export interface DatabaseClock extends Clock {
  /** Milliseconds that it is ahead of the machine's own. */
  aheadMs(): number;
  stop(): void;
}

export async function createDatabaseClock(sql: Sql): Promise<DatabaseClock> {
  let offsetMs = 0;
  async function measure(): Promise<void> {
    const before = Date.now();
    const [row] = await sql`select extract(epoch from clock_timestamp()) * 1000 as now_ms`;
    const nowMs = Number(row?.nowMs);
    // It asked within these: a look that had to wait for a connection says less than what is known already.
    const [least, most] = [nowMs - Date.now() - 1, nowMs - before];
    if (offsetMs < least || offsetMs > most) offsetMs = (least + most) / 2;
  }
  await measure();
  // A failed measurement keeps the last offset; the next one is soon.
  const timer = setInterval(() => void measure().catch(() => {}), REMEASURE_AFTER_MS);
  timer.unref();
  return {
    now: () => new Date(Date.now() + Math.round(offsetMs)),
    aheadMs: () => offsetMs,
    stop: () => clearInterval(timer),
  };
}
