// What a connection may have at once and how its receiver is doing, as the API shows it.
import { z } from '@hono/zod-openapi';
import type { LimitsNow } from '../../db/statements/connection-limits.ts';
import { getProvider } from '../../integrations/catalogue.ts';
import { connectionRule, slotsFree } from '../../integrations/connection-rule.ts';

const source = z.enum(['settings', 'provider']);

export const circuitState = z.enum(['closed', 'open', 'half_open']).openapi({
  description:
    '`open`: nothing is sent until `open_until`. `half_open`: one request finds out whether the receiver is back.',
});

export const pausedUntil = z
  .string()
  .nullable()
  .openapi({ description: 'The receiver asked to be left alone until then.' });

export const lastError = z
  .object({ code: z.string(), message: z.string() })
  .nullable()
  .openapi({ description: 'What the last miss that opened the circuit met.' });

export const connectionLimitsSchema = z
  .object({
    concurrency: z.int().openapi({ description: 'Requests in flight at most, over all workers.' }),
    in_flight: z.int().openapi({ description: 'Requests that are out now.' }),
    rate: z
      .object({
        per_second: z.number(),
        burst: z.int().openapi({ description: 'How many may go at once after a pause.' }),
        available: z.int().openapi({ description: 'How many may go now.' }),
      })
      .nullable()
      .openapi({ description: 'Requests a second, exact over all workers; null: no limit.' }),
    from: z
      .object({
        concurrency: source,
        per_second: source,
        burst: z.enum(['settings', 'provider', 'per_second']).openapi({
          description: '`per_second`: nobody says, so it is as many as go in a second.',
        }),
      })
      .openapi({ description: 'Who says so: the settings of the connection, or its provider.' }),
    circuit: z.object({
      state: circuitState,
      since: z.string().nullable(),
      open_until: z.string().nullable(),
      misses: z.int().openapi({ description: 'In a row, when it opened and since.' }),
      last_error: lastError,
    }),
    paused_until: pausedUntil,
  })
  .openapi('ConnectionLimits');

/** Of a provider that this version does not know: nothing is sent. */
const NONE = { concurrency: 0 };

export function presentConnectionLimits(now: LimitsNow): z.infer<typeof connectionLimitsSchema> {
  const rule = connectionRule(now.settings, getProvider(now.provider)?.limits ?? NONE);
  const { concurrency, rate, from } = rule;
  return {
    concurrency,
    in_flight: now.inFlight,
    rate: rate && {
      per_second: rate.perSecond,
      burst: rate.burst,
      available: slotsFree(rate, now.aheadUs),
    },
    from: { concurrency: from.concurrency, per_second: from.perSecond, burst: from.burst },
    circuit: {
      state: now.circuit,
      since: now.since?.toISOString() ?? null,
      open_until: now.openUntil?.toISOString() ?? null,
      misses: now.misses,
      last_error: now.lastError,
    },
    paused_until: now.pausedUntil?.toISOString() ?? null,
  };
}
