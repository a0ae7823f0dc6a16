// /api/v1/metering/export: the rows of the ledger themselves, streamed, to be resumed where they broke off.
import { createRoute, z } from '@hono/zod-openapi';
import { UUID } from '../../engine/uuid.ts';
import type { ExportFormat } from '../../metering/format.ts';
import { CONTENT_TYPES, createEncoder, EXPORT_FORMATS, EXTENSIONS } from '../../metering/format.ts';
import { hasWindow, openWindow, type ReadRequest, readLedger } from '../../metering/ledger-reader.ts';
import type { ApiDeps } from '../deps.ts';
import { createReportSource, type ReportPlace } from '../report-source.ts';
import { createRouter, guarded, readCursor, time, writeCursor } from '../routing.ts';

const EVERYTHING = { from: new Date(0), to: new Date('9999-12-31T00:00:00Z') };
const NUMBER = /^(?:0|[1-9]\d{0,15})$/;
const OPEN = /^(?:0|[1-9]\d{0,15}|)$/;

const download = createRoute({
  method: 'get',
  path: '/metering/export',
  tags: ['Metering'],
  summary: 'Export the ledger',
  description:
    'Streams every row that was settled when the export began, each once, in the order of ids. The header `Pawl-Cursor` names this set of rows: after a broken download ask again with it as `cursor`, and with the id of the last row you have as `after`. `Pawl-Next-Cursor` names all that comes after this set: keep it for the next export. With `limit` there may be more of the same set. A Parquet file is whole or worth nothing: resume by `limit`.',
  ...guarded('metering.read'),
  request: {
    query: z.strictObject({
      format: z.enum(EXPORT_FORMATS).default('jsonl'),
      from: time.optional().openapi({ description: 'Of `at`. Default: from the first row on.' }),
      to: time.optional().openapi({ description: 'Not included. Default: up to the last row.' }),
      cursor: z.string().max(1_000).optional(),
      after: z.string().regex(UUID, 'must be the id of a row').optional(),
      limit: z.coerce.number().int().min(1).max(10_000_000).optional(),
    }),
  },
  responses: {
    200: {
      description: 'The rows.',
      headers: z.object({
        'Pawl-Cursor': z.string().openapi({ description: 'This set of rows.' }),
        'Pawl-Next-Cursor': z.string().openapi({ description: 'What comes after it.' }),
      }),
      content: Object.fromEntries(
        EXPORT_FORMATS.map((format) => [
          CONTENT_TYPES[format].split(';')[0] as string,
          { schema: z.string().openapi({ format: 'binary' }) },
        ]),
      ),
    },
  },
});

export function meteringDownloadRoutes(deps: Pick<ApiDeps, 'db' | 'reports'>) {
  const reports = createReportSource(deps);
  return createRouter().openapi(download, async (c) => {
    const { format, from, to, cursor, after, limit } = c.req.valid('query');
    const wanted = readWindow(cursor);
    // A set of rows that was opened elsewhere may not be whole on a replica yet.
    const place = await reports.choose(c, (replica, tenant) => hasWindow(replica, tenant, wanted));
    const { db, tenant } = place;
    const { since, upto } = wanted;
    const window = upto === null ? await openWindow(db, tenant, since) : { since, upto };
    const range = { from: from ?? EVERYTHING.from, to: to ?? EVERYTHING.to };
    const rows = stream(place, format, { window, range, after: after ?? null, limit: limit ?? null });
    const name = `usage-${tenant.slug}.${EXTENSIONS[format]}`;
    c.header('Content-Type', CONTENT_TYPES[format]);
    c.header('Content-Disposition', `attachment; filename="${name}"`);
    c.header('Pawl-Cursor', writeCursor([String(window.since), String(window.upto)]));
    c.header('Pawl-Next-Cursor', writeCursor([String(window.upto), '']));
    // The types know no answer that is a stream.
    return c.body(rows) as never;
  });
}

/** What a cursor names; a set that is still open ends here and now, and `upto` is null. */
function readWindow(cursor: string | undefined): { since: number; upto: number | null } {
  const [since = '0', upto = ''] = readCursor(cursor, [NUMBER, OPEN]) ?? [];
  return { since: Number(since), upto: upto === '' ? null : Number(upto) };
}

/** Reads a page when the client has taken the one before: memory is that of a page however slow it is. */
function stream(
  { db, tenant, confirm }: ReportPlace,
  format: ExportFormat,
  request: ReadRequest,
): ReadableStream<Uint8Array> {
  const encoder = createEncoder(format, tenant.id);
  const pages = readLedger(db, tenant, request);
  return new ReadableStream(
    {
      async pull(controller) {
        for (let bytes: Uint8Array = EMPTY; bytes.length === 0; ) {
          const { value, done } = await pages.next();
          if (done) await confirm();
          bytes = done ? encoder.end() : encoder.page(value);
          if (bytes.length > 0) controller.enqueue(bytes);
          if (!done) continue;
          controller.close();
          return;
        }
      },
      async cancel() {
        await pages.return(undefined);
      },
    },
    { highWaterMark: 1 },
  );
}

const EMPTY = new Uint8Array();
