// The times that usage is shown for, in UTC as it is metered.

/** ISO times of whole days; `to` is not included. */
export interface Range {
  from: string;
  to: string;
}

export const PERIODS = {
  'this-month': 'This month',
  'last-month': 'Last month',
  'last-7-days': 'Last 7 days',
  'last-30-days': 'Last 30 days',
  'last-90-days': 'Last 90 days',
} as const;
export type Period = keyof typeof PERIODS;

const DAY_MS = 86_400_000;

export function rangeOf(period: Period, now: Date): Range {
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
  const tomorrow = Date.UTC(year, month, day + 1);
  const days = /^last-(\d+)-days$/.exec(period)?.[1];
  if (days !== undefined) return range(tomorrow - Number(days) * DAY_MS, tomorrow);
  return period === 'this-month'
    ? range(Date.UTC(year, month, 1), Date.UTC(year, month + 1, 1))
    : range(Date.UTC(year, month - 1, 1), Date.UTC(year, month, 1));
}

/** Every day of it, such as 2026-01-31, as far as it has come. */
export function daysOf({ from, to }: Range, now: Date): string[] {
  const days: string[] = [];
  for (let at = Date.parse(from); at < Math.min(Date.parse(to), now.getTime()); at += DAY_MS) {
    days.push(new Date(at).toISOString().slice(0, 10));
  }
  return days;
}

const range = (from: number, to: number): Range => ({
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
});
