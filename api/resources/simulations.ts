// What would happen, as the API shows it: the decision, and each request as far as it can be known without secrets.
import { z } from '@hono/zod-openapi';
import type { ReferencedConnection } from '../../db/statements/workflows.ts';
import type { Decision } from '../../engine/decision.ts';
import type { JsonObject } from '../../engine/json.ts';
import type { RenderedRequest, Simulated, SimulatedAction } from '../../engine/simulate.ts';
import type { Built, Call } from '../../integrations/build-request.ts';
import { getProvider } from '../../integrations/catalogue.ts';
import { type PreviewedEndpoint, preview, previewEndpoint } from '../../integrations/preview.ts';
import { json, jsonObject } from '../routing.ts';

const decisionSchema = z.object({ kind: z.enum(['taken', 'refused', 'failed']) }).catchall(json);

/** As it would go out, with every secret as `***`. */
export const requestSchema = z.object({
  method: z.string(),
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string().nullable(),
});

export const simulationSchema = z
  .object({
    decision: decisionSchema,
    actions: z.array(
      z.object({
        pointer: z.string(),
        name: z.string().nullable(),
        action_type: z.enum(['WEBHOOK', 'INTEGRATION']),
        connection_id: z.string(),
        when: z.enum(['true', 'false', 'error', 'unknown']),
        when_message: z.string().nullable(),
        request: requestSchema
          .nullable()
          .openapi({ description: 'As it would go out, with every secret as `***`.' }),
        problems: z.array(jsonObject).openapi({ description: 'Why there is no request.' }),
      }),
    ),
    left_out: z.array(z.string()).openapi({
      description: 'With `leave_out_errors`: pointers of the parts of the definition that were left out.',
    }),
  })
  .openapi('Simulation');

export type SimulationResource = z.infer<typeof simulationSchema>;

export function presentSimulation(
  { decision, actions }: Simulated,
  connections: ReadonlyMap<string, ReferencedConnection>,
  idempotentAt: (pointer: string) => boolean | null,
  leftOut: readonly string[] = [],
): SimulationResource {
  return {
    decision: presentDecision(decision),
    actions: actions.map((action) => ({
      pointer: action.pointer,
      name: action.name,
      action_type: action.actionType,
      connection_id: action.connectionId,
      when: action.when,
      when_message: action.whenMessage,
      ...presentRequest(action, connections.get(action.connectionId), idempotentAt(action.pointer)),
    })),
    left_out: [...leftOut],
  };
}

function presentDecision(decision: Decision): SimulationResource['decision'] {
  if (decision.kind !== 'taken') return { ...decision };
  const { timers, sent, started } = decision;
  return {
    kind: decision.kind,
    from: decision.from,
    current_state: decision.currentState,
    status: decision.status,
    changed: decision.changed,
    context: decision.context,
    output: decision.output ?? null,
    timers: {
      set: timers.set.map(({ id, delayMs, eventType }) => ({ id, delay_ms: delayMs, event_type: eventType })),
      cancelled: timers.cancelled,
    },
    invocations_stopped: decision.invocationsStopped,
    events_sent: sent.map(({ jobId, event }) => ({ job_id: jobId, event })),
    jobs_started: started.map(({ workflow, input, key }) => ({ workflow, input, key })),
    snapshot: decision.snapshot,
  };
}

export function presentRequest(
  { request }: Pick<SimulatedAction, 'request'>,
  connection: ReferencedConnection | undefined,
  idempotent: boolean | null,
): Pick<SimulationResource['actions'][number], 'request' | 'problems'> {
  if (!request.ok) return { request: null, problems: request.problems.map((problem) => ({ ...problem })) };
  const provider = connection && getProvider(connection.provider);
  if (!connection || !provider) {
    return refused('connection_not_found', 'The connection does not exist.');
  }
  return presentBuilt(preview(provider, callOf(request.rendered, idempotent), connection.fields));
}

/** To an endpoint, which has no provider in the catalogue. */
export function presentEndpointRequest(
  { request }: Pick<SimulatedAction, 'request'>,
  endpoint: PreviewedEndpoint,
) {
  if (!request.ok) return { request: null, problems: request.problems.map((problem) => ({ ...problem })) };
  return presentBuilt(previewEndpoint(callOf(request.rendered, null), endpoint));
}

function presentBuilt(built: Built) {
  if (!built.ok) {
    const { code, message, problems } = built;
    return refused(
      code,
      message,
      problems.map((problem) => ({ ...problem })),
    );
  }
  const { method, url, headers, body } = built.request;
  return { request: { method, url, headers, body: body === null ? null : String(body) }, problems: [] };
}

function refused(code: string, message: string, details: JsonObject[] = []) {
  return { request: null, problems: [{ code, message }, ...details] };
}

/** Rendering has given each part the shape its place asks for. */
function callOf(rendered: RenderedRequest, idempotent: boolean | null): Call {
  if (rendered.kind === 'operation') return { ...rendered, idempotent };
  const { method, path, query, headers, body } = rendered;
  return {
    kind: 'webhook',
    input: {
      method,
      path: path as string,
      query: (query ?? '') as string,
      headers: (headers ?? {}) as Record<string, string>,
      body: body ?? undefined,
      idempotent,
    },
  };
}
