// `from` and `to` of a query, with a default and a bound on what one request may look through.
import { PawlError } from '../engine/errors.ts';

/** @throws PawlError InvalidInput `invalid_time_range` */
export function readRange(
  asked: { from?: Date | undefined; to?: Date | undefined },
  { defaultMs, maxMs, now }: { defaultMs: number; maxMs: number; now: Date },
): { from: Date; to: Date } {
  // A millisecond more than now, as `to` is not included and something may have happened this moment.
  const to = asked.to ?? new Date(Math.max(now.getTime(), asked.from?.getTime() ?? 0) + 1);
  const from = asked.from ?? new Date(to.getTime() - defaultMs);
  const lengthMs = to.getTime() - from.getTime();
  if (lengthMs <= 0) throw invalid('`from` must be before `to`.');
  if (lengthMs > maxMs) {
    throw invalid(`One request may look through ${Math.floor(maxMs / 86_400_000)} days at most.`);
  }
  return { from, to };
}

function invalid(message: string): PawlError {
  return new PawlError('InvalidInput', 'invalid_time_range', message);
}
