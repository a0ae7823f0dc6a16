// Whether a run is slower or dearer than the one that was kept: figure by figure, as ratios to the floors of the same run,
// so that a machine that is slow today is slow in both. What a floor cannot cancel is given a wider tolerance.
import type { Figures } from './case.ts';

export interface Guard {
  of: string;
  /** What it is divided by: a floor of the same run. null for what is counted and not timed. */
  to: string | null;
  better: 'more' | 'less';
  /** The part of its worth that it may lose before it counts: 0.15 lets 100 become 85, or 85 become 100. */
  tolerance: number;
}

export interface Comparison {
  guard: Guard;
  /** The ratios (or counts), and their quotient: above 1 is an improvement. */
  before: number;
  now: number;
  worth: number;
  verdict: 'fell' | 'held' | 'gained' | 'not measured';
}

// Medians of three runs of the same code differ by a tenth where throughput is measured.
const THROUGHPUT = 0.15;
const CPU_TIME = 0.15;
// A percentile under load hangs on whatever else the machine does for a millisecond.
const MEDIAN_LATENCY = 0.35;
const TAIL_LATENCY = 0.5;
// Counts hardly differ, but where a run ends by the clock: pages that are written whole after a checkpoint are paid for by as
// many as were done, and how many transitions share a commit depends on how fast the disk is.
const BYTES = 0.05;
const BYTES_OF_TIMED = 0.15;
const COMMITS = 0.25;
const MEMORY = 0.2;

export const GUARDS: readonly Guard[] = [
  more('deliveries_per_s', 'undici_per_s', THROUGHPUT),
  less('deliveries_p50_ms', 'undici_p50_ms', MEDIAN_LATENCY),
  less('deliveries_p99_ms', 'undici_p99_ms', TAIL_LATENCY),
  less('deliveries_cpu_s_per_1k', 'undici_cpu_s_per_1k', CPU_TIME),
  less('deliveries_wal_bytes', null, BYTES),
  less('deliveries_commits', null, COMMITS),
  less('deliveries_rss_mb', null, MEMORY),
  more('e2e_per_s', 'undici_per_s', THROUGHPUT),
  less('e2e_cpu_s_per_1k', 'undici_cpu_s_per_1k', CPU_TIME),
  less('e2e_wal_bytes', null, BYTES_OF_TIMED),
  more('transitions_per_s', 'pgbench_per_s', THROUGHPUT),
  less('transitions_cpu_s_per_1k', 'pgbench_cpu_s_per_1k', CPU_TIME),
  less('transitions_wal_bytes', null, BYTES_OF_TIMED),
  less('transitions_commits', null, COMMITS),
  more('http_transitions_per_s', 'pgbench_per_s', THROUGHPUT),
  more('inbound_per_s', 'pgbench_per_s', THROUGHPUT),
  less('idle_p50_ms', 'pgbench_p50_ms', MEDIAN_LATENCY),
  less('idle_p99_ms', 'pgbench_p99_ms', TAIL_LATENCY),
  less('half_load_p50_ms', 'pgbench_p50_ms', MEDIAN_LATENCY),
  less('half_load_p99_ms', 'pgbench_p99_ms', TAIL_LATENCY),
  less('hanging_p99_ms', 'hanging_p99_before_ms', TAIL_LATENCY),
  less('claim_ms_100k', 'claim_ms_1k', TAIL_LATENCY),
  less('rss_mb_100k', null, MEMORY),
];

/**
 * @param before figures of the run that was kept, and
 * @param now those of this one; what either lacks is `not measured`
 */
export function compare(before: Figures, now: Figures, guards: readonly Guard[] = GUARDS): Comparison[] {
  return guards.map((guard) => {
    const [was, is] = [ratioOf(guard, before), ratioOf(guard, now)];
    const worth = guard.better === 'more' ? is / was : was / is;
    return { guard, before: was, now: is, worth, verdict: verdictOn(worth, guard) };
  });
}

/** For the terminal: a line for each guard, and what makes the two runs different from the start. */
export function toComparisonTable(
  comparisons: readonly Comparison[],
  settings: { before: Readonly<Record<string, unknown>>; now: Readonly<Record<string, unknown>> },
): string {
  const rows = [
    ['figure', 'kept', 'now', 'worth', 'may lose', ''],
    ...comparisons.map(({ guard, before, now, worth, verdict }) => [
      guard.to === null ? guard.of : `${guard.of} / ${guard.to}`,
      shown(before),
      shown(now),
      Number.isFinite(worth) ? `${worth >= 1 ? '+' : ''}${((worth - 1) * 100).toFixed(0)} %` : '',
      `${(guard.tolerance * 100).toFixed(0)} %`,
      verdict,
    ]),
  ];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
  const names = new Set([...Object.keys(settings.before), ...Object.keys(settings.now)]);
  const others = [...names].filter((name) => settings.before[name] !== settings.now[name]);
  const warned = others.map(
    (name) => `the kept run had ${name} ${settings.before[name]}, this one ${settings.now[name]}`,
  );
  return [...lines, ...warned].join('\n');
}

function verdictOn(worth: number, { tolerance }: Guard): Comparison['verdict'] {
  if (!Number.isFinite(worth)) return 'not measured';
  if (worth < 1 - tolerance) return 'fell';
  return worth > 1 / (1 - tolerance) ? 'gained' : 'held';
}

const ratioOf = ({ of, to }: Guard, figures: Figures): number =>
  (figures[of] ?? Number.NaN) / (to === null ? 1 : (figures[to] ?? Number.NaN));

const shown = (value: number): string => (Number.isFinite(value) ? value.toPrecision(4) : '');

function more(of: string, to: string | null, tolerance: number): Guard {
  return { of, to, better: 'more', tolerance };
}

function less(of: string, to: string | null, tolerance: number): Guard {
  return { of, to, better: 'less', tolerance };
}
