// Moving jobs that run to another version: what would become of them, one of them, and all of a version page by page.
import { createRoute, z } from '@hono/zod-openapi';
import { type JobOfVersionRow, listJobsOfVersion } from '../../db/statements/job-lists.ts';
import { isPawlError, type Problem } from '../../engine/errors.ts';
import { migrate } from '../../engine/migrate.ts';
import { snapshotIn } from '../../engine/standing.ts';
import type { ApiDeps } from '../deps.ts';
import { existingJob } from '../existing-job.ts';
import {
  existingVersion,
  existingWorkflow,
  VERSION_MAX,
  versionNumber,
  workflowParam,
} from '../existing-workflow.ts';
import { countJobs } from '../job-counts.ts';
import { jobSchema, presentJob } from '../resources/jobs.ts';
import { problemSchema } from '../resources/workflows.ts';
import {
  answer,
  body,
  createRouter,
  guarded,
  idOf,
  page,
  pageOf,
  pageQuery,
  readIdCursor,
} from '../routing.ts';

const tags = ['Jobs'];
const statePath = z.string().min(1).max(1_000);

const move = {
  version: versionNumber.openapi({ description: 'Of the same workflow.' }),
  state_map: z
    .record(statePath, statePath)
    .optional()
    .openapi({
      description:
        'Paths of states of the version that the job comes from, to paths of the one it goes to. What is inside a mapped state goes with it; what is not mapped keeps its path.',
      example: { review: 'approval' },
    }),
  dry_run: z.boolean().optional().openapi({ description: 'Only say what would be.' }),
};

const migrateOne = createRoute({
  method: 'post',
  path: '/jobs/{id}/migrate',
  tags,
  summary: 'Have a job go on in another version',
  description:
    'It stands where it stood, or where the map says. No action is carried out: nothing is left, entered or sent. Timers that are in both versions go on, others begin anew or are removed. Refused with `job_not_migratable` when it cannot stand there.',
  ...guarded('job.migrate'),
  request: {
    params: z.object({ id: idOf('job') }),
    body: body(z.strictObject(move).openapi('MigrateJob', { example: { version: 2 } })),
  },
  responses: { 200: answer(jobSchema, 'The job, in the version asked for.') },
});

const moved = z
  .object({
    id: z.string(),
    key: z.string().nullable(),
    current_state: z.string(),
    to_state: z.string().nullable().openapi({ description: 'Null when it cannot go.' }),
    problems: z.array(problemSchema),
  })
  .openapi('MigratedJob');

const migrateAll = createRoute({
  method: 'post',
  path: '/workflows/{workflow}/migrate',
  tags,
  summary: 'Have the active jobs of a version go on in another one',
  description:
    'A page of jobs at a time, oldest first; each is a commit of its own. Go on with `next_cursor` until it is null. A job that cannot go stays, and its item says why.',
  ...guarded('job.migrate'),
  request: {
    params: workflowParam,
    query: z.strictObject(pageQuery),
    body: body(z.strictObject({ ...move, from_version: versionNumber }).openapi('MigrateJobs')),
  },
  responses: { 200: answer(page(moved), 'What became of each job of the page.') },
});

const impact = createRoute({
  method: 'get',
  path: '/workflows/{workflow}/impact',
  tags,
  summary: 'Where the jobs that run would stand in a version',
  description:
    'By what their states are alone: what a single job remembers, in history states, is looked at when it is moved.',
  ...guarded('job.read'),
  request: {
    params: workflowParam,
    query: z.strictObject({
      version: z.coerce
        .number()
        .int()
        .min(1)
        .max(VERSION_MAX)
        .optional()
        .openapi({ description: 'Without it, the latest.' }),
    }),
  },
  responses: {
    200: answer(
      z
        .object({
          version: z.int(),
          items: z.array(
            z.object({
              version: z.int().openapi({ description: 'The one that the jobs are in.' }),
              current_state: z.string(),
              jobs: z.int(),
              to_state: z.string().nullable().openapi({ description: 'Null when a map must say.' }),
              problems: z.array(problemSchema),
            }),
          ),
          more: z.boolean().openapi({
            description: 'There are older active jobs, too many to look at: the numbers are of the newest.',
          }),
        })
        .openapi('Impact'),
      'One item for each other version and state that has active jobs.',
    ),
  },
});

export function migrationRoutes(deps: ApiDeps) {
  const { db, jobs } = deps;
  const routes = createRouter();

  routes.openapi(migrateOne, async (c) => {
    const { id } = c.req.valid('param');
    const { version, state_map: stateMap = {}, dry_run: dryRun = false } = c.req.valid('json');
    const tenant = c.get('tenant');
    const row = await existingJob(deps, tenant, id);
    const { id: versionId } = await existingVersion(deps, tenant, row.workflowId, version);
    const { actor } = c.get('principal');
    const job = await jobs.migrate(tenant, { jobId: id, versionId, stateMap, actor, dryRun });
    c.header('ETag', `"${job.revision}"`);
    return c.json(presentJob(job, await jobs.versions.get(tenant, job.workflowVersionId), []), 200);
  });

  routes.openapi(migrateAll, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const given = c.req.valid('json');
    const tenant = c.get('tenant');
    const { actor } = c.get('principal');
    const { id: workflowId } = await existingWorkflow(deps, tenant, c.req.valid('param').workflow);
    const [from, to] = await Promise.all([
      existingVersion(deps, tenant, workflowId, given.from_version),
      existingVersion(deps, tenant, workflowId, given.version),
    ]);
    const of = { tenantId: tenant.id, workflowId, versionId: from.id, after: readIdCursor(cursor) };
    const rows = await db.once<JobOfVersionRow[]>([tenant.id], (sql) =>
      listJobsOfVersion(sql, tenant.shard, { ...of, limit: limit + 1 }),
    );
    const how = { versionId: to.id, stateMap: given.state_map ?? {}, dryRun: given.dry_run ?? false, actor };
    const listed = pageOf(
      rows,
      limit,
      (row) => row,
      ({ id }) => [id],
    );
    const items = await Promise.all(
      listed.items.map(async ({ id, key, currentState }) => {
        const outcome = await outcomeOf(jobs.migrate(tenant, { jobId: id, ...how }));
        return { id, key, current_state: currentState, ...outcome };
      }),
    );
    return c.json({ items, next_cursor: listed.next_cursor }, 200);
  });

  routes.openapi(impact, async (c) => {
    const tenant = c.get('tenant');
    const { id: workflowId } = await existingWorkflow(deps, tenant, c.req.valid('param').workflow);
    const wanted = await existingVersion(deps, tenant, workflowId, c.req.valid('query').version ?? 'latest');
    const { counts, moreOf } = await countJobs(db, tenant, workflowId);
    const elsewhere = counts.filter(
      ({ status, version }) => status === 'ACTIVE' && version !== wanted.version,
    );
    const to = (await jobs.versions.get(tenant, wanted.id)).compiled;
    const items = await Promise.all(
      elsewhere.map(async ({ version, currentState, jobs: count }) => {
        const { id } = await existingVersion(deps, tenant, workflowId, version);
        const from = (await jobs.versions.get(tenant, id)).compiled;
        const snapshot = snapshotIn(from, currentState, undefined);
        const migration = migrate(from, to, { snapshot, stateMap: {} });
        return {
          version,
          current_state: currentState,
          jobs: count,
          to_state: migration.ok ? migration.migrated.currentState : null,
          problems: migration.ok ? [] : migration.problems,
        };
      }),
    );
    return c.json({ version: wanted.version, items, more: moreOf.includes('ACTIVE') }, 200);
  });

  return routes;
}

/** A job that cannot go is no failure of the page it is in. */
async function outcomeOf(
  migrating: Promise<{ currentState: string }>,
): Promise<{ to_state: string | null; problems: Problem[] }> {
  try {
    return { to_state: (await migrating).currentState, problems: [] };
  } catch (error) {
    if (!isPawlError(error) || (error.kind !== 'Conflict' && error.kind !== 'NotFound')) throw error;
    const { code, message } = error;
    const alone: Problem = { pointer: '', code, message, severity: 'error' };
    return { to_state: null, problems: error.problems.length > 0 ? [...error.problems] : [alone] };
  }
}
