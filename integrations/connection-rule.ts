// What one connection may have at most: its own settings first, then the defaults of its provider.
import type { JsonObject } from '../engine/json.ts';
import type { Limits } from './provider.ts';

export interface ConnectionRule {
  /** Requests in flight. */
  concurrency: number;
  /** Requests a second, and how many may go at once after a pause; null: as fast as they come. */
  rate: { perSecond: number; burst: number } | null;
  from: RuleSources;
}

export interface RuleSources {
  concurrency: 'settings' | 'provider';
  perSecond: 'settings' | 'provider';
  /** `per_second`: nobody says, so it is as many as go in a second. */
  burst: 'settings' | 'provider' | 'per_second';
}

/** @param settings of the connection: `{ concurrency?, rate_limit?: { per_second, burst? } | null }`; null: no rate */
export function connectionRule(settings: JsonObject, defaults: Limits): ConnectionRule {
  const limit = settings.rate_limit as { per_second?: number; burst?: number } | null | undefined;
  const perSecond = limit === null ? undefined : (limit?.per_second ?? defaults.perSecond);
  const burst = limit?.burst ?? defaults.burst;
  const ownConcurrency = typeof settings.concurrency === 'number';
  return {
    concurrency: ownConcurrency ? (settings.concurrency as number) : defaults.concurrency,
    rate: perSecond === undefined ? null : { perSecond, burst: Math.max(1, burst ?? Math.ceil(perSecond)) },
    from: {
      concurrency: ownConcurrency ? 'settings' : 'provider',
      perSecond: limit === null || limit?.per_second !== undefined ? 'settings' : 'provider',
      burst:
        limit?.burst !== undefined ? 'settings' : defaults.burst !== undefined ? 'provider' : 'per_second',
    },
  };
}

const US_PER_S = 1_000_000;

/** Microseconds between two requests at an even pace, rounded up: never faster than the rate says. */
export const spacingUs = ({ perSecond }: { perSecond: number }): number => Math.ceil(US_PER_S / perSecond);

/**
 * How many requests may go at once.
 * @param aheadUs microseconds that the connection is ahead of an even pace
 */
export function slotsFree(rate: { perSecond: number; burst: number }, aheadUs: number): number {
  const spacing = spacingUs(rate);
  return Math.max(0, Math.floor((rate.burst * spacing - Math.max(0, aheadUs)) / spacing));
}

/** Microseconds until one may go. */
export const nextSlotInUs = (rate: { perSecond: number; burst: number }, aheadUs: number): number =>
  Math.max(0, aheadUs - (rate.burst - 1) * spacingUs(rate));
