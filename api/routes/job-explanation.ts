// GET /api/v1/jobs/{id}/explain: why a job can or cannot move.
import { createRoute, z } from '@hono/zod-openapi';
import { type ActionRunRow, listActionRuns } from '../../db/statements/action-runs.ts';
import type { Tenant } from '../../db/tenants.ts';
import { explain } from '../../engine/explain.ts';
import type { ApiDeps } from '../deps.ts';
import { existingJob, timersOf } from '../existing-job.ts';
import { listedActionRunSchema, presentListedRun } from '../resources/action-runs.ts';
import { factsOf, JOB_STATUSES, presentTimer, timerSchema } from '../resources/jobs.ts';
import { answer, createRouter, guarded, idOf } from '../routing.ts';

const verdictSchema = z.object({
  pointer: z.string(),
  state: z.string(),
  event: z.string(),
  target: z.string().nullable(),
  guard: z.string().nullable(),
  verdict: z.enum(['true', 'false', 'error', 'unknown']),
  message: z.string(),
});

const explanationSchema = z
  .object({
    job_id: z.string(),
    status: z.enum(JOB_STATUSES),
    current_state: z.string(),
    revision: z.int(),
    events: z.array(z.object({ type: z.string(), internal: z.boolean(), verdicts: z.array(verdictSchema) })),
    always: z.array(verdictSchema),
    waiting_for: z.object({ timers: z.array(timerSchema), action_runs: z.array(listedActionRunSchema) }),
  })
  .openapi('Explanation');

const route = createRoute({
  method: 'get',
  path: '/jobs/{id}/explain',
  tags: ['Jobs'],
  summary: 'Why a job can or cannot move',
  description:
    'Every transition of its active states with the verdict of its guard, and what the job waits for.',
  ...guarded('job.read'),
  request: { params: z.object({ id: idOf('job') }) },
  responses: { 200: answer(explanationSchema, 'The verdicts.') },
});

const WAITING_RUNS_SHOWN = 200;
/** Deliveries are among them, and are not shown. */
const RUNS_LOOKED_AT = 2_000;
const OVER = new Set(['SUCCEEDED', 'FAILED', 'SKIPPED']);

export function jobExplanationRoutes(deps: ApiDeps) {
  const { db, jobs } = deps;

  async function unfinishedRuns(tenant: Tenant, jobId: string): Promise<ActionRunRow[]> {
    const none = {
      workflowId: null,
      status: null,
      connectionId: null,
      name: null,
      createdAfter: null,
      createdBefore: null,
    };
    const of = {
      ...none,
      tenantId: tenant.id,
      jobId,
      before: null,
      limit: WAITING_RUNS_SHOWN,
      look: RUNS_LOOKED_AT,
    };
    const rows = await db.once<ActionRunRow[]>([tenant.id], (sql) => listActionRuns(sql, tenant.shard, of));
    return rows.filter(({ status }) => !OVER.has(status)).reverse();
  }

  return createRouter().openapi(route, async (c) => {
    const { id } = c.req.valid('param');
    const tenant = c.get('tenant');
    const [row, timers, runs] = await Promise.all([
      existingJob(deps, tenant, id),
      timersOf(deps, tenant, id),
      unfinishedRuns(tenant, id),
    ]);
    const { compiled } = await jobs.versions.get(tenant, row.workflowVersionId);
    const facts = await jobs.loader.facts(tenant, id, compiled.actionNames);
    const ended = row.status !== 'ACTIVE';
    const { events, always } = ended
      ? { events: [], always: [] }
      : explain(compiled, { snapshot: row.snapshot, job: factsOf(row), facts });
    const standing = { status: row.status, current_state: row.currentState, revision: row.revision };
    const waiting = { timers: timers.map(presentTimer), action_runs: runs.map(presentListedRun) };
    return c.json({ job_id: id, ...standing, events, always, waiting_for: waiting }, 200);
  });
}
