// /api/v1/triggers: what is to happen when an event of a source arrives.
import { createRoute, z } from '@hono/zod-openapi';
import type { ReservedSql } from '../../db/client.ts';
import { lockSource } from '../../db/statements/sources.ts';
import {
  deleteTrigger,
  findTrigger,
  insertTrigger,
  listTriggers,
  lockTrigger,
  type TriggerRow,
  updateTrigger,
} from '../../db/statements/triggers.ts';
import { findWorkflow } from '../../db/statements/workflows.ts';
import type { Tenant } from '../../db/tenants.ts';
import { violatedConstraint } from '../../db/violated-constraint.ts';
import { PawlError, type Problem } from '../../engine/errors.ts';
import type { JsonObject } from '../../engine/json.ts';
import { compileTrigger, type TriggerAction, type TriggerSpec } from '../../inbound/trigger.ts';
import { auditOf } from '../audit-entry.ts';
import { createOnce } from '../create-once.ts';
import type { ApiDeps } from '../deps.ts';
import { idempotencyHeader } from '../idempotency.ts';
import {
  draftTrialSchema,
  newTriggerSchema,
  presentTrigger,
  trialAnswerSchema,
  trialSchema,
  triggerChangeSchema,
  triggerSchema,
} from '../resources/triggers.ts';
import { answer, body, createRouter, guarded, idOf, notFound } from '../routing.ts';
import { tryTrigger } from '../trigger-trial.ts';

const tags = ['Triggers'];
const params = z.object({ id: idOf('trigger') });

const create = createRoute({
  method: 'post',
  path: '/triggers',
  tags,
  summary: 'Add a trigger to a source',
  ...guarded('trigger.write'),
  request: { body: body(newTriggerSchema) },
  responses: { 201: answer(triggerSchema, 'The trigger.') },
});

const list = createRoute({
  method: 'get',
  path: '/triggers',
  tags,
  summary: 'List triggers, in the order they act',
  ...guarded('trigger.read'),
  request: { query: z.strictObject({ source: z.guid().toLowerCase().optional() }) },
  responses: { 200: answer(z.object({ items: z.array(triggerSchema) }), 'All of them.') },
});

const get = createRoute({
  method: 'get',
  path: '/triggers/{id}',
  tags,
  summary: 'Get a trigger',
  ...guarded('trigger.read'),
  request: { params },
  responses: { 200: answer(triggerSchema, 'The trigger.') },
});

const change = createRoute({
  method: 'patch',
  path: '/triggers/{id}',
  tags,
  summary: 'Change a trigger',
  ...guarded('trigger.write'),
  request: { params, body: body(triggerChangeSchema) },
  responses: { 200: answer(triggerSchema, 'The trigger as it is now.') },
});

const remove = createRoute({
  method: 'delete',
  path: '/triggers/{id}',
  tags,
  summary: 'Delete a trigger',
  ...guarded('trigger.write'),
  request: { params },
  responses: { 204: { description: 'It is gone.' } },
});

const test = createRoute({
  method: 'post',
  path: '/triggers/{id}/test',
  tags,
  summary: 'See what a trigger would do',
  description: 'With an event that was received, or one made up. Nothing is changed and nothing is sent.',
  ...guarded('trigger.write'),
  request: { params, body: body(trialSchema) },
  responses: { 200: answer(trialAnswerSchema, 'What would happen.') },
});

const testDraft = createRoute({
  method: 'post',
  path: '/triggers/test',
  tags,
  summary: 'See what a trigger would do before it is saved',
  description: 'As `POST /triggers/{id}/test`. Nothing is changed and nothing is sent.',
  ...guarded('trigger.write'),
  request: { body: body(draftTrialSchema) },
  responses: { 200: answer(trialAnswerSchema, 'What would happen.') },
});

export function triggersRoutes(deps: ApiDeps) {
  const { db, ids } = deps;

  const log = auditOf(deps, 'trigger');

  async function existing(tenant: Tenant, id: string): Promise<TriggerRow> {
    const of = { tenantId: tenant.id, id };
    const [row] = await db.once<TriggerRow[]>([tenant.id], (sql) => findTrigger(sql, tenant.shard, of));
    if (!row) throw notFound('trigger');
    return row;
  }

  /** Whoever adds another trigger to it waits, so that those that are counted are all there are. */
  async function holdSource(sql: ReservedSql, tenant: Tenant, id: string): Promise<void> {
    const [row] = await lockSource(sql, tenant.shard, { tenantId: tenant.id, id });
    if (!row) throw notFound('source');
  }

  /** @throws PawlError InvalidInput `invalid_trigger` with every problem, of expressions, templates and names */
  async function check(sql: ReservedSql, { id: tenantId, shard }: Tenant, spec: TriggerSpec): Promise<void> {
    const compiled = compileTrigger(spec);
    const problems: Problem[] = compiled.ok ? [] : compiled.problems;
    const { workflow } = spec.action;
    if (workflow !== undefined) {
      const [row] = await findWorkflow(sql, shard, { tenantId, idOrName: workflow });
      const message = `there is no workflow "${workflow}"`;
      if (!row) {
        problems.push({
          pointer: '/action/workflow',
          code: 'workflow_not_found',
          message,
          severity: 'error',
        });
      }
    }
    if (problems.length === 0) return;
    throw new PawlError('InvalidInput', 'invalid_trigger', 'The trigger cannot be saved like this.', {
      problems,
    });
  }

  return createRouter()
    .openapi({ ...create, parameters: [idempotencyHeader] }, async (c) => {
      const { source_id: sourceId, event_types: types, ...asked } = c.req.valid('json');
      const { tenant } = c.var;
      const id = ids.next();
      const spec = { eventTypes: types, filter: asked.filter, action: asked.action };
      const { answer } = await createOnce(deps, c, c.req.valid('json') as JsonObject, async (sql) => {
        await holdSource(sql, tenant, sourceId);
        const others = await listTriggers(sql, tenant.shard, { tenantId: tenant.id, sourceId });
        if (others.length >= TRIGGERS_MAX) throw tooMany();
        await check(sql, tenant, spec);
        const [row] = await insertTrigger(sql, tenant.shard, {
          tenantId: tenant.id,
          id,
          sourceId,
          name: asked.name,
          ...spec,
          action: asked.action as JsonObject,
          enabled: asked.enabled,
          position: asked.position ?? null,
        });
        if (!row) throw nameTaken(asked.name);
        await log(sql, c, id, 'created', presentTrigger(row) as JsonObject);
        return presentTrigger(row);
      });
      c.header('Location', `/api/v1/triggers/${answer.id}`);
      return c.json(answer, 201);
    })

    .openapi(list, async (c) => {
      const { tenant } = c.var;
      const of = { tenantId: tenant.id, sourceId: c.req.valid('query').source ?? null };
      const rows = await db.once<TriggerRow[]>([tenant.id], (sql) => listTriggers(sql, tenant.shard, of));
      return c.json({ items: rows.map(presentTrigger) }, 200);
    })

    .openapi(get, async (c) =>
      c.json(presentTrigger(await existing(c.var.tenant, c.req.valid('param').id)), 200),
    )

    .openapi(change, async (c) => {
      const { id } = c.req.valid('param');
      const asked = c.req.valid('json');
      const { tenant } = c.var;
      const ref = { tenantId: tenant.id, id };
      const row = await db
        .forTenants([tenant.id], async (sql) => {
          const [before] = await lockTrigger(sql, tenant.shard, ref);
          if (!before) throw notFound('trigger');
          if (Object.keys(asked).length === 0) return before;
          await check(sql, tenant, {
            eventTypes: asked.event_types ?? before.eventTypes,
            filter: asked.filter === undefined ? before.filter : asked.filter,
            action: asked.action ?? (before.action as unknown as TriggerAction),
          });
          const [row] = await updateTrigger(sql, tenant.shard, ref, {
            name: asked.name ?? null,
            eventTypes: asked.event_types ?? null,
            filter: asked.filter,
            action: (asked.action as JsonObject | undefined) ?? null,
            enabled: asked.enabled ?? null,
            position: asked.position ?? null,
          });
          if (!row) throw notFound('trigger');
          await log(sql, c, id, 'updated', { ...(asked as JsonObject), version: row.version });
          return row;
        })
        .catch((error) => {
          throw violatesName(error) ? nameTaken(asked.name ?? '') : error;
        });
      return c.json(presentTrigger(row), 200);
    })

    .openapi(remove, async (c) => {
      const { id } = c.req.valid('param');
      const { tenant } = c.var;
      await db.forTenants([tenant.id], async (sql) => {
        const [row] = await lockTrigger(sql, tenant.shard, { tenantId: tenant.id, id });
        if (!row) throw notFound('trigger');
        await deleteTrigger(sql, tenant.shard, { tenantId: tenant.id, id });
        await log(sql, c, id, 'deleted', { name: row.name, source_id: row.sourceId });
      });
      return c.body(null, 204);
    })

    .openapi(test, async (c) => {
      const { tenant } = c.var;
      const { sourceId, ...row } = await existing(tenant, c.req.valid('param').id);
      const spec = { ...row, action: row.action as unknown as TriggerAction };
      return c.json(await tryTrigger(deps, tenant, { sourceId, spec, trial: c.req.valid('json') }), 200);
    })

    .openapi(testDraft, async (c) => {
      const { source_id: sourceId, event_types: eventTypes, filter, action, ...trial } = c.req.valid('json');
      const { tenant } = c.var;
      const spec = { eventTypes, filter, action };
      await db.forTenants([tenant.id], (sql) => check(sql, tenant, spec));
      return c.json(await tryTrigger(deps, tenant, { sourceId, spec, trial }), 200);
    });
}

/** Of a source. Each of its events is held against all of them. */
const TRIGGERS_MAX = 100;

function tooMany(): PawlError {
  return new PawlError('Conflict', 'too_many_triggers', `A source has at most ${TRIGGERS_MAX} triggers.`);
}

function nameTaken(name: string): PawlError {
  return new PawlError('Conflict', 'trigger_name_taken', `The source has a trigger "${name}" already.`);
}

function violatesName(error: unknown): boolean {
  return violatedConstraint(error) === 'triggers_name_once';
}
