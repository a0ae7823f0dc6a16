// Asking without doing: is this definition right, and what would it do?
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Facts } from '../../engine/decision.ts';
import { PawlError } from '../../engine/errors.ts';
import { type SimulatedPlace, simulate } from '../../engine/simulate.ts';
import { checkDefinition } from '../definition-check.ts';
import type { ApiDeps, AppEnv } from '../deps.ts';
import { versionNumber, workflowParam, workflowRef } from '../existing-workflow.ts';
import { presentSimulation, simulationSchema } from '../resources/simulations.ts';
import { problemSchema } from '../resources/workflows.ts';
import { answer, body, createRouter, guarded, json, jsonObject } from '../routing.ts';
import { draftSubject, type Subject, savedSubject } from '../workflow-subject.ts';

const tags = ['Workflows'];

const validate = createRoute({
  method: 'post',
  path: '/workflows/validate',
  tags,
  summary: 'Check a definition without saving it',
  ...guarded('workflow.read'),
  request: {
    body: body(
      z
        .strictObject({
          definition: json,
          workflow: z.string().min(1).max(200).optional().openapi({
            description: 'The name it has or will have: a workflow may start jobs of itself.',
          }),
        })
        .openapi('ValidateDefinition'),
    ),
  },
  responses: {
    200: answer(
      z.object({ valid: z.boolean(), problems: z.array(problemSchema) }),
      'Every problem. It is valid when none of them is an error.',
    ),
  },
});

const factSchema = z.strictObject({
  status: z.string(),
  response: z.strictObject({ status: z.int(), body: json }).exactOptional(),
  error: z.string().exactOptional(),
  attempts: z.int().exactOptional(),
});

const where = {
  state: z.string().min(1).max(1_000).optional().openapi({
    description:
      'The current state to be in, as jobs show it. With neither state nor snapshot, a job is started.',
  }),
  context: jsonObject
    .optional()
    .openapi({ description: 'In `state`: laid over the context of the definition.' }),
  snapshot: jsonObject
    .optional()
    .openapi({ description: 'As the `snapshot` of a simulation before: to go on from it.' }),
  input: jsonObject.optional().openapi({ description: 'At the start: the job’s input.' }),
  event: z
    .strictObject({ type: z.string().min(1).max(200), payload: jsonObject.optional() })
    .optional()
    .openapi({
      description:
        'In `state` or `snapshot`: what is sent. Timers and outcomes (`xstate.…`) may be tried too.',
    }),
  facts: z
    .record(z.string(), factSchema)
    .optional()
    .openapi({ description: 'What is known of actions that have run, by name.' }),
};

const whereSchema = z.strictObject(where);
type Where = z.infer<typeof whereSchema>;

const simulateAny = createRoute({
  method: 'post',
  path: '/workflows/simulate',
  tags,
  summary: 'What would a definition or a version do?',
  description:
    'Nothing is written and nothing is sent. Requests are shown as they would go out, with secrets as `***`.',
  ...guarded('workflow.read'),
  request: {
    body: body(
      z
        .strictObject({
          ...where,
          definition: jsonObject.optional(),
          workflow: workflowRef.optional(),
          version: versionNumber.optional().openapi({ description: 'Without it, the latest.' }),
          name: z.string().min(1).max(200).optional().openapi({
            description: 'Of a definition: the name it has or will have, as jobs of itself may be started.',
          }),
          leave_out_errors: z
            .boolean()
            .optional()
            .openapi({
              description:
                'Try a definition that has errors without the parts that have them: such an action does nothing, ' +
                'such a guard refuses, such a target leads nowhere.',
            }),
        })
        .refine(
          ({ definition, workflow }) => (definition === undefined) !== (workflow === undefined),
          'needs either a definition or a workflow',
        )
        .openapi('Simulate'),
    ),
  },
  responses: { 200: answer(simulationSchema, 'The decision, and the requests it would lead to.') },
});

const simulateOne = createRoute({
  method: 'post',
  path: '/workflows/{workflow}/simulate',
  tags,
  summary: 'What would a version of this workflow do?',
  description: 'As `POST /workflows/simulate`.',
  ...guarded('workflow.read'),
  request: {
    params: workflowParam,
    body: body(z.strictObject({ ...where, version: versionNumber.optional() }).openapi('SimulateWorkflow')),
  },
  responses: { 200: answer(simulationSchema, 'The decision, and the requests it would lead to.') },
});

export function workflowChecks(deps: ApiDeps) {
  const { db, clock } = deps;
  const routes = createRouter();

  function answerOf(c: Context<AppEnv>, subject: Subject, asked: Where) {
    const { compiled, connections, workflow, leftOut } = subject;
    const tenant = c.get('tenant');
    const simulated = simulate(compiled, {
      place: placeOf(asked),
      facts: (asked.facts ?? {}) as Facts,
      scope: { tenant: { id: tenant.id, name: tenant.name }, workflow, at: clock.now().toISOString() },
    });
    const idempotentAt = (pointer: string) => compiled.actionAt(pointer).idempotent;
    return presentSimulation(simulated, connections, idempotentAt, leftOut);
  }

  routes.openapi(validate, async (c) => {
    const { definition, workflow = null } = c.req.valid('json');
    const { validation } = await checkDefinition(db, c.get('tenant'), definition, workflow);
    return c.json({ valid: validation.ok, problems: validation.problems }, 200);
  });

  routes.openapi(simulateAny, async (c) => {
    const {
      definition,
      workflow,
      version,
      name = null,
      leave_out_errors = false,
      ...asked
    } = c.req.valid('json');
    const tenant = c.get('tenant');
    const subject =
      definition === undefined
        ? await savedSubject(deps, tenant, workflow ?? '', version)
        : await draftSubject(deps, tenant, definition, { name, leaveOutErrors: leave_out_errors });
    return c.json(answerOf(c, subject, asked), 200);
  });

  routes.openapi(simulateOne, async (c) => {
    const { version, ...asked } = c.req.valid('json');
    const subject = await savedSubject(deps, c.get('tenant'), c.req.valid('param').workflow, version);
    return c.json(answerOf(c, subject, asked), 200);
  });

  return routes;
}

/** @throws PawlError InvalidInput `invalid_simulation` */
function placeOf({ state, context, snapshot, input, event }: Where): SimulatedPlace {
  if (state === undefined && snapshot === undefined) {
    refuse(event, 'event', 'goes with a state or a snapshot; a job that starts takes an input');
    refuse(context, 'context', 'goes with a state; a job that starts takes an input');
    return { at: 'start', ...(input !== undefined && { input }) };
  }
  if (event === undefined) throw invalidSimulation('event', 'is needed with a state or a snapshot');
  refuse(input, 'input', 'goes with the start of a job, not with a state or a snapshot');
  const sent = { type: event.type, payload: event.payload ?? {} };
  const internal = event.type.startsWith('xstate.');
  if (snapshot === undefined) {
    return {
      at: 'state',
      state: state as string,
      ...(context !== undefined && { context }),
      event: sent,
      internal,
    };
  }
  refuse(state, 'state', 'is in the snapshot already');
  refuse(context, 'context', 'is in the snapshot already');
  return { at: 'snapshot', snapshot, event: sent, internal };
}

function refuse(value: unknown, field: string, why: string): void {
  if (value !== undefined) throw invalidSimulation(field, why);
}

function invalidSimulation(field: string, why: string): PawlError {
  return new PawlError('InvalidInput', 'invalid_simulation', `\`${field}\` ${why}.`, {
    problems: [
      { pointer: `/${field}`, code: 'invalid_field', message: `\`${field}\` ${why}.`, severity: 'error' },
    ],
  });
}
