// What each figure means, in the order they are shown, and which are worth dividing by which.

/** What a figure or a ratio shall be. */
export type Bar = { least: number } | { most: number };

export interface Figure {
  unit: string;
  digits: number;
  what: string;
  bar?: Bar;
}

const perSecond = (what: string): Figure => ({ unit: '/s', digits: 0, what });
const ms = (what: string): Figure => ({ unit: 'ms', digits: 2, what });

function drained(name: string, who: string): Record<string, Figure> {
  return {
    [`${name}_per_s`]: perSecond(
      `${who}: actions drained from a queue with render, POST, metering and audit row`,
    ),
    [`${name}_p50_ms`]: ms(`${who}: from request to answer meanwhile, as it wrote down, median`),
    [`${name}_p99_ms`]: ms(`${who}: from request to answer meanwhile, as it wrote down, 99th percentile`),
    [`${name}_cpu_s_per_1k`]: {
      unit: 's',
      digits: 3,
      what: `${who}: CPU time of the worker for 1 000 actions`,
    },
    [`${name}_wal_bytes`]: { unit: 'B', digits: 0, what: `${who}: WAL per action` },
    [`${name}_commits`]: { unit: '', digits: 3, what: `${who}: commits per action` },
    [`${name}_rss_mb`]: { unit: 'MB', digits: 0, what: `${who}: peak memory of the worker` },
  };
}

/** Of `beginCost`. */
function costs(name: string, who: string, what: string): Record<string, Figure> {
  return {
    [`${name}_cpu_s_per_1k`]: {
      unit: 's',
      digits: 3,
      what: `${who}: CPU time of its processes and of Postgres for 1 000 ${what}s`,
    },
    [`${name}_wal_bytes`]: { unit: 'B', digits: 0, what: `${who}: WAL of Postgres per ${what}` },
    [`${name}_commits`]: {
      unit: '',
      digits: 3,
      what: `${who}: transactions in Postgres per ${what}, those that only read included`,
    },
    [`${name}_rss_mb`]: { unit: 'MB', digits: 0, what: `${who}: peak memory of its processes, together` },
  };
}

function wholeWay(name: string, who: string): Record<string, Figure> {
  return {
    [`${name}_per_s`]: perSecond(`${who}: event over HTTP, commit, webhook and record, end to end`),
    [`${name}_p50_ms`]: ms(`${who}: from request to answer meanwhile, median`),
    [`${name}_p99_ms`]: ms(`${who}: from request to answer meanwhile, 99th percentile`),
    ...costs(name, who, 'event'),
  };
}

function singleCommits(name: string, how: string): Record<string, Figure> {
  return {
    [`${name}_per_s`]: perSecond(`the same rows, nothing decided, one statement a commit, ${how}`),
    [`${name}_p50_ms`]: ms('of those, from statement to commit, median'),
    [`${name}_p99_ms`]: ms('of those, from statement to commit, 99th percentile'),
    ...costs(name, 'of those', 'commit'),
  };
}

export const FIGURES: Readonly<Record<string, Figure>> = {
  transitions_per_s: perSecond('transitions through engine and database'),
  transitions_p50_ms: ms('of those, from event to commit, median'),
  transitions_p99_ms: ms('of those, from event to commit, 99th percentile'),
  ...costs('transitions', 'of those', 'transition'),
  ...singleCommits('pgbench', 'a connection for each client'),
  ...singleCommits('pgbench_pooled', 'clients that share connections'),
  http_transitions_per_s: perSecond('transitions through HTTP'),
  http_p50_ms: ms('of those, from request to answer, median'),
  http_p99_ms: ms('of those, from request to answer, 99th percentile'),
  inbound_per_s: perSecond('signed webhooks received: checked, stored, metered and answered'),
  inbound_p50_ms: ms('of those, from request to answer, median'),
  inbound_p99_ms: ms('of those, from request to answer, 99th percentile'),
  ...wholeWay('e2e', 'Pawl'),
  ...wholeWay('dbos', 'DBOS'),
  ...wholeWay('restate', 'Restate'),
  ...drained('deliveries', 'Pawl'),
  ...drained('graphile_worker', 'graphile-worker'),
  ...drained('pg_boss', 'pg-boss'),
  undici_per_s: perSecond('POSTs by undici `request` in a loop'),
  undici_p50_ms: ms('of those, from request to answer, median'),
  undici_p99_ms: ms('of those, from request to answer, 99th percentile'),
  undici_cpu_s_per_1k: { unit: 's', digits: 3, what: 'of those, CPU time of the client for 1 000' },
  idle_p50_ms: { ...ms('from commit to arrival at the receiver when idle, median'), bar: { most: 5 } },
  idle_p99_ms: {
    ...ms('from commit to arrival at the receiver when idle, 99th percentile'),
    bar: { most: 20 },
  },
  half_load_per_s: perSecond('events sent on a fixed schedule, half of what `e2e` reached'),
  half_load_commit_p50_ms: ms('of those, from commit to arrival at the receiver, median'),
  half_load_commit_p99_ms: ms('of those, from commit to arrival at the receiver, 99th percentile'),
  half_load_p50_ms: ms('of those, from when it was due to be sent to arrival at the receiver, median'),
  half_load_p99_ms: ms('of those, from when it was due to arrival, 99th percentile'),
  half_load_max_ms: ms('of those, from when it was due to arrival, the longest'),
  half_load_second_max_ms: ms('of those, the longest of each second, median of the seconds'),
  half_load_gap_ms: ms('of those, the longest time in which nothing arrived'),
  hanging_p99_before_ms: ms('from commit to arrival for one connection, 99th percentile'),
  hanging_p99_ms: ms('of those, while another connection of the tenant hangs, 99th percentile'),
  rss_mb_100k: {
    unit: 'MB',
    digits: 0,
    what: 'peak memory of a worker that drains a part of the long backlog',
  },
  claim_ms_1k: ms('a claim of 64 from a backlog of 1 000, median'),
  claim_p99_ms_1k: ms('a claim of 64 from a backlog of 1 000, 99th percentile'),
  claim_ms_100k: ms('a claim of 64 from the long backlog, median'),
  claim_p99_ms_100k: ms('a claim of 64 from the long backlog, 99th percentile'),
};

export interface Ratio {
  name: string;
  of: string;
  to: string;
  /** From the first that had to be met to what is wanted in the end. */
  bars?: readonly Bar[];
}

/** Both figures come from the same run, so much of what a machine does to one it does to the other. */
export const RATIOS: readonly Ratio[] = [
  {
    name: 'deliveries_to_graphile_worker',
    of: 'deliveries_per_s',
    to: 'graphile_worker_per_s',
    bars: [{ least: 1.5 }, { least: 2.5 }],
  },
  { name: 'deliveries_to_pg_boss', of: 'deliveries_per_s', to: 'pg_boss_per_s', bars: [{ least: 3.5 }] },
  { name: 'deliveries_to_undici', of: 'deliveries_per_s', to: 'undici_per_s', bars: [{ least: 0.45 }] },
  { name: 'e2e_to_dbos', of: 'e2e_per_s', to: 'dbos_per_s', bars: [{ least: 8 }] },
  { name: 'e2e_to_restate', of: 'e2e_per_s', to: 'restate_per_s', bars: [{ least: 8 }] },
  { name: 'transitions_to_pgbench', of: 'transitions_per_s', to: 'pgbench_per_s', bars: [{ least: 1.5 }] },
  { name: 'transitions_to_pgbench_pooled', of: 'transitions_per_s', to: 'pgbench_pooled_per_s' },
  { name: 'hanging_ratio', of: 'hanging_p99_ms', to: 'hanging_p99_before_ms', bars: [{ most: 2 }] },
  { name: 'claim_100k_to_1k', of: 'claim_ms_100k', to: 'claim_ms_1k' },
  { name: 'rss_100k_to_20k', of: 'rss_mb_100k', to: 'deliveries_rss_mb' },
];

export const isMet = (bar: Bar, value: number): boolean =>
  'least' in bar ? value >= bar.least : value <= bar.most;

export function show(name: string, value: number): string {
  const { unit, digits } = FIGURES[name] ?? { unit: '', digits: 2 };
  const number = value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return unit === '' || unit === '/s' ? `${number}${unit}` : `${number} ${unit}`;
}
