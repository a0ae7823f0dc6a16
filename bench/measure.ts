// Times that processes of one machine can compare, what a process has used, and how many numbers become one.
import { readFileSync } from 'node:fs';

/** Milliseconds on the machine's monotonic clock: the same in every process. */
export const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

export interface Usage {
  /** User and system time since the process began. */
  cpuMs: number;
  peakRssMb: number;
}

/** Of this process. */
export function usage(): Usage {
  const { user, system } = process.cpuUsage();
  const peakRssMb = peakRssMbOf('self');
  // A fork inherits the peak of its parent in getrusage; /proc counts from the start of the program.
  return {
    cpuMs: (user + system) / 1000,
    peakRssMb: Number.isNaN(peakRssMb) ? process.resourceUsage().maxRSS / 1024 : peakRssMb,
  };
}

/** Linux only: elsewhere, not a number. */
export function peakRssMbOf(pid: number | 'self'): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}

/**
 * Of a timed figure, before what counts. Node compiles what is hot for seconds: a fifth of this, and the compiler still took
 * a twentieth of the machine while it was measured.
 * @param seconds what is measured
 */
export const warmUpMsFor = (seconds: number): number => seconds * 1_000;

/** @param share 0.99 for the 99th percentile. Not a number when there are no values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Between the two in the middle when there are two. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

/** Between two that follow each other. 0 when there are not two. */
export function longestGap(moments: readonly number[]): number {
  const sorted = Float64Array.from(moments).sort();
  return sorted.reduce((longest, at, i) => Math.max(longest, at - (sorted[i - 1] ?? at)), 0);
}

export interface Pace {
  /** Everything done, warm-up included. */
  done: number;
  /** Of what was done after the warm-up. */
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/** Counts what is done after a warm-up, with how long each took. */
export function createPace(warmUpMs: number) {
  const begin = nowMs() + warmUpMs;
  const took: number[] = [];
  let done = 0;
  let last = begin;
  return {
    count(startedAtMs: number): void {
      done++;
      last = nowMs();
      if (startedAtMs >= begin) took.push(last - startedAtMs);
    },
    result(): Pace {
      const seconds = Math.max(last - begin, 1) / 1000;
      return {
        done,
        perSecond: took.length / seconds,
        p50Ms: percentile(took, 0.5),
        p99Ms: percentile(took, 0.99),
      };
    },
  };
}
