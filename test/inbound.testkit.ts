// The API and as many workers as a test wants on one database, with a source whose events come in by HTTP.
import { type Answer, setupApi, type TestApi, type TestTenant } from '../api/api.testkit.ts';
import { publish } from '../api/samples.testkit.ts';
import type { JsonObject } from '../engine/json.ts';
import { type Kit, setupOn, until } from '../worker/worker.testkit.ts';

export interface TestSource {
  id: string;
  secret: string;
}

export interface InboundKit {
  api: TestApi;
  /** Starts workers. */
  workers: Kit;
  /** A source of kind `generic` whose events are named by `id` and `type` in their bodies. */
  addSource(of: TestTenant): Promise<TestSource>;
  addTrigger(of: TestTenant, source: TestSource, trigger: JsonObject): Promise<string>;
  /** Events of a source as the API lists them, oldest first, when none of them is waiting any more. */
  processed(of: TestTenant, source: TestSource): Promise<JsonObject[]>;
  /** Jobs of a workflow as the API lists them, oldest first. */
  jobsOf(of: TestTenant, workflow: string): Promise<JsonObject[]>;
  close(): Promise<void>;
}

/** Waits for GO, counts ADD, and ends at END. */
export const TICKET: JsonObject = {
  id: 'ticket',
  context: { n: 0, seen: '', title: '' },
  initial: 'open',
  states: {
    open: {
      on: {
        ADD: {
          actions: [
            {
              action_type: 'ASSIGN',
              params: { n: 'context.n + 1', seen: 'context.seen + string(event.what)' },
            },
          ],
        },
        BREAK: { actions: [{ action_type: 'ASSIGN', params: { n: 'event.missing + 1' } }] },
        END: 'closed',
      },
    },
    closed: { type: 'final' },
  },
};

/** Starts a job whose key is the payload's `ticket`. */
export const OPENS: JsonObject = {
  name: 'opens',
  event_types: ['opened'],
  action: { type: 'start_job', workflow: 'ticket', key: 'event.ticket', input: { title: '<<event.title>>' } },
};

/** Sends ADD to the job whose key is the payload's `ticket`. */
export const ADDS: JsonObject = {
  name: 'adds',
  event_types: ['added'],
  action: {
    type: 'send_event',
    workflow: 'ticket',
    key: 'event.ticket',
    event_type: 'ADD',
    payload: { what: '<<event.what>>' },
  },
};

export async function setupInbound(): Promise<InboundKit> {
  const api = await setupApi();
  const workers = await setupOn(api.url);
  for (const { call } of [api.a, api.b]) await publish(call, 'ticket', TICKET);

  async function made(answer: Promise<Answer>): Promise<Answer['body']> {
    const { status, body } = await answer;
    if (status >= 300) throw new Error(JSON.stringify(body));
    return body;
  }
  const eventsOf = async ({ call }: TestTenant, { id }: TestSource): Promise<JsonObject[]> => {
    const items: JsonObject[] = [];
    for (let cursor = ''; ; ) {
      const page = await made(call('GET', `/inbound-events?source=${id}&limit=200${cursor}`));
      items.push(...page.items);
      if (page.next_cursor === null) return items.reverse();
      cursor = `&cursor=${page.next_cursor}`;
    }
  };
  let names = 0;

  return {
    api,
    workers,
    addSource: ({ call }) =>
      made(
        call('POST', '/sources', {
          body: { kind: 'generic', name: `source ${++names}`, config: { delivery_id_path: 'id' } },
        }),
      ),
    addTrigger: async ({ call }, { id }, trigger) =>
      (await made(call('POST', '/triggers', { body: { source_id: id, ...trigger } }))).id,
    processed: (of, source) =>
      until('every event of the source is processed', async () => {
        const events = await eventsOf(of, source);
        return events.every(({ status }) => status === 'PROCESSED' || status === 'FAILED') && events;
      }),
    jobsOf: async ({ call }, workflow) =>
      (await made(call('GET', `/jobs?workflow=${workflow}&limit=200`))).items.reverse(),
    async close() {
      await workers.close();
      await api.stop();
    },
  };
}
