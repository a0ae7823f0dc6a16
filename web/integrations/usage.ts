// What went through each connection.
import type { Resource } from '../api/client.ts';

export interface ConnectionUsage {
  attempts: number;
  succeeded: number;
}

export function usageByConnection(
  items: readonly Resource<'UsageItem'>[],
): ReadonlyMap<string, ConnectionUsage> {
  const sums = new Map<string, ConnectionUsage>();
  for (const { connection_id: id = '', outcome, attempts } of items) {
    const sum = sums.get(id) ?? { attempts: 0, succeeded: 0 };
    const succeeded = sum.succeeded + (outcome === 'succeeded' ? attempts : 0);
    sums.set(id, { attempts: sum.attempts + attempts, succeeded });
  }
  return sums;
}

/** `1 204 attempts in 30 days, 98 % succeeded`; never 100 % while one of them did not. */
export function spokenUsage({ attempts, succeeded }: ConnectionUsage): string {
  if (attempts === 0) return 'not in the last 30 days';
  const percent = succeeded === attempts ? 100 : Math.min(99, Math.round((succeeded / attempts) * 100));
  return `${attempts.toLocaleString('en-GB').replaceAll(',', '\u202f')} ${attempts === 1 ? 'attempt' : 'attempts'} in 30 days, ${percent} % succeeded`;
}
