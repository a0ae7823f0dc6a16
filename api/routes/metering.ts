// /api/v1/metering/usage and /periods: what the tenant's attempts came to.
import { createRoute, z } from '@hono/zod-openapi';
import { closedUntil, listPeriods } from '../../db/statements/periods.ts';
import { sumUsage, USAGE_DIMENSIONS, type UsageDimension } from '../../db/statements/usage.ts';
import { PawlError } from '../../engine/errors.ts';
import type { ApiDeps } from '../deps.ts';
import { createReportSource } from '../report-source.ts';
import { periodSchema, presentPeriod, presentUsage, usageSchema } from '../resources/usage.ts';
import { answer, createRouter, guarded, pageOf, pageQuery, readCursor, time } from '../routing.ts';
import { readRange } from '../time-range.ts';

const DAY_MS = 86_400_000;
const RANGE_DEFAULT_MS = 30 * DAY_MS;
/** A year and a day, so that a year can be compared with the one before it in two requests. */
const RANGE_MAX_MS = 367 * DAY_MS;
/** A year by the hour; what is finer is a report to be made elsewhere. */
const GROUPS_MAX = 10_000;

const groupBy = z
  .string()
  .default('')
  .transform((text) => (text === '' ? [] : [...new Set(text.split(','))]))
  .pipe(z.array(z.enum(USAGE_DIMENSIONS)))
  .openapi({
    type: 'string',
    description: `Comma-separated, any of ${USAGE_DIMENSIONS.join(', ')}. Months, days and hours are UTC.`,
    example: 'day,outcome',
  });

const get = createRoute({
  method: 'get',
  path: '/metering/usage',
  tags: ['Metering'],
  summary: 'Sum up attempts and inbound events',
  description:
    'Every attempt that was fired is in it exactly once, whatever came of it (kind `WebhookEgress`), and so is every inbound event that was accepted (`WebhookIngress`). Group by kind to tell them apart.',
  ...guarded('metering.read'),
  request: {
    query: z.strictObject({
      from: time.optional().openapi({ description: 'Default: 30 days before `to`.' }),
      to: time.optional().openapi({ description: 'Not included. Default: now.' }),
      group_by: groupBy,
    }),
  },
  responses: { 200: answer(usageSchema, 'One item per group; one in all without `group_by`.') },
});

const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

const periods = createRoute({
  method: 'get',
  path: '/metering/periods',
  tags: ['Metering'],
  summary: 'List periods with usage, newest first',
  description:
    'A closed period never changes: what is written down after its close counts in the first hour that is open. `checksum` was stored at the close, `current_checksum` is made anew from the rollups; they are equal for ever.',
  ...guarded('metering.read'),
  request: {
    query: z.strictObject({ ...pageQuery, granularity: z.enum(['hour', 'day', 'month']).default('month') }),
  },
  responses: {
    200: answer(
      z
        .object({
          closed_until: z
            .string()
            .nullable()
            .openapi({ description: 'Every period that ends by then is closed.' }),
          items: z.array(periodSchema),
          next_cursor: z.string().nullable(),
        })
        .openapi('Periods'),
      'A page of those that have usage.',
    ),
  },
});

export function meteringRoutes(deps: Pick<ApiDeps, 'db' | 'reports' | 'clock'>) {
  const { clock } = deps;
  const reports = createReportSource(deps);
  return createRouter()
    .openapi(get, async (c) => {
      const { tenant } = c.var;
      const query = c.req.valid('query');
      const by: readonly UsageDimension[] = query.group_by;
      const limits = { defaultMs: RANGE_DEFAULT_MS, maxMs: RANGE_MAX_MS, now: clock.now() };
      const { from, to } = readRange(query, limits);
      const asked = { tenantId: tenant.id, from, to, by, limit: GROUPS_MAX + 1 };
      const rows = await reports.read(c, async (db, tenant) => {
        const of = { now: clock.now(), distributed: await db.isDistributed() };
        return db.forTenants([tenant.id], (sql) => sumUsage(sql, tenant.shard, asked, of));
      });
      if (rows.length > GROUPS_MAX) {
        throw new PawlError(
          'InvalidInput',
          'too_many_groups',
          `That makes more than ${GROUPS_MAX} groups: ask for a shorter time or group by less.`,
        );
      }
      return c.json(presentUsage(rows, { from, to, by }), 200);
    })

    .openapi(periods, async (c) => {
      const { tenant } = c.var;
      const { limit, cursor, granularity } = c.req.valid('query');
      const [before = null] = readCursor(cursor, [ISO_TIME]) ?? [];
      const of = { tenantId: tenant.id, granularity, before, limit };
      const { until, rows } = await reports.read(c, (db, tenant) =>
        db.forTenants([tenant.id], async (sql) => {
          const [until] = await closedUntil(sql);
          return { until: until?.closedUntil ?? null, rows: await listPeriods(sql, tenant.shard, of) };
        }),
      );
      const page = pageOf(rows, limit, presentPeriod, ({ startsAt }) => [startsAt.toISOString()]);
      return c.json({ closed_until: until?.toISOString() ?? null, ...page }, 200);
    });
}
