// A source's gap-filler as the API shows it: what its vendor is asked through, and how that goes.
import { z } from '@hono/zod-openapi';
import type { SourceGapsRow } from '../../db/statements/source-gaps.ts';

export const gapFillerSchema = z
  .object({
    connection_id: z.string(),
    hooks: z
      .array(
        z.object({
          name: z.string().openapi({ example: 'repos/octo-org/api/hooks/123456' }),
          heard_at: z.string().openapi({ description: 'When something last came in from it.' }),
          looked_at: z.string().nullable(),
        }),
      )
      .openapi({
        description:
          'The webhooks at the vendor’s that send here, as what came in says. None until the first event has.',
      }),
    asked: z.int().openapi({ description: 'How many deliveries the vendor was asked to send again so far.' }),
    running: z.boolean(),
    next_look_at: z.string(),
    last_look_at: z.string().nullable(),
    last_error: z.object({ code: z.string(), message: z.string() }).nullable().openapi({
      description: 'Why the last look found out less than it should, and what to do.',
    }),
  })
  .openapi('GapFiller');

export function presentGapFiller(row: SourceGapsRow): z.infer<typeof gapFillerSchema> {
  return {
    connection_id: row.connectionId,
    hooks: Object.entries(row.hooks).map(([name, { heardAt, lookedAt }]) => ({
      name,
      heard_at: heardAt,
      looked_at: lookedAt,
    })),
    asked: row.asked,
    running: row.running,
    next_look_at: row.nextLookAt.toISOString(),
    last_look_at: row.lastLookAt?.toISOString() ?? null,
    last_error: row.lastError,
  };
}
