// /api/v1/inbound-events: what sources received, and what came of it.
import { createRoute, z } from '@hono/zod-openapi';
import { appendLog } from '../../db/statements/append-log.ts';
import {
  endOfLookAtInboundEvents,
  findInboundEvent,
  type InboundEventDetail,
  type InboundEventRow,
  insertReplay,
  listInboundEvents,
} from '../../db/statements/inbound-events.ts';
import { PawlError } from '../../engine/errors.ts';
import type { ApiDeps } from '../deps.ts';
import { lookThrough } from '../look-through.ts';
import {
  INBOUND_STATUSES,
  inboundEventSchema,
  listedInboundEventSchema,
  presentInboundEvent,
  presentListedInboundEvent,
} from '../resources/inbound-events.ts';
import {
  answer,
  createRouter,
  guarded,
  idOf,
  notFound,
  page,
  pageQuery,
  readIdCursor,
  time,
} from '../routing.ts';

const tags = ['Inbound events'];
const params = z.object({ id: idOf('inbound_event') });

const list = createRoute({
  method: 'get',
  path: '/inbound-events',
  tags,
  summary: 'List inbound events, newest first',
  ...guarded('inbound_event.read'),
  request: {
    query: z.strictObject({
      ...pageQuery,
      source: z.guid().toLowerCase().optional().openapi({ description: 'Id of a source.' }),
      status: z.enum(INBOUND_STATUSES).optional(),
      type: z.string().max(200).optional().openapi({ description: 'The whole event type.' }),
      received_after: time.optional(),
      received_before: time.optional(),
    }),
  },
  responses: { 200: answer(page(listedInboundEventSchema), 'A page of events.') },
});

const get = createRoute({
  method: 'get',
  path: '/inbound-events/{id}',
  tags,
  summary: 'Get an inbound event with its headers and body',
  ...guarded('inbound_event.read'),
  request: { params },
  responses: { 200: answer(inboundEventSchema, 'The event.') },
});

const replay = createRoute({
  method: 'post',
  path: '/inbound-events/{id}/replay',
  tags,
  summary: 'Process an inbound event once more',
  description:
    'By the triggers as they are now. It has one more effect, on purpose, and is an event of its own; the first one stays as it is.',
  ...guarded('inbound_event.replay'),
  request: { params },
  responses: { 202: answer(listedInboundEventSchema, 'The repetition, to be processed.') },
});

export function inboundEventsRoutes({ db, ids, notifier }: ApiDeps) {
  return createRouter()
    .openapi(list, async (c) => {
      const { limit, cursor, source, status, type, ...received } = c.req.valid('query');
      const { tenant } = c.var;
      const filter = {
        tenantId: tenant.id,
        sourceId: source ?? null,
        status: status ?? null,
        eventType: type ?? null,
        receivedAfter: received.received_after ?? null,
        receivedBefore: received.received_before ?? null,
      };
      const events = lookThrough(
        {
          limit,
          before: readIdCursor(cursor),
          list: (asked) =>
            db.once<InboundEventRow[]>([tenant.id], (sql) =>
              listInboundEvents(sql, tenant.shard, { ...filter, ...asked }),
            ),
          async endOfLook(asked) {
            const [end] = await db.once<{ id: string }[]>([tenant.id], (sql) =>
              endOfLookAtInboundEvents(sql, tenant.shard, { ...filter, ...asked }),
            );
            return end?.id;
          },
        },
        presentListedInboundEvent,
      );
      return c.json(await events, 200);
    })

    .openapi(get, async (c) => {
      const { tenant } = c.var;
      const of = { tenantId: tenant.id, id: c.req.valid('param').id };
      const [row] = await db.once<InboundEventDetail[]>([tenant.id], (sql) =>
        findInboundEvent(sql, tenant.shard, of),
      );
      if (!row) throw notFound('inbound_event');
      return c.json(presentInboundEvent(row), 200);
    })

    .openapi(replay, async (c) => {
      const { id: replayOf } = c.req.valid('param');
      const { tenant, principal } = c.var;
      const id = ids.next();
      const row = await db.forTenants([tenant.id], async (sql) => {
        const [known] = await findInboundEvent(sql, tenant.shard, { tenantId: tenant.id, id: replayOf });
        if (!known) throw notFound('inbound_event');
        const [row] = await insertReplay(sql, tenant.shard, { tenantId: tenant.id, id, replayOf });
        if (!row) throw notReplayable(known);
        await appendLog(sql, tenant.shard, {
          tenantId: tenant.id,
          subjectId: replayOf,
          id: ids.next(),
          kind: 'inbound_event.replayed',
          actor: principal.actor,
          data: { replay_id: id, source_id: row.sourceId },
        });
        return row;
      });
      notifier.inbound();
      c.header('Location', `/api/v1/inbound-events/${id}`);
      return c.json(presentListedInboundEvent(row), 202);
    });
}

function notReplayable({ payload }: InboundEventDetail): PawlError {
  const message =
    payload === null
      ? 'It holds no event: it was refused, ignored, or could not be read.'
      : 'Its source was deleted, and its triggers with it.';
  return new PawlError('Conflict', 'inbound_event_not_replayable', message);
}
