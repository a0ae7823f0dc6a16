// The API and a worker on one database, with a receiver: what it takes to subscribe and be told.
import { setupApi, type TestApi } from '../api/api.testkit.ts';
import { publish, startJob } from '../api/samples.testkit.ts';
import type { Json, JsonObject } from '../engine/json.ts';
import type { WebhookReceiver } from '../worker/receiver.testkit.ts';
import { type Kit, setupOn, until } from '../worker/worker.testkit.ts';

/** Retries that cost a test milliseconds. */
export const AT_ONCE = { max_attempts: 3, backoff: { initial_ms: 1, factor: 1, max_ms: 1 } };

export interface DeliveryView extends JsonObject {
  id: string;
  subscription_id: string;
  occurrence_id: string;
  kind: string;
  job_id: string;
  status: string;
  attempts: number;
}

export interface Notifications {
  api: TestApi;
  kit: Kit;
  receiver: WebhookReceiver;
  startWorker: Kit['startWorker'];
  /** Sends a request as the Owner of tenant a, and gives its body. @throws when it is refused */
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it asked for, and the compiler cannot
  ask(method: string, path: string, body?: Json): Promise<any>;
  /** A connection to the receiver. @returns its id */
  connection(name: string, more?: JsonObject): Promise<string>;
  scope(kind: string, name: string, parentId?: string | null): Promise<string>;
  /** Publishes it, in a module when one is given. @returns its id */
  workflow(name: string, definition: JsonObject, scopeId?: string | null): Promise<string>;
  /** To a connection: a WEBHOOK to `path` of the receiver. @returns its id */
  subscribe(name: string, connectionId: string, more: JsonObject & { trigger: JsonObject }): Promise<string>;
  start(workflow: string, input?: JsonObject): Promise<string>;
  send(jobId: string, type: string, payload?: JsonObject): Promise<JsonObject>;
  /** Of the whole tenant, or as the query says; oldest first. */
  deliveries(query?: string): Promise<DeliveryView[]>;
  /** The same, once none of them is on its way. */
  settled(query?: string): Promise<DeliveryView[]>;
  stop(): Promise<void>;
}

/** A machine that waits, goes on and ends. */
export const SHORT: JsonObject = {
  id: 'short',
  initial: 'waiting',
  states: {
    waiting: { on: { GO: 'going', STOP: 'over' } },
    going: { tags: ['milestone'], on: { BACK: 'waiting', STOP: 'over' } },
    over: { type: 'final' },
  },
};

/** Call it in `beforeAll`, and `stop` in `afterAll`. */
export async function setupNotifications(): Promise<Notifications> {
  const api = await setupApi();
  const kit = await setupOn(api.url);
  const { call } = api.a;

  async function ask(method: string, path: string, body?: Json) {
    const answer = await call(method, path, body === undefined ? {} : { body });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async function deliveries(query = ''): Promise<DeliveryView[]> {
    const found: DeliveryView[] = [];
    for (let cursor = ''; ; ) {
      const page = await ask('GET', `/deliveries?limit=200${query}${cursor}`);
      found.push(...page.items);
      if (page.next_cursor === null) return found.reverse();
      cursor = `&cursor=${page.next_cursor}`;
    }
  }

  return {
    api,
    kit,
    receiver: kit.receiver,
    startWorker: kit.startWorker,
    ask,
    async connection(name, more = {}) {
      const credentials = { base_url: kit.receiver.origin, auth_header: 'Bearer s3cret-of-the-test' };
      const made = await ask('POST', '/tenant/connections', {
        provider: 'generic_rest',
        connection_name: name,
        credentials,
        ...more,
      });
      return made.id;
    },
    async scope(kind, name, parentId = null) {
      return (await ask('POST', '/scopes', { kind, name, parent_id: parentId })).id;
    },
    async workflow(name, definition, scopeId = null) {
      const id = await publish(call, name, definition);
      if (scopeId !== null) await ask('PATCH', `/workflows/${id}`, { scope_id: scopeId });
      return id;
    },
    async subscribe(name, connectionId, more) {
      const body = { job: '<<job.id>>', workflow: '<<workflow.name>>' };
      const params = { connection_id: connectionId, path: `/${name}`, body };
      const action = { action_type: 'WEBHOOK', params, retry: AT_ONCE };
      return (await ask('POST', '/subscriptions', { name, action, ...more })).id;
    },
    start: (workflow, input = {}) => startJob(call, workflow, input),
    send: (jobId, type, payload = {}) => ask('POST', `/jobs/${jobId}/events`, { type, payload }),
    deliveries,
    settled: (query = '') =>
      until('every delivery is over', async () => {
        const found = await deliveries(query);
        const isOver = ({ status }: DeliveryView) =>
          ['SUCCEEDED', 'FAILED', 'SKIPPED', 'UNKNOWN'].includes(status);
        return found.length > 0 && found.every(isOver) ? found : null;
      }),
    async stop() {
      await kit.close();
      await api.stop();
    },
  };
}
