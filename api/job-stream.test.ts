import { getEventListeners, once } from 'node:events';
import { type AddressInfo, createConnection } from 'node:net';
import { serve } from '@hono/node-server';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { setupApi, type TestApi } from './api.testkit.ts';
import { createJobStreams } from './job-stream.ts';
import { createRouter } from './routing.ts';
import { counter, listOf, makeConnection, publish, send, startJob } from './samples.testkit.ts';
import { createJobWatch } from './watch.ts';

let api: TestApi;
beforeAll(async () => {
  api = await setupApi();
  await publish(api.a.call, 'counter', counter);
  await publish(api.a.call, 'list', listOf(await makeConnection(api.a.call), ['first', 'second']));
});
afterAll(() => api.stop());

interface Frame {
  event?: string;
  id?: string;
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it waits for
  data?: any;
  /** A line beginning with a colon. */
  comment?: string;
}

/** Reads a stream frame by frame. */
function readerOf(response: Response) {
  const reader = (response.body as ReadableStream<Uint8Array>)
    .pipeThrough(new TextDecoderStream())
    .getReader();
  let text = '';
  async function next(): Promise<Frame | null> {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end >= 0) {
        const frame = parse(text.slice(0, end));
        text = text.slice(end + 2);
        return frame;
      }
      const { done, value } = await reader.read();
      if (done) return null;
      text += value;
    }
  }
  return {
    next,
    /** The next one of that kind. */
    async until(event: string): Promise<Frame> {
      for (;;) {
        const frame = await next();
        if (frame === null) throw new Error(`the stream ended before "${event}"`);
        if (frame.event === event) return frame;
      }
    },
    /** All that is left, to the end. */
    async rest(): Promise<Frame[]> {
      const frames: Frame[] = [];
      for (let frame = await next(); frame !== null; frame = await next()) frames.push(frame);
      return frames;
    },
    leave: () => reader.cancel(),
  };
}

function parse(text: string): Frame {
  const frame: Frame = {};
  for (const line of text.split('\n')) {
    const [name, ...value] = line.split(': ');
    if (name === '') frame.comment = value.join(': ');
    else if (name === 'event' || name === 'id') frame[name] = value.join(': ');
    else if (name === 'data') frame.data = JSON.parse(value.join(': '));
  }
  return frame;
}

async function follow(jobId: string, headers: Record<string, string> = {}) {
  const response = await api.app.request(`/api/v1/jobs/${jobId}/stream`, {
    headers: { authorization: `Bearer ${api.a.key}`, ...headers },
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  return readerOf(response);
}

test('a stream begins with a snapshot, tells each transition, and ends with the job', async () => {
  const { call } = api.a;
  const id = await startJob(call, 'counter');
  const stream = await follow(id);
  const snapshot = await stream.until('snapshot');
  expect(snapshot.data).toMatchObject({
    job: { id, revision: 1, current_state: 'counting' },
    action_runs: [],
  });
  const added = await send(call, id, 'ADD');
  const first = await stream.until('transition');
  expect(first).toMatchObject({
    id: added.body.transition.id,
    data: { revision: 2, job: { context: { n: 1 } } },
  });
  expect(first.data.data).toMatchObject({ event: { type: 'ADD' }, from: 'counting', to: 'counting' });
  await send(call, id, 'STOP');
  const rest = await stream.rest();
  expect(rest.map(({ event }) => event)).toEqual(['transition', 'end']);
  expect(rest.at(-1)?.data).toEqual({ status: 'DONE', revision: 3 });
});

test('a stream of a job that is over ends at once', async () => {
  const id = await startJob(api.a.call, 'counter');
  await send(api.a.call, id, 'STOP');
  const frames = await (await follow(id)).rest();
  expect(frames.map(({ event }) => event)).toEqual([undefined, 'snapshot', 'end']);
});

test('a stream tells what another process commits', async () => {
  const id = await startJob(api.a.call, 'counter');
  const stream = await follow(id);
  await stream.until('snapshot');
  const elsewhere = await setupElsewhere();
  await elsewhere.send(id, 'ADD');
  expect((await stream.until('transition')).data.revision).toBe(2);
  await stream.leave();
});

/** Jobs of the same database that know nothing of our watch. */
async function setupElsewhere() {
  const { createJobs } = await import('../jobs/jobs.ts');
  const { db, tenants, clock, ids } = api.deps;
  const jobs = createJobs({ db, tenants, clock, ids, onQueued: () => {}, onMoved: () => {}, concurrency: 1 });
  return {
    send: (jobId: string, type: string) =>
      jobs.send(api.a.tenant, {
        jobId,
        event: { type, payload: {} },
        actor: 'elsewhere',
        idempotency: null,
        expectedRevision: null,
      }),
  };
}

test('a stream tells when the status of an action changes, and stays open for it', async () => {
  const { call } = api.a;
  const id = await startJob(call, 'list');
  const stream = await follow(id);
  await stream.until('snapshot');
  const { body } = await send(call, id, 'START');
  await stream.until('transition');
  const seen = [await stream.until('action'), await stream.until('action')];
  expect(seen.map(({ data }) => [data.name, data.status])).toEqual([
    ['first', 'QUEUED'],
    ['second', 'QUEUED'],
  ]);
  await call('POST', `/jobs/${id}/cancel`);
  expect((await stream.until('transition')).data.kind).toBe('cancelled');
  const [first, second] = body.action_runs;
  await call('POST', `/actions/${first.id}/skip`);
  expect((await stream.until('action')).data).toMatchObject({ id: first.id, status: 'SKIPPED' });
  await call('POST', `/actions/${second.id}/skip`);
  expect((await stream.rest()).map(({ event }) => event).at(-1)).toBe('end');
});

test('a client that comes back is told what it missed, each once and in order', async () => {
  const { call } = api.a;
  const id = await startJob(call, 'counter');
  const stream = await follow(id);
  const { id: lastEventId } = await stream.until('snapshot');
  await stream.leave();
  for (let n = 0; n < 5; n++) await send(call, id, 'ADD');
  const again = await follow(id, { 'last-event-id': lastEventId ?? '' });
  await again.next();
  const missed: Frame[] = [];
  for (let n = 0; n < 5; n++) missed.push((await again.next()) as Frame);
  expect(missed.map(({ event, data }) => [event, data.revision])).toEqual(
    [2, 3, 4, 5, 6].map((n) => ['transition', n]),
  );
  expect((await again.next())?.data.job.revision).toBe(6);
  await again.leave();
  const stranger = await follow(id, { 'last-event-id': 'nonsense' });
  expect((await stranger.until('snapshot')).data.job.revision).toBe(6);
  await stranger.leave();
});

test('every transition of a busy job is told exactly once', async () => {
  const { call } = api.a;
  const id = await startJob(call, 'counter');
  const stream = await follow(id);
  await stream.until('snapshot');
  await Promise.all(Array.from({ length: 40 }, () => send(call, id, 'ADD')));
  await send(call, id, 'STOP');
  const transitions = (await stream.rest()).filter(({ event }) => event === 'transition');
  expect(transitions.map(({ data }) => data.revision)).toEqual(Array.from({ length: 41 }, (_, n) => n + 2));
});

/** The stream route with limits of its own. */
function routesWith(
  limits: { heartbeatMs?: number; longestMs?: number; perTenant?: number },
  watch = api.deps.watch,
) {
  const streams = createJobStreams(
    { ...api.deps, watch },
    { heartbeatMs: 60_000, longestMs: 60_000, perTenant: 10, ...limits },
  );
  const routes = createRouter();
  routes.onError(
    (error) => new Response((error as { code?: string }).code ?? error.message, { status: 500 }),
  );
  routes.use(async (c, next) => {
    c.set('tenant', api.a.tenant);
    await next();
  });
  routes.get('/:id/stream', streams.open);
  return routes;
}

test('a silent stream is kept open by comments', async () => {
  const id = await startJob(api.a.call, 'counter');
  const stream = readerOf(await routesWith({ heartbeatMs: 5 }).request(`/${id}/stream`));
  await stream.until('snapshot');
  expect(await stream.next()).toEqual({ comment: 'still here' });
  expect(await stream.next()).toEqual({ comment: 'still here' });
  await stream.leave();
});

test('a tenant has so many streams and no more, until one of them ends', async () => {
  const id = await startJob(api.a.call, 'counter');
  const routes = routesWith({ perTenant: 2 });
  const streams = [await routes.request(`/${id}/stream`), await routes.request(`/${id}/stream`)].map(
    readerOf,
  );
  for (const stream of streams) await stream.until('snapshot');
  expect(await (await routes.request(`/${id}/stream`)).text()).toBe('too_many_streams');
  await send(api.a.call, id, 'STOP');
  for (const stream of streams) await stream.rest();
  const next = await routes.request(`/${id}/stream`);
  expect(next.status).toBe(200);
  await readerOf(next).rest();
});

test('a stream ends after its time, and when the process stops', async () => {
  const id = await startJob(api.a.call, 'counter');
  const short = readerOf(await routesWith({ longestMs: 20 }).request(`/${id}/stream`));
  expect((await short.rest()).every(({ event }) => event !== 'end')).toBe(true);
  const watch = createJobWatch({ db: api.db, intervalMs: 20 });
  const stream = readerOf(await routesWith({}, watch).request(`/${id}/stream`));
  await stream.until('snapshot');
  await watch.stop();
  await stream.rest();
});

test('a stream that is over leaves nothing behind in the process', async () => {
  onTestFinished(() => void vi.restoreAllMocks());
  const id = await startJob(api.a.call, 'counter');
  const watch = createJobWatch({ db: api.db, intervalMs: 20 });
  const [longestMs, set, cleared] = [
    987_654,
    vi.spyOn(globalThis, 'setTimeout'),
    vi.spyOn(globalThis, 'clearTimeout'),
  ];
  const stream = readerOf(await routesWith({ longestMs }, watch).request(`/${id}/stream`));
  await stream.until('snapshot');
  expect(getEventListeners(watch.stopped, 'abort').length).toBeGreaterThan(0);
  await send(api.a.call, id, 'STOP');
  await stream.rest();
  expect(getEventListeners(watch.stopped, 'abort')).toEqual([]);
  const nth = set.mock.calls.findIndex(([, ms]) => ms === longestMs);
  expect(cleared).toHaveBeenCalledWith(set.mock.results[nth]?.value);
  await watch.stop();
});

test('a client that hangs up is forgotten', async () => {
  const id = await startJob(api.a.call, 'counter');
  const { watch } = api.deps;
  let forget = () => {};
  const forgotten = new Promise<void>((resolve) => {
    forget = resolve;
  });
  const observed: typeof watch = {
    ...watch,
    subscribe(...of) {
      const end = watch.subscribe(...of);
      return () => {
        end();
        forget();
      };
    },
  };
  const server = serve({ fetch: routesWith({}, observed).fetch, port: 0, hostname: '127.0.0.1' });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = createConnection(port, '127.0.0.1');
  socket.write(`GET /${id}/stream HTTP/1.1\r\nHost: x\r\n\r\n`);
  await once(socket, 'data');
  socket.destroy();
  await forgotten;
  server.close();
});

test('HEAD says that there is a stream, and opens none', async () => {
  const id = await startJob(api.a.call, 'counter');
  const routes = routesWith({ perTenant: 1 });
  const server = serve({ fetch: routes.fetch, port: 0, hostname: '127.0.0.1' });
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${id}/stream`;
  const head = await fetch(url, { method: 'HEAD' });
  expect(head.status).toBe(200);
  expect(head.headers.get('content-type')).toBe('text/event-stream');
  const stream = readerOf(await fetch(url));
  await stream.until('snapshot');
  await stream.leave();
  server.close();
});
