// Standing exports as the API shows them.
import { z } from '@hono/zod-openapi';
import type { MeteringExportRow } from '../../db/statements/metering-exports.ts';
import { EXPORT_FORMATS } from '../../metering/format.ts';

const MINUTES_MAX = 31 * 24 * 60;

const destination = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('directory') }),
    z.strictObject({ type: z.literal('s3') }),
    z.strictObject({
      type: z.literal('http'),
      connection_id: z.guid().toLowerCase(),
      path: z
        .string()
        .max(1_000)
        .regex(/^(?:\/[^\s#]*)?$/, 'must be empty or begin with /')
        .default(''),
    }),
  ])
  .openapi({
    description:
      '`directory` and `s3` are the deployment’s own (EXPORT_DIRECTORY, EXPORT_S3_BUCKET); `http` pushes batches of CloudEvents through a connection, at least once, with stable ids.',
  });

const name = z.string().trim().min(1).max(100);
const intervalMinutes = z.int().min(1).max(MINUTES_MAX);

export const newMeteringExportSchema = z
  .strictObject({
    name,
    destination,
    format: z
      .enum(EXPORT_FORMATS)
      .default('jsonl')
      .openapi({ description: '`http` is always `cloudevents`.' }),
    interval_minutes: intervalMinutes.default(60),
    enabled: z.boolean().default(true),
  })
  .openapi('NewMeteringExport');

export const meteringExportChangeSchema = z
  .strictObject({ name, interval_minutes: intervalMinutes, enabled: z.boolean() })
  .partial()
  .openapi('MeteringExportChange');

export const meteringExportSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    destination: z.object({
      type: z.enum(['directory', 's3', 'http']),
      connection_id: z.string().optional(),
      path: z.string().optional(),
    }),
    format: z.enum(EXPORT_FORMATS),
    interval_minutes: z.int(),
    enabled: z.boolean(),
    running: z.boolean(),
    rows_exported: z.int(),
    next_run_at: z.string(),
    last_run_at: z.string().nullable(),
    last_error: z
      .object({ code: z.string(), message: z.string(), at: z.string() })
      .nullable()
      .openapi({ description: 'Of the last run; null when it succeeded.' }),
    created_by: z.string(),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .openapi('MeteringExport');

export function presentMeteringExport(row: MeteringExportRow): z.infer<typeof meteringExportSchema> {
  return {
    id: row.id,
    name: row.name,
    destination: row.destination as z.infer<typeof destination>,
    format: row.format,
    interval_minutes: row.intervalMinutes,
    enabled: row.enabled,
    running: row.running,
    rows_exported: row.rowsExported,
    next_run_at: row.nextRunAt.toISOString(),
    last_run_at: row.lastRunAt?.toISOString() ?? null,
    last_error: row.lastError as { code: string; message: string; at: string } | null,
    created_by: row.createdBy,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}
