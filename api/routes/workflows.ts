// Workflows: named, described, archived. Their versions have a file of their own.
import { createRoute, z } from '@hono/zod-openapi';
import { appendLog } from '../../db/statements/append-log.ts';
import { changeRules } from '../../db/statements/notification-rules.ts';
import {
  deleteWorkflowWithoutJobs,
  findWorkflow,
  insertWorkflow,
  listWorkflows,
  lockWorkflow,
  updateWorkflow,
  type WorkflowRow,
} from '../../db/statements/workflows.ts';
import { violatedConstraint } from '../../db/violated-constraint.ts';
import { PawlError } from '../../engine/errors.ts';
import type { JsonObject } from '../../engine/json.ts';
import { checkDefinition, definitionInvalid } from '../definition-check.ts';
import type { ApiDeps } from '../deps.ts';
import { requireModule } from '../existing-scope.ts';
import { existingWorkflow, workflowParam } from '../existing-workflow.ts';
import { workflowDescription, workflowName } from '../inputs/workflow.ts';
import { countJobs } from '../job-counts.ts';
import { JOB_STATUSES } from '../resources/jobs.ts';
import { presentWorkflow, workflowSchema } from '../resources/workflows.ts';
import {
  answer,
  body,
  createRouter,
  guarded,
  jsonObject,
  notFound,
  page,
  pageOf,
  pageQuery,
  readIdCursor,
} from '../routing.ts';
import { saveVersion } from '../save-version.ts';
import { workflowChecks } from './workflow-checks.ts';
import { workflowVersionRoutes } from './workflow-versions.ts';

const tags = ['Workflows'];

const scopeRef = z
  .guid()
  .toLowerCase()
  .nullable()
  .openapi({ description: 'The module it belongs to; null: the organisation.' });

const create = createRoute({
  method: 'post',
  path: '/workflows',
  tags,
  summary: 'Create a workflow',
  description: 'With a definition, its version 1 is saved as well; publish it to start jobs.',
  ...guarded('workflow.write'),
  request: {
    body: body(
      z
        .strictObject({
          name: workflowName,
          description: workflowDescription.optional(),
          scope_id: scopeRef.optional(),
          definition: jsonObject.optional(),
        })
        .openapi('CreateWorkflow'),
    ),
  },
  responses: { 201: answer(workflowSchema, 'The workflow.') },
});

const list = createRoute({
  method: 'get',
  path: '/workflows',
  tags,
  summary: 'List workflows, newest first',
  ...guarded('workflow.read'),
  request: {
    query: z.strictObject({ ...pageQuery, archived: z.enum(['true', 'false']).optional() }),
  },
  responses: { 200: answer(page(workflowSchema), 'A page of workflows.') },
});

const get = createRoute({
  method: 'get',
  path: '/workflows/{workflow}',
  tags,
  summary: 'Get a workflow',
  ...guarded('workflow.read'),
  request: { params: workflowParam },
  responses: { 200: answer(workflowSchema, 'The workflow.') },
});

const update = createRoute({
  method: 'patch',
  path: '/workflows/{workflow}',
  tags,
  summary: 'Describe a workflow, place it, or archive it',
  description: 'An archived workflow starts no jobs; those that run go on.',
  ...guarded('workflow.write'),
  request: {
    params: workflowParam,
    body: body(
      z
        .strictObject({
          description: workflowDescription.nullable().optional(),
          scope_id: scopeRef.optional(),
          archived: z.boolean().optional(),
        })
        .openapi('UpdateWorkflow'),
    ),
  },
  responses: { 200: answer(workflowSchema, 'The workflow.') },
});

const remove = createRoute({
  method: 'delete',
  path: '/workflows/{workflow}',
  tags,
  summary: 'Delete a workflow that never had a job',
  ...guarded('workflow.write'),
  request: { params: workflowParam },
  responses: { 204: { description: 'It is gone, with its versions.' } },
});

const jobsPerState = createRoute({
  method: 'get',
  path: '/workflows/{workflow}/jobs-per-state',
  tags,
  summary: 'How many jobs stand where',
  ...guarded('job.read'),
  request: { params: workflowParam },
  responses: {
    200: answer(
      z.object({
        items: z.array(
          z.object({
            version: z.int(),
            status: z.enum(JOB_STATUSES),
            current_state: z.string(),
            jobs: z.int(),
          }),
        ),
        more_of: z.array(z.enum(JOB_STATUSES)).openapi({
          description:
            'Statuses of which there are older jobs that were not counted: their numbers are of the newest.',
        }),
      }),
      'One item for each version, status and state that has jobs.',
    ),
  },
});

const UNIQUE_VIOLATION = '23505';

export function workflowsRoutes(deps: ApiDeps) {
  const { db, ids } = deps;
  const routes = createRouter();

  routes.route('/', workflowChecks(deps));

  routes.openapi(create, async (c) => {
    const { name, description = '', scope_id: scopeId = null, definition } = c.req.valid('json');
    const tenant = c.get('tenant');
    const { actor } = c.get('principal');
    if (definition !== undefined) {
      const { validation } = await checkDefinition(db, tenant, definition, name);
      if (!validation.ok) throw definitionInvalid(validation.problems);
    }
    const id = ids.next();
    const of = { tenantId: tenant.id, id, name, description, scopeId };
    const row = await db
      .forTenants([tenant.id], async (sql) => {
        if (scopeId !== null) await changeRules(sql, tenant.shard, of);
        await requireModule(sql, tenant, scopeId);
        await insertWorkflow(sql, tenant.shard, of);
        const entry = { tenantId: tenant.id, subjectId: id, id: ids.next(), kind: 'workflow.created', actor };
        await appendLog(sql, tenant.shard, { ...entry, data: { name, description, scope_id: scopeId } });
        if (definition !== undefined) {
          await saveVersion(sql, ids, { tenant, workflowId: id, definition, layout: null, actor });
        }
        const [created] = await findWorkflow(sql, tenant.shard, { tenantId: tenant.id, idOrName: id });
        return created as WorkflowRow;
      })
      .catch((error) => {
        if (!isNameTaken(error)) throw error;
        throw new PawlError('Conflict', 'workflow_name_taken', `There is a workflow "${name}" already.`);
      });
    c.header('Location', `/api/v1/workflows/${id}`);
    return c.json(presentWorkflow(row), 201);
  });

  routes.openapi(list, async (c) => {
    const { limit, cursor, archived } = c.req.valid('query');
    const tenant = c.get('tenant');
    const of = {
      tenantId: tenant.id,
      archived: archived === undefined ? null : archived === 'true',
      before: readIdCursor(cursor),
      limit: limit + 1,
    };
    const rows = await db.once<WorkflowRow[]>([tenant.id], (sql) => listWorkflows(sql, tenant.shard, of));
    return c.json(
      pageOf(rows, limit, presentWorkflow, ({ id }) => [id]),
      200,
    );
  });

  routes.openapi(get, async (c) => {
    const row = await existingWorkflow(deps, c.get('tenant'), c.req.valid('param').workflow);
    return c.json(presentWorkflow(row), 200);
  });

  routes.openapi(update, async (c) => {
    const { description: asked, scope_id: scopeId, archived } = c.req.valid('json');
    const description = asked === undefined ? undefined : (asked ?? '');
    const idOrName = c.req.valid('param').workflow;
    const tenant = c.get('tenant');
    const { actor } = c.get('principal');
    const tenantId = tenant.id;
    const row = await db.forTenants([tenantId], async (sql) => {
      if (scopeId !== undefined) await changeRules(sql, tenant.shard, { tenantId });
      const [locked] = await lockWorkflow(sql, tenant.shard, { tenantId, idOrName });
      if (!locked) throw notFound('workflow');
      await requireModule(sql, tenant, scopeId ?? null);
      const { id } = locked;
      const data: JsonObject = {};
      if (scopeId !== undefined) data.scope_id = scopeId;
      if (description !== undefined) data.description = description;
      if (archived !== undefined) data.archived = archived;
      if (Object.keys(data).length > 0) {
        await updateWorkflow(sql, tenant.shard, {
          tenantId,
          id,
          ...(description !== undefined && { description }),
          ...(scopeId !== undefined && { scopeId }),
          ...(archived !== undefined && { archived }),
        });
        await appendLog(sql, tenant.shard, {
          tenantId,
          subjectId: id,
          id: ids.next(),
          kind: 'workflow.updated',
          actor,
          data,
        });
      }
      const [updated] = await findWorkflow(sql, tenant.shard, { tenantId, idOrName: id });
      return updated as WorkflowRow;
    });
    return c.json(presentWorkflow(row), 200);
  });

  routes.openapi(remove, async (c) => {
    const idOrName = c.req.valid('param').workflow;
    const tenant = c.get('tenant');
    const { actor } = c.get('principal');
    const tenantId = tenant.id;
    await db.forTenants([tenantId], async (sql) => {
      const [locked] = await lockWorkflow(sql, tenant.shard, { tenantId, idOrName });
      if (!locked) throw notFound('workflow');
      const { id, name } = locked;
      const [gone] = await deleteWorkflowWithoutJobs(sql, tenant.shard, { tenantId, id });
      if (!gone) {
        throw new PawlError(
          'Conflict',
          'workflow_has_jobs',
          'The workflow has jobs, and their history needs it. Archive it instead: then it starts no more.',
        );
      }
      await appendLog(sql, tenant.shard, {
        tenantId,
        subjectId: id,
        id: ids.next(),
        kind: 'workflow.deleted',
        actor,
        data: { name },
      });
    });
    return c.body(null, 204);
  });

  routes.openapi(jobsPerState, async (c) => {
    const tenant = c.get('tenant');
    const { id } = await existingWorkflow(deps, tenant, c.req.valid('param').workflow);
    const { counts, moreOf } = await countJobs(db, tenant, id);
    const items = counts.map(({ currentState, ...counted }) => ({ ...counted, current_state: currentState }));
    return c.json({ items, more_of: moreOf }, 200);
  });

  routes.route('/', workflowVersionRoutes(deps));
  return routes;
}

function isNameTaken(error: unknown): boolean {
  const { code } = error as { code?: string };
  const constraint = violatedConstraint(error);
  return code === UNIQUE_VIOLATION && constraint === 'workflows_name_once';
}
