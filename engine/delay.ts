// Delays of `after`: whole milliseconds, or the part of ISO 8601 durations whose length does not depend on a calendar.

/** Ten years. A longer wait is a typing error, and stays far below where milliseconds stop being exact. */
export const MAX_DELAY_MS = 315_360_000_000;

const WHOLE_MS = /^(0|[1-9][0-9]*)$/;
const WEEKS = /^P(\d+)W$/;
const DAYS_AND_TIME = /^P(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,3}))?S)?)?$/;

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Milliseconds of an `after` key, or null when it is not a delay we accept (months and years have no fixed length). */
export function parseDelay(key: string): number | null {
  const ms = WHOLE_MS.test(key) ? Number(key) : parseDuration(key);
  return ms !== null && ms <= MAX_DELAY_MS ? ms : null;
}

function parseDuration(key: string): number | null {
  const weeks = WEEKS.exec(key);
  if (weeks) return Number(weeks[1]) * 7 * DAY_MS;
  const parts = DAYS_AND_TIME.exec(key);
  if (!parts || key === 'P') return null;
  const [, days, hours, minutes, seconds, fraction] = parts;
  return (
    Number(days ?? 0) * DAY_MS +
    Number(hours ?? 0) * HOUR_MS +
    Number(minutes ?? 0) * MINUTE_MS +
    Number(seconds ?? 0) * SECOND_MS +
    Number((fraction ?? '').padEnd(3, '0'))
  );
}
