// Jobs: start one, find them, look into one, end one. Sending events, streaming and explaining have files of their own.
import { createRoute, z } from '@hono/zod-openapi';
import {
  endOfLookAtJobs,
  type JobListRow,
  type LogRow,
  listJobs,
  listLog,
} from '../../db/statements/job-lists.ts';
import { MAX_JOB_KEY_LENGTH } from '../../engine/definition.ts';
import type { ApiDeps } from '../deps.ts';
import { existingJob, timersOf } from '../existing-job.ts';
import { existingWorkflow, workflowRef } from '../existing-workflow.ts';
import { idempotencyHeader, idempotencyOf, markReplayed } from '../idempotency.ts';
import { refusal } from '../job-outcomes.ts';
import { createJobStreams, streamRoute } from '../job-stream.ts';
import { lookThrough } from '../look-through.ts';
import {
  JOB_STATUSES,
  jobSchema,
  listedJobSchema,
  logEntrySchema,
  presentJob,
  presentListedJob,
  presentLogEntry,
  presentTransition,
  transitionAnswerSchema,
} from '../resources/jobs.ts';
import {
  answer,
  body,
  createRouter,
  guarded,
  idOf,
  jsonObject,
  page,
  pageOf,
  pageQuery,
  readIdCursor,
  time,
} from '../routing.ts';
import { jobEventRoutes } from './job-events.ts';
import { jobExplanationRoutes } from './job-explanation.ts';

const tags = ['Jobs'];
const params = z.object({ id: idOf('job') });

const start = createRoute({
  method: 'post',
  path: '/jobs',
  tags,
  summary: 'Start a job',
  description: 'Runs the published version of the workflow; the job stays on that version to its end.',
  ...guarded('job.start'),
  request: {
    body: body(
      z
        .strictObject({
          workflow: workflowRef,
          input: jsonObject.optional().openapi({ description: 'Laid over the context of the definition.' }),
          key: z.string().min(1).max(MAX_JOB_KEY_LENGTH).optional().openapi({
            description: 'Of your own, for instance an order number. One live job per workflow may hold it.',
          }),
        })
        .openapi('StartJob', { example: { workflow: 'work-order', input: { amount: 12 } } }),
    ),
  },
  responses: {
    201: {
      ...answer(transitionAnswerSchema, 'The job, in its first state.'),
      headers: { Location: { schema: { type: 'string' } } },
    },
  },
});

const list = createRoute({
  method: 'get',
  path: '/jobs',
  tags,
  summary: 'List jobs, newest first',
  ...guarded('job.read'),
  request: {
    query: z.strictObject({
      ...pageQuery,
      workflow: workflowRef.optional(),
      parent: z.guid().toLowerCase().optional().openapi({ description: 'Id of the job that started them.' }),
      status: z.enum(JOB_STATUSES).optional(),
      state: z.string().max(1_000).optional().openapi({ description: 'The whole current state.' }),
      key: z.string().max(MAX_JOB_KEY_LENGTH).optional(),
      created_after: time.optional(),
      created_before: time.optional(),
    }),
  },
  responses: { 200: answer(page(listedJobSchema), 'A page of jobs.') },
});

const get = createRoute({
  method: 'get',
  path: '/jobs/{id}',
  tags,
  summary: 'Get a job',
  ...guarded('job.read'),
  request: { params },
  responses: { 200: answer(jobSchema, 'The job; its ETag is its revision.') },
});

const log = createRoute({
  method: 'get',
  path: '/jobs/{id}/log',
  tags,
  summary: 'What happened to a job, oldest first',
  ...guarded('job.read'),
  request: { params, query: z.strictObject(pageQuery) },
  responses: { 200: answer(page(logEntrySchema), 'A page of entries.') },
});

const cancel = createRoute({
  method: 'post',
  path: '/jobs/{id}/cancel',
  tags,
  summary: 'End a job where it stands',
  description: 'Its timers are removed. Actions of transitions already committed still go out.',
  ...guarded('job.cancel'),
  request: {
    params,
    body: { ...body(z.strictObject({ reason: z.string().max(1_000).optional() })), required: false },
  },
  responses: { 200: answer(jobSchema, 'The job, CANCELLED.') },
});

/** Entries of a job are never older than the job, but for what two clocks differ. */
const CLOCK_SLACK_MS = 3_600_000;

export function jobsRoutes(deps: ApiDeps) {
  const { db, jobs } = deps;
  const routes = createRouter();
  const streams = createJobStreams(deps);

  routes.openAPIRegistry.registerPath(streamRoute);
  routes.get('/jobs/:id/stream', guarded('job.read').middleware, (c) => streams.open(c));

  routes.openapi({ ...start, parameters: [idempotencyHeader] }, async (c) => {
    const { workflow, input = {}, key = null } = c.req.valid('json');
    const tenant = c.get('tenant');
    const outcome = await jobs.start(tenant, {
      workflow,
      input,
      key,
      actor: c.get('principal').actor,
      idempotency: idempotencyOf(c, { workflow, input, key }),
      span: c.get('span'),
    });
    if (outcome.kind !== 'committed') throw await refusal(jobs, tenant, outcome);
    if (outcome.replayed) markReplayed(c);
    c.header('Location', `/api/v1/jobs/${outcome.answer.job.id}`);
    c.header('ETag', `"${outcome.answer.job.revision}"`);
    return c.json(presentTransition(outcome.answer), 201);
  });

  routes.openapi(list, async (c) => {
    const { limit, cursor, workflow, parent, status, state, key, ...created } = c.req.valid('query');
    const tenant = c.get('tenant');
    const filter = {
      tenantId: tenant.id,
      workflowId: workflow === undefined ? null : (await existingWorkflow(deps, tenant, workflow)).id,
      parentJobId: parent ?? null,
      status: status ?? null,
      state: state ?? null,
      key: key ?? null,
      createdAfter: created.created_after ?? null,
      createdBefore: created.created_before ?? null,
    };
    const jobList = lookThrough(
      {
        limit,
        before: readIdCursor(cursor),
        list: (asked) =>
          db.once<JobListRow[]>([tenant.id], (sql) => listJobs(sql, tenant.shard, { ...filter, ...asked })),
        async endOfLook(asked) {
          const of = { ...filter, ...asked };
          const [end] = await db.once<{ id: string }[]>([tenant.id], (sql) =>
            endOfLookAtJobs(sql, tenant.shard, of),
          );
          return end?.id;
        },
      },
      presentListedJob,
    );
    return c.json(await jobList, 200);
  });

  routes.openapi(get, async (c) => {
    const { id } = c.req.valid('param');
    const tenant = c.get('tenant');
    const [row, timers] = await Promise.all([existingJob(deps, tenant, id), timersOf(deps, tenant, id)]);
    c.header('ETag', `"${row.revision}"`);
    return c.json(presentJob(row, await jobs.versions.get(tenant, row.workflowVersionId), timers), 200);
  });

  routes.openapi(log, async (c) => {
    const { id } = c.req.valid('param');
    const { limit, cursor } = c.req.valid('query');
    const after = readIdCursor(cursor);
    const tenant = c.get('tenant');
    const { createdAt } = await existingJob(deps, tenant, id);
    const since = new Date(createdAt.getTime() - CLOCK_SLACK_MS);
    const of = { tenantId: tenant.id, subjectId: id, since, after, limit: limit + 1 };
    const rows = await db.once<LogRow[]>([tenant.id], (sql) => listLog(sql, tenant.shard, of));
    return c.json(
      pageOf(rows, limit, presentLogEntry, (entry) => [entry.id]),
      200,
    );
  });

  routes.openapi(cancel, async (c) => {
    const { id } = c.req.valid('param');
    const { reason = '' } = c.req.valid('json');
    const tenant = c.get('tenant');
    const row = await jobs.cancel(tenant, { jobId: id, actor: c.get('principal').actor, reason });
    c.header('ETag', `"${row.revision}"`);
    return c.json(presentJob(row, await jobs.versions.get(tenant, row.workflowVersionId), []), 200);
  });

  routes.route('/', jobExplanationRoutes(deps));
  routes.route('/', jobEventRoutes(deps));
  return routes;
}
