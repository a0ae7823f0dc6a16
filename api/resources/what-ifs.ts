// A job's past beside what another definition would have made of it, as the API shows it.
import { z } from '@hono/zod-openapi';
import type { ReferencedConnection } from '../../db/statements/workflows.ts';
import type { CompiledWorkflow } from '../../engine/compile.ts';
import type { Simulated, SimulatedAction } from '../../engine/simulate.ts';
import type { ComparedRequest, WhatIfStep } from '../../engine/what-if.ts';
import { json, jsonObject } from '../routing.ts';
import { presentRequest, requestSchema } from './simulations.ts';

const sideSchema = z.object({
  kind: z.enum(['taken', 'refused', 'failed']),
  current_state: z.string().nullable().openapi({ description: 'After it; null when nothing happened.' }),
  status: z.enum(['ACTIVE', 'DONE', 'ERROR']).nullable(),
  context: jsonObject.nullable(),
  message: z.string().nullable().openapi({ description: 'Why nothing happened.' }),
  verdicts: z.array(jsonObject).openapi({ description: 'Of a refusal: what each guard said.' }),
});

const sideRequestSchema = z
  .object({
    pointer: z.string(),
    connection_id: z.string(),
    when: z.enum(['true', 'false', 'error', 'unknown']),
    when_message: z.string().nullable(),
    request: requestSchema.nullable(),
    problems: z.array(jsonObject),
  })
  .nullable();

export const whatIfSchema = z
  .object({
    job_id: z.string(),
    steps: z.array(
      z.object({
        at: z.string(),
        revision: z.int().nullable().openapi({
          description: 'Of the job after it; null for a timer that only the other definition has.',
        }),
        event: z.object({ type: z.string(), payload: json }),
        internal: z.boolean().openapi({ description: 'A timer, or the outcome of an action.' }),
        same: z.boolean().openapi({ description: 'Same state, same context, same requests.' }),
        was: sideSchema.nullable(),
        would: sideSchema
          .nullable()
          .openapi({ description: 'Null for a timer that the other definition has not.' }),
        requests: z.array(
          z.object({
            name: z.string().nullable(),
            action_type: z.enum(['WEBHOOK', 'INTEGRATION']),
            change: z.enum(['same', 'changed', 'added', 'removed']),
            was: sideRequestSchema,
            would: sideRequestSchema,
          }),
        ),
      }),
    ),
    differs_from: z
      .int()
      .nullable()
      .openapi({ description: 'Place in `steps` of the first that differs; null when none does.' }),
    truncated: z.boolean().openapi({ description: 'The job has a longer past than is compared.' }),
    left_out: z.array(z.string()).openapi({
      description: 'With `leave_out_errors`: pointers of the parts of the definition that were left out.',
    }),
  })
  .openapi('WhatIf');

type WhatIfResource = z.infer<typeof whatIfSchema>;
type Connections = ReadonlyMap<string, ReferencedConnection>;

export function presentWhatIf(
  jobId: string,
  steps: readonly WhatIfStep[],
  {
    connections,
    other,
    truncated,
    leftOut,
  }: {
    connections: Connections;
    other: CompiledWorkflow;
    truncated: boolean;
    leftOut: readonly string[];
  },
): WhatIfResource {
  const differs = steps.findIndex(({ same }) => !same);
  return {
    job_id: jobId,
    steps: steps.map(({ at, revision, event, internal, same, was, would, requests }) => ({
      at,
      revision,
      event,
      internal,
      same,
      was: presentSide(was),
      would: presentSide(would),
      requests: requests.map((request) => presentCompared(request, connections, other)),
    })),
    differs_from: differs < 0 ? null : differs,
    truncated,
    left_out: [...leftOut],
  };
}

function presentSide(simulated: Simulated | null): WhatIfResource['steps'][number]['was'] {
  if (simulated === null) return null;
  const { decision } = simulated;
  if (decision.kind === 'taken') {
    const { kind, currentState, status, context } = decision;
    return { kind, current_state: currentState, status, context, message: null, verdicts: [] };
  }
  const verdicts = decision.kind === 'refused' ? decision.verdicts.map((verdict) => ({ ...verdict })) : [];
  const { kind, message } = decision;
  return { kind, current_state: null, status: null, context: null, message, verdicts };
}

function presentCompared(
  { change, was, would }: ComparedRequest,
  connections: Connections,
  other: CompiledWorkflow,
): WhatIfResource['steps'][number]['requests'][number] {
  const { name, actionType } = (would ?? was) as SimulatedAction;
  const present = (action: SimulatedAction | null, idempotent: boolean | null) =>
    action && {
      pointer: action.pointer,
      connection_id: action.connectionId,
      when: action.when,
      when_message: action.whenMessage,
      ...presentRequest(action, connections.get(action.connectionId), idempotent),
    };
  return {
    name,
    action_type: actionType,
    change,
    was: present(was, null),
    would: present(would, would && other.actionAt(would.pointer).idempotent),
  };
}
