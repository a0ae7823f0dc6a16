// How long ago, or in how long.

const STEPS = [
  [60, 1, 's'],
  [3_600, 60, 'min'],
  [86_400, 3_600, 'h'],
  [2_592_000, 86_400, 'd'],
] as const;

/** `just now`, `12 s ago`, `in 3 h`, `4 d ago`; after a month, the day. */
export function relativeTime(atMs: number, nowMs: number): string {
  const seconds = Math.round((nowMs - atMs) / 1_000);
  const distance = Math.abs(seconds);
  if (distance < 5) return 'just now';
  const step = STEPS.find(([limit]) => distance < limit);
  if (!step) return new Date(atMs).toISOString().slice(0, 10);
  const [, size, unit] = step;
  const said = `${Math.floor(distance / size)} ${unit}`;
  return seconds < 0 ? `in ${said}` : `${said} ago`;
}

/** `12 ms`, `1.4 s`. */
export const duration = (ms: number): string => (ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`);
