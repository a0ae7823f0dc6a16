// How long a receiver asks to be left alone, from its headers. Whatever they say, one hour at most.
import type { Answer } from './provider.ts';

// A receiver must not be able to park an action for years, by mistake or otherwise.
export const MAX_RETRY_AFTER_MS = 3_600_000;

/**
 * Where a receiver that is asked too much does not say for how long. Most rates are counted by the second; where one is not,
 * each further refusal makes it another second.
 */
export const UNSAID_REST_MS = 1_000;

// Larger numbers are points in time, not durations: 10⁹ s is 2001, 10¹² ms too.
const FIRST_EPOCH_SECONDS = 1e9;
const FIRST_EPOCH_MS = 1e12;

const DECIMAL = /^[+-]?\d+(?:\.\d+)?$/;
// The three forms of RFC 9110, 5.6.7: IMF-fixdate, RFC 850, asctime. They differ in shape, so one look tells them apart.
const WITH_ZONE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*, \d{2}[ -][A-Z][a-z]{2}[ -]\d{2,4} \d{2}:\d{2}:\d{2} GMT$/;
const ASCTIME = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/;

/**
 * `Retry-After` as milliseconds from `now`, 0…1 h: seconds (fractions rounded up to a millisecond, negative as 0) or an
 * HTTP date (past as 0). Null when it is absent or neither.
 */
export function parseRetryAfter(value: string | undefined, now: Date): number | null {
  const text = value?.trim() ?? '';
  if (DECIMAL.test(text)) return clamp(Number(text) * 1000);
  const date = WITH_ZONE.test(text)
    ? Date.parse(text)
    : ASCTIME.test(text)
      ? Date.parse(`${text} GMT`)
      : Number.NaN;
  return Number.isNaN(date) ? null : clamp(date - now.getTime());
}

/**
 * A rate-limit reset header (`X-RateLimit-Reset` and its kin) as milliseconds from `now`, 0…1 h. Vendors send seconds
 * to go, epoch seconds or epoch milliseconds; the size tells which. Null when it is absent or no number.
 */
export function parseReset(value: string | undefined, now: Date): number | null {
  const text = value?.trim() ?? '';
  if (!DECIMAL.test(text)) return null;
  const reset = Number(text);
  if (reset >= FIRST_EPOCH_MS) return clamp(reset - now.getTime());
  if (reset >= FIRST_EPOCH_SECONDS) return clamp(reset * 1000 - now.getTime());
  return clamp(reset * 1000);
}

/**
 * The default `rateLimit`: `Retry-After` of 429 and 503. Elsewhere the header speaks of one resource (when to look again
 * after a 202), not of the connection.
 */
export function retryAfterHeader(answer: Answer, now: Date): number | null {
  const speaksOfAll = answer.status === 429 || answer.status === 503;
  return speaksOfAll ? parseRetryAfter(answer.headers['retry-after'], now) : null;
}

/** A reset as ISO 8601 (`2025-03-01T12:00Z`, with or without seconds) in milliseconds from `now`, 0…1 h; else null. */
export function parseResetDate(value: string | undefined, now: Date): number | null {
  const text = value?.trim() ?? '';
  const date = ISO_DATE.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? null : clamp(date - now.getTime());
}

/** The names of one budget's headers. */
export interface Budget {
  remaining: string;
  reset: string;
}

/**
 * How long to rest by a vendor's budgets: until the last reset of those that are spent (`remaining` is 0), and after a
 * refusal (`limited`) that names none as spent, until the first reset. Null when they ask for nothing.
 */
export function budgetRest(
  answer: Answer,
  now: Date,
  budgets: readonly Budget[],
  limited: boolean,
  parse: (value: string | undefined, now: Date) => number | null = parseReset,
): number | null {
  const spent: number[] = [];
  const left: number[] = [];
  for (const { remaining, reset } of budgets) {
    const ms = parse(answer.headers[reset], now);
    if (ms !== null) (answer.headers[remaining]?.trim() === '0' ? spent : left).push(ms);
  }
  if (spent.length > 0) return Math.max(...spent);
  return limited && left.length > 0 ? Math.min(...left) : null;
}

const ISO_DATE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})$/;

const clamp = (ms: number): number => Math.min(Math.max(Math.ceil(ms), 0), MAX_RETRY_AFTER_MS);
