// /api/v1/deliveries: what was due to subscribers, what became of it, and sending it again.
import { createRoute, z } from '@hono/zod-openapi';
import type { ReservedSql } from '../../db/client.ts';
import { ACTION_RUN_STATUSES, type AttemptRow, listAttempts } from '../../db/statements/action-runs.ts';
import { appendLog } from '../../db/statements/append-log.ts';
import {
  ALL_DELIVERIES,
  chooseDeliveries,
  type DeliveryFilter,
  type DeliveryRow,
  endOfLookAtDeliveries,
  type FullDeliveryRow,
  findDelivery,
  listDeliveries,
  lockDeliveries,
  replayDeliveries,
} from '../../db/statements/deliveries.ts';
import type { Tenant } from '../../db/tenants.ts';
import { PawlError } from '../../engine/errors.ts';
import { connectionsOpenTo, mayDo, type Permission } from '../auth/decide-access.ts';
import type { Principal } from '../auth/principal.ts';
import type { ApiDeps } from '../deps.ts';
import { lookThrough } from '../look-through.ts';
import {
  deliverySchema,
  listedDeliverySchema,
  presentDelivery,
  presentListedDelivery,
} from '../resources/deliveries.ts';
import {
  answer,
  body,
  createRouter,
  forbidden,
  guarded,
  idOf,
  notFound,
  page,
  pageQuery,
  readIdCursor,
  time,
  writeCursor,
} from '../routing.ts';
import { sendTest } from '../subscription-test.ts';

const tags = ['Notifications'];
const params = z.object({ id: idOf('delivery') });
const anId = z.guid().toLowerCase();

const list = createRoute({
  method: 'get',
  path: '/deliveries',
  tags,
  summary: 'List deliveries, newest first',
  ...guarded('delivery.read', 'some'),
  request: {
    query: z.strictObject({
      ...pageQuery,
      subscription: anId.optional(),
      job: anId.optional(),
      workflow: anId.optional(),
      connection: anId.optional(),
      endpoint: anId.optional(),
      status: z.enum(ACTION_RUN_STATUSES).optional(),
      created_after: time.optional(),
      created_before: time.optional(),
    }),
  },
  responses: { 200: answer(page(listedDeliverySchema), 'A page of those the caller may see.') },
});

const get = createRoute({
  method: 'get',
  path: '/deliveries/{id}',
  tags,
  summary: 'Get a delivery with its attempts',
  ...guarded('delivery.read', 'some'),
  request: { params },
  responses: { 200: answer(deliverySchema, 'The delivery.') },
});

const replay = createRoute({
  method: 'post',
  path: '/deliveries/{id}/replay',
  tags,
  summary: 'Send a delivery again',
  description:
    'Whatever became of it, and under the same id: a receiver that had it knows it. Not while it is on its way.',
  ...guarded('delivery.write', 'some'),
  request: { params },
  responses: { 200: answer(deliverySchema, 'The delivery, queued again.') },
});

/** As many as one statement moves without holding up the queue. */
const REPLAY_MAX = 1_000;

const replayMany = createRoute({
  method: 'post',
  path: '/deliveries/replay',
  tags,
  summary: 'Send deliveries again',
  description: `Those that failed, unless other statuses are named; oldest first, at most ${REPLAY_MAX} a call: while \`more\`, ask again with \`next_cursor\` as the \`cursor\`, or those of the first call may be chosen once more.`,
  ...guarded('delivery.write', 'some'),
  request: {
    body: body(
      z
        .strictObject({
          subscription_id: anId.optional(),
          connection_id: anId.optional(),
          endpoint_id: anId.optional(),
          job_id: anId.optional(),
          statuses: z
            .array(z.enum(['SUCCEEDED', 'FAILED', 'SKIPPED', 'UNKNOWN']))
            .min(1)
            .default(['FAILED']),
          created_after: time.optional(),
          created_before: time.optional(),
          cursor: z
            .string()
            .max(200)
            .optional()
            .openapi({ description: '`next_cursor` of the call before.' }),
        })
        .openapi('ReplayDeliveries'),
    ),
  },
  responses: {
    200: answer(
      z.object({ replayed: z.int(), more: z.boolean(), next_cursor: z.string().nullable() }),
      'How many are queued again.',
    ),
  },
});

const test = createRoute({
  method: 'post',
  path: '/subscriptions/{id}/test',
  tags,
  summary: 'Send what a subscription would say of a job as it is now',
  description: 'A delivery like any other, of kind `test`: its filter, supplies and limits hold.',
  ...guarded('subscription.write', 'some', 'job.read'),
  request: {
    params: z.object({ id: idOf('subscription') }),
    body: {
      ...body(
        z.strictObject({
          job_id: anId.optional().openapi({ description: 'Default: the newest it would be told of.' }),
        }),
      ),
      required: false,
    },
  },
  responses: { 202: answer(deliverySchema, 'The delivery, queued.') },
});

/** The log is never older than the run, but for what two clocks differ. */
const CLOCK_SLACK_MS = 3_600_000;

const mayAt = (principal: Principal, permission: Permission, connectionId: string | null) =>
  mayDo(principal, permission, connectionId ?? undefined);

/** @returns those that are queued again, and the last that was looked at where there may be more behind it */
async function sendAgain(sql: ReservedSql, tenant: Tenant, of: DeliveryFilter, after: string | null = null) {
  const chosen = await chooseDeliveries(sql, tenant.shard, of, { after, limit: REPLAY_MAX });
  const ids = { tenantId: tenant.id, ids: chosen.map(({ id }) => id) };
  await lockDeliveries(sql, tenant.shard, ids);
  const queued = await replayDeliveries(sql, tenant.shard, ids);
  return { queued, last: chosen.length === REPLAY_MAX ? (chosen.at(-1)?.id ?? null) : null };
}

export function deliveriesRoutes(deps: ApiDeps) {
  const { db, ids, wake } = deps;

  const openTo = (principal: Principal, permission: 'delivery.read' | 'delivery.write') =>
    mayDo(principal, permission) ? null : connectionsOpenTo(principal, permission);

  async function existing(tenant: Tenant, principal: Principal, id: string) {
    const { id: tenantId } = tenant;
    const [row] = await db.once<FullDeliveryRow[]>([tenantId], (sql) =>
      findDelivery(sql, tenant.shard, { tenantId, id }),
    );
    if (!row || !mayAt(principal, 'delivery.read', row.connectionId)) throw notFound('delivery');
    const since = new Date(row.createdAt.getTime() - CLOCK_SLACK_MS);
    const of = { tenantId, jobId: row.jobId, runId: id, since };
    const attempts = await db.once<AttemptRow[]>([tenantId], (sql) => listAttempts(sql, tenant.shard, of));
    return presentDelivery(row, attempts, mayDo(principal, 'job.read'));
  }

  return createRouter()
    .openapi(list, async (c) => {
      const { limit, cursor, subscription, job, workflow, connection, endpoint, status, ...created } =
        c.req.valid('query');
      const { tenant, principal } = c.var;
      const of = {
        ...ALL_DELIVERIES,
        tenantId: tenant.id,
        subscriptionId: subscription ?? null,
        jobId: job ?? null,
        workflowId: workflow ?? null,
        connectionId: connection ?? null,
        endpointId: endpoint ?? null,
        statuses: status === undefined ? null : [status],
        createdAfter: created.created_after ?? null,
        createdBefore: created.created_before ?? null,
        onConnections: openTo(principal, 'delivery.read'),
      };
      const deliveries = lookThrough(
        {
          limit,
          before: readIdCursor(cursor),
          list: (asked) =>
            db.once<DeliveryRow[]>([tenant.id], (sql) =>
              listDeliveries(sql, tenant.shard, { ...of, ...asked }),
            ),
          async endOfLook(asked) {
            const [end] = await db.once<{ id: string }[]>([tenant.id], (sql) =>
              endOfLookAtDeliveries(sql, tenant.shard, { ...of, ...asked }),
            );
            return end?.id;
          },
        },
        presentListedDelivery,
      );
      return c.json(await deliveries, 200);
    })

    .openapi(get, async (c) =>
      c.json(await existing(c.var.tenant, c.var.principal, c.req.valid('param').id), 200),
    )

    .openapi(replay, async (c) => {
      const { id } = c.req.valid('param');
      const { tenant, principal } = c.var;
      const before = await existing(tenant, principal, id);
      if (!mayAt(principal, 'delivery.write', before.connection_id)) throw forbidden('delivery.write');
      await db.forTenants([tenant.id], async (sql) => {
        const of = { ...ALL_DELIVERIES, tenantId: tenant.id, ids: [id] };
        const [queued] = (await sendAgain(sql, tenant, of)).queued;
        if (!queued) {
          const message = `The delivery is ${before.status}: it goes out without your doing anything.`;
          throw new PawlError('Conflict', 'delivery_under_way', message);
        }
        await appendLog(sql, tenant.shard, {
          tenantId: tenant.id,
          subjectId: queued.jobId,
          id: ids.next(),
          kind: 'delivery.replayed',
          actor: principal.actor,
          data: { delivery_id: id, was: before.status },
        });
      });
      wake(new Set([tenant.shard]));
      return c.json(await existing(tenant, principal, id), 200);
    })

    .openapi(replayMany, async (c) => {
      const asked = c.req.valid('json');
      const { tenant, principal } = c.var;
      const of = {
        ...ALL_DELIVERIES,
        tenantId: tenant.id,
        subscriptionId: asked.subscription_id ?? null,
        connectionId: asked.connection_id ?? null,
        endpointId: asked.endpoint_id ?? null,
        jobId: asked.job_id ?? null,
        statuses: asked.statuses,
        createdAfter: asked.created_after ?? null,
        createdBefore: asked.created_before ?? null,
        onConnections: openTo(principal, 'delivery.write'),
      };
      const after = readIdCursor(asked.cursor);
      const { replayed, last } = await db.forTenants([tenant.id], async (sql) => {
        const { queued, last } = await sendAgain(sql, tenant, of, after);
        if (queued.length === 0) return { replayed: 0, last };
        const { tenantId: _, ids: __, onConnections: ___, ...filter } = of;
        await appendLog(sql, tenant.shard, {
          tenantId: tenant.id,
          subjectId: tenant.id,
          id: ids.next(),
          kind: 'deliveries.replayed',
          actor: principal.actor,
          data: { replayed: queued.length, filter: JSON.parse(JSON.stringify(filter)) },
        });
        return { replayed: queued.length, last };
      });
      if (replayed > 0) wake(new Set([tenant.shard]));
      return c.json({ replayed, more: last !== null, next_cursor: last && writeCursor([last]) }, 200);
    })

    .openapi(test, async (c) => {
      const { tenant, principal } = c.var;
      const asked = { subscriptionId: c.req.valid('param').id, jobId: c.req.valid('json').job_id ?? null };
      const id = await sendTest(deps, tenant, principal, asked);
      wake(new Set([tenant.shard]));
      return c.json(await existing(tenant, principal, id), 202);
    });
}
