// What tests of workflows, jobs and actions begin with: a connection, and the machine of the domain's description.
import type { Json, JsonObject } from '../engine/json.ts';
import type { Caller } from './api.testkit.ts';

/** A connection to a receiver that nobody runs. */
export async function makeConnection(call: Caller, name = 'orders'): Promise<string> {
  const made = await call('POST', '/tenant/connections', {
    body: {
      provider: 'generic_rest',
      connection_name: name,
      credentials: { base_url: 'http://127.0.0.1:9/base', auth_header: 'Bearer s3cret-canary' },
    },
  });
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  return made.body.id;
}

/** draft → review (a webhook goes out) → done once it arrived, or escalated after a day. */
export function workOrder(connectionId: string): JsonObject {
  return {
    id: 'work-order',
    context: { amount: 0 },
    initial: 'draft',
    states: {
      draft: {
        on: {
          SUBMIT: {
            target: 'review',
            guard: 'event.amount > 0',
            actions: [
              { action_type: 'ASSIGN', params: { amount: 'event.amount' } },
              webhook('notify', connectionId, { job_id: '<<job.id>>', state: '<<job.current_state>>' }),
            ],
          },
        },
      },
      review: {
        after: { '86400000': { target: 'escalated' } },
        on: {
          APPROVE: { target: 'done', guard: "actions.notify.status == 'SUCCEEDED'" },
          REJECT: 'done',
        },
      },
      escalated: { type: 'final' },
      done: { type: 'final' },
    },
  };
}

/** Counts; BREAK fails for good, FILL outgrows what a context may hold, STOP ends it. */
export const counter: JsonObject = {
  id: 'counter',
  context: { n: 0, text: 'x' },
  initial: 'counting',
  states: {
    counting: {
      on: {
        ADD: { actions: [{ action_type: 'ASSIGN', params: { n: 'context.n + 1' } }] },
        ADD_IF: {
          guard: 'event.amount > context.n',
          actions: [{ action_type: 'ASSIGN', params: { n: 'event.amount' } }],
        },
        BREAK: { actions: [{ action_type: 'ASSIGN', params: { n: 'event.missing + 1' } }] },
        FILL: { actions: [{ action_type: 'ASSIGN', params: { text: 'context.text + event.text' } }] },
        STOP: 'stopped',
      },
    },
    stopped: { type: 'final' },
  },
};

/** A list of webhooks on START; each named, some saying more of themselves. */
export function listOf(
  connectionId: string,
  names: readonly string[],
  options: Record<string, JsonObject> = {},
): JsonObject {
  return {
    id: 'list',
    initial: 'idle',
    states: {
      idle: {
        on: {
          START: {
            target: 'started',
            actions: names.map((name) => ({ ...webhook(name, connectionId, { name }), ...options[name] })),
          },
        },
      },
      started: { on: { START: 'started' } },
    },
  };
}

export function webhook(name: string, connectionId: string, body: Json): JsonObject {
  return { action_type: 'WEBHOOK', name, params: { connection_id: connectionId, path: '/hooks', body } };
}

/** Saves and publishes it. @returns the workflow's id */
export async function publish(call: Caller, name: string, definition: JsonObject): Promise<string> {
  const made = await call('POST', '/workflows', { body: { name, definition } });
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  const published = await call('POST', `/workflows/${name}/publish`, { body: { version: 1 } });
  if (published.status !== 200) throw new Error(JSON.stringify(published.body));
  return made.body.id;
}

/** Starts a job. @returns its id */
export async function startJob(call: Caller, workflow: string, input: JsonObject = {}): Promise<string> {
  const started = await call('POST', '/jobs', { body: { workflow, input } });
  if (started.status !== 201) throw new Error(JSON.stringify(started.body));
  return started.body.job.id;
}

export const send = (call: Caller, jobId: string, type: string, payload: JsonObject = {}) =>
  call('POST', `/jobs/${jobId}/events`, { body: { type, payload } });
