// Sums of the ledger as the API shows them.
import { z } from '@hono/zod-openapi';
import type { PeriodRow } from '../../db/statements/periods.ts';
import { USAGE_DIMENSIONS, type UsageDimension, type UsageRow } from '../../db/statements/usage.ts';

const usageItemSchema = z
  .object({
    month: z.string().optional().openapi({ example: '2026-01' }),
    day: z.string().optional().openapi({ example: '2026-01-31' }),
    hour: z.string().optional().openapi({ example: '2026-01-31T13:00:00.000Z' }),
    connection_id: z.string().optional(),
    workflow_id: z.string().optional(),
    outcome: z.string().optional(),
    kind: z.string().optional(),
    attempts: z.int(),
    quantity: z.int(),
    request_bytes: z.int(),
    response_bytes: z.int(),
  })
  .openapi('UsageItem', { description: 'Holds of the dimensions those that were grouped by.' });

export const usageSchema = z
  .object({
    from: z.string(),
    to: z.string(),
    group_by: z.array(z.enum(USAGE_DIMENSIONS)),
    items: z.array(usageItemSchema),
  })
  .openapi('Usage');

export function presentUsage(
  rows: readonly UsageRow[],
  { from, to, by }: { from: Date; to: Date; by: readonly UsageDimension[] },
): z.infer<typeof usageSchema> {
  return {
    from: from.toISOString(),
    to: to.toISOString(),
    group_by: [...by],
    items: rows.map((row) => ({
      ...(row.month && { month: row.month.toISOString().slice(0, 7) }),
      ...(row.day && { day: row.day.toISOString().slice(0, 10) }),
      ...(row.hour && { hour: row.hour.toISOString() }),
      ...(row.connection && { connection_id: row.connection }),
      ...(row.workflow && { workflow_id: row.workflow }),
      ...(row.outcome && { outcome: row.outcome }),
      ...(row.kind && { kind: row.kind }),
      attempts: row.attempts,
      quantity: row.quantity,
      request_bytes: row.requestBytes,
      response_bytes: row.responseBytes,
    })),
  };
}

export const periodSchema = z
  .object({
    starts_at: z.string(),
    ends_at: z.string(),
    status: z.enum(['open', 'closed']),
    closed_at: z.string().nullable(),
    attempts: z.int(),
    quantity: z.int(),
    request_bytes: z.int(),
    response_bytes: z.int(),
    checksum: z.string().nullable().openapi({ description: 'SHA-256 of its rollups at the close.' }),
    current_checksum: z.string(),
  })
  .openapi('Period');

export function presentPeriod(row: PeriodRow): z.infer<typeof periodSchema> {
  return {
    starts_at: row.startsAt.toISOString(),
    ends_at: row.endsAt.toISOString(),
    status: row.closedAt === null ? 'open' : 'closed',
    closed_at: row.closedAt?.toISOString() ?? null,
    attempts: row.attempts,
    quantity: row.quantity,
    request_bytes: row.requestBytes,
    response_bytes: row.responseBytes,
    checksum: row.checksum,
    current_checksum: row.currentChecksum,
  };
}
