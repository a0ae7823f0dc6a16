// Action runs: find them, see what was sent and answered, step in.
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import {
  ACTION_RUN_STATUSES,
  type ActionRunRow,
  type AttemptRow,
  endOfLookAtActionRuns,
  type FullActionRunRow,
  findActionRun,
  listActionRuns,
  listAttempts,
} from '../../db/statements/action-runs.ts';
import type { Tenant } from '../../db/tenants.ts';
import { type ActionInterventions, createActionInterventions } from '../action-interventions.ts';
import type { ApiDeps, AppEnv } from '../deps.ts';
import { existingWorkflow, workflowRef } from '../existing-workflow.ts';
import { lookThrough } from '../look-through.ts';
import {
  type ActionRunResource,
  actionRunSchema,
  listedActionRunSchema,
  presentListedRun,
  presentRun,
} from '../resources/action-runs.ts';
import {
  answer,
  body,
  createRouter,
  guarded,
  idOf,
  notFound,
  page,
  pageQuery,
  readIdCursor,
  time,
} from '../routing.ts';

const tags = ['Actions'];
const params = z.object({ id: idOf('action_run') });

const list = createRoute({
  method: 'get',
  path: '/actions',
  tags,
  summary: 'List action runs, newest first',
  ...guarded('action.read'),
  request: {
    query: z.strictObject({
      ...pageQuery,
      job: z.guid().toLowerCase().optional(),
      workflow: workflowRef.optional(),
      status: z.enum(ACTION_RUN_STATUSES).optional(),
      connection: z.guid().toLowerCase().optional(),
      name: z.string().max(100).optional(),
      created_after: time.optional(),
      created_before: time.optional(),
    }),
  },
  responses: { 200: answer(page(listedActionRunSchema), 'A page of action runs.') },
});

const get = createRoute({
  method: 'get',
  path: '/actions/{id}',
  tags,
  summary: 'Get an action run with its attempts',
  description:
    'Request and response are the last ones; the attempt log has them all. Credentials are in neither.',
  ...guarded('action.read'),
  request: { params },
  responses: { 200: answer(actionRunSchema, 'The action run.') },
});

const intervention = {
  tags,
  ...guarded('action.write'),
  request: {
    params,
    body: { ...body(z.strictObject({ reason: z.string().max(1_000).optional() })), required: false },
  },
  responses: { 200: answer(actionRunSchema, 'The action run as it is now.') },
};

const retry = createRoute({
  method: 'post',
  path: '/actions/{id}/retry',
  summary: 'Fire a FAILED action again',
  description: 'What was skipped because it failed is queued behind it again. Attempts are counted on.',
  ...intervention,
});

const resend = createRoute({
  method: 'post',
  path: '/actions/{id}/resend',
  summary: 'Send an UNKNOWN action again, under the same Idempotency-Key',
  ...intervention,
});

const skip = createRoute({
  method: 'post',
  path: '/actions/{id}/skip',
  summary: 'Go on without an action',
  description: 'For one that waits, whose outcome is UNKNOWN, or that FAILED. The rest of its list goes on.',
  ...intervention,
});

/** The log is never older than the run, but for what two clocks differ. */
const CLOCK_SLACK_MS = 3_600_000;

export function actionsRoutes(deps: ApiDeps) {
  const { db } = deps;
  const routes = createRouter();
  const interventions = createActionInterventions(deps);

  async function existing(tenant: Tenant, id: string): Promise<ActionRunResource> {
    const { id: tenantId } = tenant;
    const [row] = await db.once<FullActionRunRow[]>([tenantId], (sql) =>
      findActionRun(sql, tenant.shard, { tenantId, id }),
    );
    if (!row) throw notFound('action_run');
    const since = new Date(row.createdAt.getTime() - CLOCK_SLACK_MS);
    const of = { tenantId, jobId: row.jobId, runId: id, since };
    const attempts = await db.once<AttemptRow[]>([tenantId], (sql) => listAttempts(sql, tenant.shard, of));
    return presentRun(row, attempts);
  }

  routes.openapi(list, async (c) => {
    const { limit, cursor, job, workflow, status, connection, name, ...created } = c.req.valid('query');
    const tenant = c.get('tenant');
    const filter = {
      tenantId: tenant.id,
      jobId: job ?? null,
      workflowId: workflow === undefined ? null : (await existingWorkflow(deps, tenant, workflow)).id,
      status: status ?? null,
      connectionId: connection ?? null,
      name: name ?? null,
      createdAfter: created.created_after ?? null,
      createdBefore: created.created_before ?? null,
    };
    const runs = lookThrough(
      {
        limit,
        before: readIdCursor(cursor),
        list: (asked) =>
          db.once<ActionRunRow[]>([tenant.id], (sql) =>
            listActionRuns(sql, tenant.shard, { ...filter, ...asked }),
          ),
        async endOfLook(asked) {
          const of = { ...filter, ...asked };
          const [end] = await db.once<{ id: string }[]>([tenant.id], (sql) =>
            endOfLookAtActionRuns(sql, tenant.shard, of),
          );
          return end?.id;
        },
      },
      presentListedRun,
    );
    return c.json(await runs, 200);
  });

  routes.openapi(get, async (c) => c.json(await existing(c.get('tenant'), c.req.valid('param').id), 200));

  async function intervene(
    c: Context<AppEnv>,
    how: keyof ActionInterventions,
    runId: string,
    reason: string | undefined,
  ): Promise<ActionRunResource> {
    const tenant = c.get('tenant');
    await interventions[how](tenant, { runId, actor: c.get('principal').actor, reason: reason ?? null });
    return existing(tenant, runId);
  }

  routes.openapi(retry, async (c) =>
    c.json(await intervene(c, 'retry', c.req.valid('param').id, c.req.valid('json').reason), 200),
  );
  routes.openapi(resend, async (c) =>
    c.json(await intervene(c, 'resend', c.req.valid('param').id, c.req.valid('json').reason), 200),
  );
  routes.openapi(skip, async (c) =>
    c.json(await intervene(c, 'skip', c.req.valid('param').id, c.req.valid('json').reason), 200),
  );

  return routes;
}
