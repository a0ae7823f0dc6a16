// UUIDv7 begins with its time, so a range of time is a range of ids, and the index on ids serves it.

/** Ids are made by several machines; this much their clocks may differ from the database's, in milliseconds. */
const CLOCK_SLACK_MS = 60_000;
const LAST_TIME_MS = 2 ** 48 - 1;

/** An id smaller than that of anything created at or after `moment`. Only bounds the scan: compare the time as well. */
export const idBefore = (moment: Date): string =>
  at(moment.getTime() - CLOCK_SLACK_MS, '7000-8000-000000000000');

/** An id greater than that of anything created at or before `moment`. */
export const idAfter = (moment: Date): string =>
  at(moment.getTime() + CLOCK_SLACK_MS, '7fff-bfff-ffffffffffff');

function at(timeMs: number, rest: string): string {
  const time = Math.min(Math.max(timeMs, 0), LAST_TIME_MS).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-${rest}`;
}

/** When an id was made, in milliseconds since the epoch, by the clock of the machine that made it. */
export const timeOf = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
