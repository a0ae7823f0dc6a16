// When to try again. Pure: the dice are passed in.

export interface BackoffRule {
  initialMs: number;
  factor: number;
  maxMs: number;
}

/** No wait is longer, whatever a receiver or a definition asks for. */
export const WAIT_MAX_MS = 3_600_000;

/**
 * Exponential with full jitter: a crowd that failed together must not come back together.
 * @param attempt the one that failed, from 1
 * @param atLeastMs what the receiver asked for
 * @param random 0 ≤ random < 1
 */
export function backoffMs(attempt: number, rule: BackoffRule, atLeastMs: number, random: number): number {
  const ceiling = Math.min(rule.initialMs * rule.factor ** (attempt - 1), rule.maxMs, WAIT_MAX_MS);
  return Math.min(WAIT_MAX_MS, Math.max(atLeastMs, 0) + Math.floor(random * ceiling));
}
