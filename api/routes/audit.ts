// /api/v1/audit: everything that happened to a job or a setting, newest first.
import { createRoute, z } from '@hono/zod-openapi';
import { type AuditRow, endOfLookAtAudit, listAudit } from '../../db/statements/audit.ts';
import type { ApiDeps } from '../deps.ts';
import { lookThrough } from '../look-through.ts';
import { createReportSource } from '../report-source.ts';
import { answer, createRouter, guarded, json, page, pageQuery, readCursor, time } from '../routing.ts';
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
  description:
    'In the order in which it was written, which may differ from that of `at` by what a transaction takes.',
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

interface Place {
  /** In the log. */
  position: string;
  /** Of the entry there. */
  id: string;
}

/** Positions have at most 63 bits; what was there before them, -2^62 and more. */
const PLACE = /^-?[0-4]?\d{1,18} [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const placeOf = ({ position, id }: Place): string => `${position} ${id}`;

function readPlace(place: string | null): Place | null {
  const [position, id] = place?.split(' ') ?? [];
  return position === undefined || id === undefined ? null : { position, id };
}

/** The others of its shard are passed for each, so fewer make a stretch. */
const LOOK = 2_000;
/** An entry has the time at which its transaction began, and may have the position of one much later. */
const SLACK_MS = 10 * 60_000;

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
    const filter = {
      tenantId: tenant.id,
      subjectId: query.subject_id ?? null,
      kind: query.kind ?? null,
      actor: query.actor ?? null,
      from,
      to,
    };
    const [before = null] = readCursor(cursor, [PLACE]) ?? [];
    const entries = await reports.read(c, (db, tenant) =>
      lookThrough(
        {
          limit,
          before,
          placeOf,
          look: LOOK,
          list: (asked) =>
            db.once<AuditRow[]>([tenant.id], (sql) =>
              listAudit(sql, tenant.shard, { ...filter, ...asked, before: readPlace(asked.before) }),
            ),
          async endOfLook(asked) {
            const of = { ...filter, ...asked, before: readPlace(asked.before) };
            const [end] = await db.once<(Place & { at: Date })[]>([tenant.id], (sql) =>
              endOfLookAtAudit(sql, tenant.shard, of),
            );
            const isPast = end !== undefined && end.at.getTime() < from.getTime() - SLACK_MS;
            return end === undefined || isPast ? undefined : placeOf(end);
          },
        },
        presentEntry,
      ),
    );
    return c.json(entries, 200);
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
