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

/** Both ends of a list of ids, which is not empty: what they are looked for in bounds by, so that other months are not looked into. */
export function spanOf(ids: readonly string[]): { first: string; last: string } {
  let [first, last] = [ids[0] as string, ids[0] as string];
  for (const id of ids) {
    if (id < first) first = id;
    if (id > last) last = id;
  }
  return { first, last };
}

/** No clock is so wrong that a job would have a transition a day before it was made, or a day from now. */
const DAY_MS = 86_400_000;

/** Bounds of the id of the transition that queued a run, which is made right before the run's; that of a delivery is the same. */
export function transitionOfRun(runId: string): { first: string; last: string } {
  return { first: idBefore(new Date(timeOf(runId) - DAY_MS)), last: runId };
}

/** An id smaller than that of any transition after the one that queued a run: the clock of its machine may be behind, and that of the run's ahead. */
export const beforeWhatFollows = (runId: string): string =>
  idBefore(new Date(timeOf(runId) - CLOCK_SLACK_MS));

/** Bounds of the ids of all transitions that these jobs may have had by now. */
export function transitionsSince(jobIds: readonly string[]): { first: string; last: string } {
  return {
    first: idBefore(new Date(timeOf(spanOf(jobIds).first) - DAY_MS)),
    last: idAfter(new Date(Date.now() + DAY_MS)),
  };
}
