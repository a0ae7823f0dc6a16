// The versions of a workflow: saved once, never changed, one of them published.
import { createRoute, z } from '@hono/zod-openapi';
import { appendLog } from '../../db/statements/append-log.ts';
import {
  findWorkflow,
  holdConnections,
  listVersions,
  lockWorkflow,
  publishVersion,
  type WorkflowRow,
  type WorkflowVersionRow,
} from '../../db/statements/workflows.ts';
import type { JsonObject } from '../../engine/json.ts';
import { checkDefinition, definitionInvalid } from '../definition-check.ts';
import type { ApiDeps } from '../deps.ts';
import { existingVersion, existingWorkflow, versionNumber, workflowParam } from '../existing-workflow.ts';
import {
  listedVersionSchema,
  presentListedVersion,
  presentVersion,
  presentWorkflow,
  savedVersionSchema,
  versionSchema,
  workflowSchema,
} from '../resources/workflows.ts';
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
  readCursor,
} from '../routing.ts';
import { changeLayout, saveVersion } from '../save-version.ts';

const tags = ['Workflows'];

/** What is no number names no version. */
const versionParam = workflowParam.extend({
  version: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, { error: 'workflow_version' })
    .transform(Number)
    .openapi({ type: 'integer', minimum: 1, example: 1 }),
});

const save = createRoute({
  method: 'post',
  path: '/workflows/{workflow}/versions',
  tags,
  summary: 'Save a version',
  description:
    'The definition is checked in full; with any error nothing is saved. Saving what the latest version says already answers that version, with 200 (a layout is taken over).',
  ...guarded('workflow.write'),
  request: {
    params: workflowParam,
    body: body(
      z
        .strictObject({
          definition: jsonObject,
          layout: jsonObject.optional(),
          based_on: z.int().min(0).optional().openapi({
            description:
              'The latest version as you know it (0: none). When there is a newer one, nothing is saved: 409 `version_conflict`.',
          }),
        })
        .openapi('SaveWorkflowVersion'),
    ),
  },
  responses: {
    200: answer(savedVersionSchema, 'The latest version, which says the same.'),
    201: answer(savedVersionSchema, 'The new version.'),
  },
});

const list = createRoute({
  method: 'get',
  path: '/workflows/{workflow}/versions',
  tags,
  summary: 'List versions, newest first',
  ...guarded('workflow.read'),
  request: { params: workflowParam, query: z.strictObject(pageQuery) },
  responses: { 200: answer(page(listedVersionSchema), 'A page of versions.') },
});

const get = createRoute({
  method: 'get',
  path: '/workflows/{workflow}/versions/{version}',
  tags,
  summary: 'Get a version with its definition',
  ...guarded('workflow.read'),
  request: { params: versionParam },
  responses: { 200: answer(versionSchema, 'The version.') },
});

const arrange = createRoute({
  method: 'patch',
  path: '/workflows/{workflow}/versions/{version}',
  tags,
  summary: 'Change where the designer draws things',
  description: 'The layout is the one part of a version that may change.',
  ...guarded('workflow.write'),
  request: {
    params: versionParam,
    body: body(z.strictObject({ layout: jsonObject.nullable() }).openapi('UpdateLayout')),
  },
  responses: { 200: answer(versionSchema, 'The version.') },
});

const publish = createRoute({
  method: 'post',
  path: '/workflows/{workflow}/publish',
  tags,
  summary: 'Publish a version: jobs started from now on run it',
  description:
    'It is checked again, as a connection may have gone since it was saved. Jobs that run stay on theirs.',
  ...guarded('workflow.write'),
  request: {
    params: workflowParam,
    body: body(z.strictObject({ version: versionNumber }).openapi('PublishWorkflow')),
  },
  responses: { 200: answer(workflowSchema, 'The workflow.') },
});

const NUMBER_PART = /^[1-9]\d{0,8}$/;

export function workflowVersionRoutes(deps: ApiDeps) {
  const { db, ids } = deps;
  const routes = createRouter();

  routes.openapi(save, async (c) => {
    const { definition, layout = null, based_on: basedOn } = c.req.valid('json');
    const tenant = c.get('tenant');
    const { actor } = c.get('principal');
    const workflow = await existingWorkflow(deps, tenant, c.req.valid('param').workflow);
    const { validation } = await checkDefinition(db, tenant, definition, workflow.name);
    if (!validation.ok) throw definitionInvalid(validation.problems);
    const { row, added } = await db.forTenants([tenant.id], async (sql) => {
      const of = { tenantId: tenant.id, idOrName: workflow.id };
      const [locked] = await lockWorkflow(sql, tenant.shard, of);
      if (!locked) throw notFound('workflow');
      const made = { tenant, workflowId: workflow.id, definition, layout, actor, basedOn };
      return saveVersion(sql, ids, made);
    });
    c.header('Location', `/api/v1/workflows/${workflow.id}/versions/${row.version}`);
    return c.json({ ...presentVersion(row), problems: validation.problems }, added ? 201 : 200);
  });

  routes.openapi(list, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const before = readCursor(cursor, [NUMBER_PART])?.[0];
    const tenant = c.get('tenant');
    const { id } = await existingWorkflow(deps, tenant, c.req.valid('param').workflow);
    const of = {
      tenantId: tenant.id,
      workflowId: id,
      before: before === undefined ? null : Number(before),
      limit: limit + 1,
    };
    const rows = await db.once<WorkflowVersionRow[]>([tenant.id], (sql) =>
      listVersions(sql, tenant.shard, of),
    );
    return c.json(
      pageOf(rows, limit, presentListedVersion, ({ version }) => [String(version)]),
      200,
    );
  });

  routes.openapi(get, async (c) => {
    const { workflow, version } = c.req.valid('param');
    const tenant = c.get('tenant');
    const { id } = await existingWorkflow(deps, tenant, workflow);
    return c.json(presentVersion(await existingVersion(deps, tenant, id, version)), 200);
  });

  routes.openapi(arrange, async (c) => {
    const { workflow, version } = c.req.valid('param');
    const { layout } = c.req.valid('json');
    const tenant = c.get('tenant');
    const { actor } = c.get('principal');
    const { id: workflowId } = await existingWorkflow(deps, tenant, workflow);
    const row = await existingVersion(deps, tenant, workflowId, version);
    await db.forTenants([tenant.id], (sql) =>
      changeLayout(sql, ids, { tenant, workflowId, version: row, layout, actor }),
    );
    return c.json(presentVersion({ ...row, layout }), 200);
  });

  routes.openapi(publish, async (c) => {
    const { version } = c.req.valid('json');
    const tenant = c.get('tenant');
    const { actor } = c.get('principal');
    const { id, name } = await existingWorkflow(deps, tenant, c.req.valid('param').workflow);
    const { id: versionId, definition } = await existingVersion(deps, tenant, id, version);
    const tenantId = tenant.id;
    const asChecked = async (): Promise<WorkflowRow | null> => {
      const { validation, connections } = await checkDefinition(db, tenant, definition, name);
      if (!validation.ok) throw definitionInvalid(validation.problems);
      return db.forTenants([tenantId], async (sql) => {
        const [locked] = await lockWorkflow(sql, tenant.shard, { tenantId, idOrName: id });
        if (!locked) throw notFound('workflow');
        // Whoever deletes one of them waits, and sees what is published.
        const held = await holdConnections(sql, tenant.shard, { tenantId, ids: [...connections.keys()] });
        if (held.length < connections.size) return null;
        await publishVersion(sql, tenant.shard, { tenantId, id, versionId });
        const data: JsonObject = { version, version_id: versionId };
        const entry = { tenantId, subjectId: id, id: ids.next(), kind: 'workflow.published', actor };
        await appendLog(sql, tenant.shard, { ...entry, data });
        const [published] = await findWorkflow(sql, tenant.shard, { tenantId, idOrName: id });
        return published as WorkflowRow;
      });
    };
    let row = await asChecked();
    // A connection went after it was looked at.
    while (row === null) row = await asChecked();
    return c.json(presentWorkflow(row), 200);
  });

  return routes;
}
