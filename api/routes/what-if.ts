// What if this job had run that definition? Everything it met, met again; nothing is written and nothing is sent.
import { createRoute, z } from '@hono/zod-openapi';
import { type LogRow, listMoves } from '../../db/statements/job-lists.ts';
import { listNamedRuns, type NamedRunRow } from '../../db/statements/load-facts.ts';
import type { JobRow } from '../../db/statements/load-jobs.ts';
import { findConnectionsById, type ReferencedConnection } from '../../db/statements/workflows.ts';
import type { Tenant } from '../../db/tenants.ts';
import { PawlError } from '../../engine/errors.ts';
import { type WhatIfStep, whatIf } from '../../engine/what-if.ts';
import { factsAt, pastMove } from '../../jobs/past.ts';
import type { ApiDeps } from '../deps.ts';
import { existingJob } from '../existing-job.ts';
import { versionNumber } from '../existing-workflow.ts';
import { presentWhatIf, whatIfSchema } from '../resources/what-ifs.ts';
import { answer, body, createRouter, guarded, idOf, jsonObject } from '../routing.ts';
import { draftSubject, savedSubject } from '../workflow-subject.ts';

const route = createRoute({
  method: 'post',
  path: '/jobs/{id}/what-if',
  tags: ['Jobs'],
  summary: 'What would another definition have made of this job?',
  description:
    'Every event that the job met is met again, in order, by a job of the other definition or version: how its ' +
    'actions ended is taken from this job, and timers go off by its times. Nothing is written and nothing is sent.',
  ...guarded('job.read'),
  request: {
    params: z.object({ id: idOf('job') }),
    body: body(
      z
        .strictObject({
          definition: jsonObject.optional(),
          version: versionNumber.optional().openapi({ description: 'Of the job’s workflow.' }),
          leave_out_errors: z.boolean().optional().openapi({ description: 'As in a simulation.' }),
        })
        .refine(
          ({ definition, version }) => (definition === undefined) !== (version === undefined),
          'needs either a definition or a version',
        )
        .openapi('AskWhatIf'),
    ),
  },
  responses: { 200: answer(whatIfSchema, 'Each step as it was and as it would have been.') },
});

/** Two decisions each, in the process that answers others too. */
const MOVES_MAX = 250;

export function whatIfRoutes(deps: ApiDeps) {
  const { db, jobs, clock } = deps;
  const routes = createRouter();

  async function movesOf(tenant: Tenant, { id: jobId, createdAt: since }: JobRow) {
    const of = { tenantId: tenant.id, jobId, since, afterSeq: 0, limit: MOVES_MAX };
    const rows = await db.once<(LogRow & { seq: number })[]>([tenant.id], (sql) =>
      listMoves(sql, tenant.shard, of),
    );
    if (rows[0]?.seq === 1) return rows;
    throw new PawlError(
      'Conflict',
      'job_log_incomplete',
      'The log of this job does not reach back to its start any more, so it cannot be gone through again.',
    );
  }

  /** Of the past that is compared: a long job has more. */
  function runsUpTo(tenant: Tenant, jobId: string, rows: readonly LogRow[]) {
    // A transition and its entry in the log have one id.
    const transitionId = rows.findLast(({ kind }) => kind === 'transition')?.id ?? jobId;
    const of = { tenantId: tenant.id, jobId, transitionId };
    return db.once<NamedRunRow[]>([tenant.id], (sql) => listNamedRuns(sql, tenant.shard, of));
  }

  /** Those that either side names. */
  async function connectionsOf(tenant: Tenant, steps: readonly WhatIfStep[]) {
    const actions = steps.flatMap(({ was, would }) => [...(was?.actions ?? []), ...(would?.actions ?? [])]);
    const ids = [...new Set(actions.map(({ connectionId }) => connectionId))];
    if (ids.length === 0) return new Map<string, ReferencedConnection>();
    const rows = await db.once<ReferencedConnection[]>([tenant.id], (sql) =>
      findConnectionsById(sql, tenant.shard, { tenantId: tenant.id, ids }),
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  routes.openapi(route, async (c) => {
    const { id } = c.req.valid('param');
    const { definition, version, leave_out_errors = false } = c.req.valid('json');
    const tenant = c.get('tenant');
    const job = await existingJob(deps, tenant, id);
    const { workflowName } = await jobs.versions.get(tenant, job.workflowVersionId);
    const [subject, rows] = await Promise.all([
      definition === undefined
        ? savedSubject(deps, tenant, job.workflowId, version)
        : draftSubject(deps, tenant, definition, { name: workflowName, leaveOutErrors: leave_out_errors }),
      movesOf(tenant, job),
    ]);
    const [moves, runs] = await Promise.all([
      Promise.all(rows.map((row) => pastMove(jobs.versions, tenant, row, job.workflowVersionId))),
      runsUpTo(tenant, id, rows),
    ]);
    const truncated = rows.length < job.revision;
    const last = moves.at(-1)?.at ?? '';
    const steps = whatIf(subject.compiled, {
      job: {
        id,
        key: job.key,
        parent_id: job.parentJobId,
        created_at: job.createdAt.toISOString(),
      },
      moves,
      known: (at) => factsAt(runs, at),
      until: job.status === 'ACTIVE' && !truncated ? clock.now().toISOString() : last,
      tenant: { id: tenant.id, name: tenant.name },
      workflowName,
    });
    const connections = await connectionsOf(tenant, steps);
    const shown = { connections, other: subject.compiled, truncated, leftOut: subject.leftOut };
    return c.json(presentWhatIf(id, steps, shown), 200);
  });

  return routes;
}
