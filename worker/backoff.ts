// When to try again. Pure: the dice are passed in.

export interface BackoffRule {
  initialMs: number;
  factor: number;
  maxMs: number;
}

/**
 * Exponential with full jitter: a crowd that failed together must not come back together.
 * @param attempt the one that failed, from 1
 * @param atLeastMs what the receiver asked for, which integrations/retry-after.ts keeps to an hour
 * @param random 0 ≤ random < 1
 */
export function backoffMs(attempt: number, rule: BackoffRule, atLeastMs: number, random: number): number {
  const ceiling = Math.min(rule.initialMs * rule.factor ** (attempt - 1), rule.maxMs);
  return Math.max(atLeastMs, 0) + Math.floor(random * ceiling);
}
