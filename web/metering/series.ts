// Usage as a chart and a table want it.
import type { Dimension, UsageItem } from './metering-requests.ts';

export interface Series {
  /** Of the API, or `other`. */
  id: string;
  label: string;
  total: number;
}

export type Day = { day: string } & Record<string, number | string>;

/** More cannot be told apart by colour. */
const SERIES_MAX = 5;
const OTHER = 'other';

/** A bar a day, made of the values that occur most; the rest is one. Days without usage are there too. */
export function chartOf(
  items: readonly UsageItem[],
  days: readonly string[],
  dimension: Dimension,
  labelOf: (id: string) => string,
): { series: Series[]; data: Day[] } {
  const totals = new Map<string, number>();
  for (const item of items) add(totals, idOf(item, dimension), item.attempts);
  const ids = [...totals].sort((a, b) => b[1] - a[1]).map(([id]) => id);
  const shown = ids.slice(0, ids.length > SERIES_MAX ? SERIES_MAX - 1 : SERIES_MAX);
  const rest = ids.slice(shown.length);
  const series = shown.map((id) => ({ id, label: labelOf(id), total: totals.get(id) ?? 0 }));
  if (rest.length > 0) {
    const total = rest.reduce((sum, id) => sum + (totals.get(id) ?? 0), 0);
    series.push({ id: OTHER, label: `${rest.length} others`, total });
  }
  const byDay = new Map<string, Day>(
    days.map((day) => [day, { day, ...Object.fromEntries(series.map(({ label }) => [label, 0])) }]),
  );
  for (const item of items) {
    const row = byDay.get(item.day ?? '');
    const id = idOf(item, dimension);
    const name = series.find((one) => one.id === (shown.includes(id) ? id : OTHER))?.label;
    if (row && name !== undefined) row[name] = Number(row[name]) + item.attempts;
  }
  return { series, data: [...byDay.values()] };
}

const KEYS = { outcome: 'outcome', connection: 'connection_id', workflow: 'workflow_id' } as const;
/** What has no connection and no workflow: events that came in. */
const INBOUND = 'inbound';

const idOf = (item: UsageItem, dimension: Dimension): string => item[KEYS[dimension]] ?? INBOUND;

function add(totals: Map<string, number>, id: string, count: number): void {
  totals.set(id, (totals.get(id) ?? 0) + count);
}

export function totalsOf(items: readonly UsageItem[]) {
  const sum = (pick: (item: UsageItem) => number) => items.reduce((total, item) => total + pick(item), 0);
  const of = (test: (item: UsageItem) => boolean) =>
    items.filter(test).reduce((n, item) => n + item.attempts, 0);
  const isSent = ({ kind }: UsageItem) => kind === 'WebhookEgress';
  return {
    sent: of(isSent),
    failed: of((item) => isSent(item) && item.outcome === 'failed'),
    unknown: of((item) => isSent(item) && item.outcome === 'unknown'),
    received: of((item) => item.kind === 'WebhookIngress'),
    bytes: sum((item) => item.request_bytes + item.response_bytes),
  };
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

export function bytesText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  const value = bytes / 1000 ** power;
  return `${value.toLocaleString('en', { maximumFractionDigits: value < 10 && power > 0 ? 1 : 0 })} ${UNITS[power]}`;
}
