// Delays of `after` as other notations want them. Pure.

const PATTERN = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,3})?)S)?)?$/;
const SIZES_MS = [604_800_000, 86_400_000, 3_600_000, 60_000, 1_000];

/** Milliseconds of a key of `after`; null when it is no delay. */
export function durationMs(delay: string): number | null {
  if (/^\d+$/.test(delay)) return Number(delay);
  const parts = PATTERN.exec(delay);
  if (!parts || /[PT]$/.test(delay)) return null;
  return SIZES_MS.reduce((sum, size, i) => sum + Math.round(Number(parts[i + 1] ?? 0) * size), 0);
}
