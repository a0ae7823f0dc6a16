// Quotas as the API shows them.
import { z } from '@hono/zod-openapi';
import type { QuotaRow } from '../../db/statements/quotas.ts';
import { etagOf } from '../if-match.ts';

const threshold = z.int().min(1).max(Number.MAX_SAFE_INTEGER).nullable();

export const newQuotaSchema = z
  .strictObject({
    warn_at: threshold.default(null).openapi({ description: 'Past it the event log and the page say so.' }),
    block_at: threshold.default(null).openapi({
      description:
        'Past it transitions that would queue actions are refused with `quota_exceeded`. Not for `WebhookIngress`: an event that is refused is lost with most senders.',
    }),
  })
  .refine(({ warn_at: warn, block_at: block }) => warn !== null || block !== null, {
    message: 'needs warn_at, block_at or both',
  })
  .refine(({ warn_at: warn, block_at: block }) => warn === null || block === null || warn <= block, {
    message: 'must not be less than warn_at',
    path: ['block_at'],
  })
  .openapi('NewQuota');

export const quotaSchema = z
  .object({
    kind: z.enum(['WebhookEgress', 'WebhookIngress']),
    period: z.enum(['day', 'month']),
    warn_at: z.int().nullable(),
    block_at: z.int().nullable(),
    used: z.int().openapi({ description: 'In the period that runs, as measured a second or two ago.' }),
    state: z.enum(['ok', 'warned', 'blocked']),
    period_start: z.string().nullable().openapi({ description: 'Null until it is measured.' }),
    updated_at: z.string(),
    updated_by: z.string(),
    etag: z.string().openapi({ description: 'For `If-Match`; of what was set, not of what was used.' }),
  })
  .openapi('Quota');

export const etagOfQuota = ({ kind, period, warnAt, blockAt, updatedAt }: QuotaRow): string =>
  etagOf(kind, period, warnAt, blockAt, updatedAt);

export function presentQuota(row: QuotaRow): z.infer<typeof quotaSchema> {
  return {
    kind: row.kind,
    period: row.period,
    warn_at: row.warnAt,
    block_at: row.blockAt,
    used: row.used,
    state: row.state,
    period_start: row.periodStart?.toISOString() ?? null,
    updated_at: row.updatedAt.toISOString(),
    updated_by: row.updatedBy,
    etag: etagOfQuota(row),
  };
}
