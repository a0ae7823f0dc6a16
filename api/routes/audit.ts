// /api/v1/audit: everything that happened to a job or a setting, newest first.
import { createRoute, z } from '@hono/zod-openapi';
import { type AuditRow, listAudit } from '../../db/statements/audit.ts';
import type { ApiDeps } from '../deps.ts';
import { createReportSource } from '../report-source.ts';
import {
  answer,
  createRouter,
  guarded,
  ID_PART,
  json,
  page,
  pageOf,
  pageQuery,
  readCursor,
  time,
} from '../routing.ts';
import { readRange } from '../time-range.ts';

const DAY_MS = 86_400_000;
const RANGE_DEFAULT_MS = 7 * DAY_MS;
const RANGE_MAX_MS = 31 * DAY_MS;
/** The entries of one subject are found by its id: no need to bound the time, but by how long they are kept. */
const RANGE_OF_SUBJECT_MS = 10 * 366 * DAY_MS;

const entrySchema = z
  .object({
    id: z.string(),
    subject_id: z.string().openapi({ description: 'The job, connection, workflow, key … it happened to.' }),
    at: z.string(),
    kind: z.string().openapi({ example: 'connection.updated' }),
    seq: z.int().nullable().openapi({ description: "The job's revision after a transition." }),
    actor: z.string().openapi({ example: 'user:ada' }),
    data: json,
  })
  .openapi('AuditEntry');

const list = createRoute({
  method: 'get',
  path: '/audit',
  tags: ['Audit'],
  summary: 'Read the audit log, newest first',
  ...guarded('audit.read'),
  request: {
    query: z.strictObject({
      ...pageQuery,
      subject_id: z.guid().toLowerCase().optional(),
      kind: z.string().max(100).optional().openapi({
        description: 'Exactly this, or with a point at its end all that begin with it: `connection.`.',
      }),
      actor: z.string().max(300).optional(),
      from: time.optional().openapi({
        description: 'Default: 7 days before `to`, or everything when a subject is given.',
      }),
      to: time.optional().openapi({ description: 'Not included. Default: now.' }),
    }),
  },
  responses: { 200: answer(page(entrySchema), 'A page.') },
});

/** Microseconds since 1970, this side of the year 2286. */
const MICROSECONDS = /^\d{1,16}$/;

export function auditRoutes(deps: Pick<ApiDeps, 'db' | 'reports' | 'clock'>) {
  const { clock } = deps;
  const reports = createReportSource(deps);
  return createRouter().openapi(list, async (c) => {
    const { tenant } = c.var;
    const { limit, cursor, ...query } = c.req.valid('query');
    const ofSubject = query.subject_id !== undefined;
    const { from, to } = readRange(query, {
      defaultMs: ofSubject ? RANGE_OF_SUBJECT_MS : RANGE_DEFAULT_MS,
      maxMs: ofSubject ? RANGE_OF_SUBJECT_MS : RANGE_MAX_MS,
      now: clock.now(),
    });
    const [atUs, id] = readCursor(cursor, [MICROSECONDS, ID_PART]) ?? [];
    const filter = {
      tenantId: tenant.id,
      subjectId: query.subject_id ?? null,
      kind: query.kind ?? null,
      actor: query.actor ?? null,
      from,
      to,
      before: atUs === undefined || id === undefined ? null : { atUs, id },
      limit,
    };
    const rows = await reports.read(c, (db, tenant) =>
      db.once<AuditRow[]>([tenant.id], (sql) => listAudit(sql, tenant.shard, filter)),
    );
    return c.json(
      pageOf(rows, limit, presentEntry, (row) => [row.atUs, row.id]),
      200,
    );
  });
}

function presentEntry(row: AuditRow): z.infer<typeof entrySchema> {
  return {
    id: row.id,
    subject_id: row.subjectId,
    at: row.at.toISOString(),
    kind: row.kind,
    seq: row.seq,
    actor: row.actor,
    data: row.data,
  };
}
