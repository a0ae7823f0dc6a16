// What went through a connection on each of the last days.
import type { Resource } from '../../api/client.ts';

const DAY_MS = 86_400_000;

/** Attempts a day, oldest first, today last. Days are UTC, as the ledger has them. */
export function attemptsByDay(
  items: readonly Resource<'UsageItem'>[],
  connectionId: string,
  { nowMs, days }: { nowMs: number; days: number },
): number[] {
  const counts = new Map<string, number>();
  for (const { day = '', connection_id: id, attempts } of items) {
    if (id === connectionId) counts.set(day, (counts.get(day) ?? 0) + attempts);
  }
  return Array.from({ length: days }, (_, i) => {
    const at = new Date(nowMs - (days - 1 - i) * DAY_MS).toISOString().slice(0, 10);
    return counts.get(at) ?? 0;
  });
}

export function spokenWeek(counts: readonly number[]): string {
  const sum = counts.reduce((all, one) => all + one, 0);
  return `${sum.toLocaleString('en-GB')} ${sum === 1 ? 'attempt' : 'attempts'} in ${counts.length} days, ${counts.at(-1) ?? 0} today`;
}
