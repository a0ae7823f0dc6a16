// Drives an HTTP API from a process of its own with a raw HTTP/1.1 client: a real one would take the CPU time that is
// to be measured. One request at a time on each keep-alive connection.
import { createHmac, randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { serve } from './child.ts';
import { createPace, nowMs, type Pace } from './measure.ts';

export type Target = JobTarget | SourceTarget;

/** Gets an event for a job: the same request again and again. */
export interface JobTarget {
  path: string;
  authorization: string;
}

/** A source of kind `github`: each request is a delivery of its own, signed. */
export interface SourceTarget {
  path: string;
  secret: string;
}

export interface Answers extends Pace {
  /** Answers other than 2xx; the first of them in words. */
  failed: number;
  firstFailure: string | null;
}

/** When an event should have been sent, and when its answer had been read, by `nowMs`. */
export interface Sent {
  dueAtMs: number;
  answeredAtMs: number;
}

export type Load = typeof handlers;

const handlers = {
  /**
   * Posts as fast as answers come, for `forMs`, on `connections` sockets. Each target belongs to one socket, so that
   * no two requests for it are under way at once.
   * @param url of several, each has its part of the sockets
   */
  async drive(asked: {
    url: string | readonly string[];
    targets: readonly Target[];
    connections: number;
    forMs: number;
    warmUpMs: number;
  }): Promise<Answers> {
    const { targets, connections, forMs, warmUpMs } = asked;
    const urls = [asked.url].flat();
    const urlOf = (index: number) => urls[index % urls.length] as string;
    const clients = await Promise.all(Array.from({ length: connections }, (_, i) => openClient(urlOf(i))));
    const pace = createPace(warmUpMs);
    const failures: string[] = [];
    const until = nowMs() + forMs;
    await Promise.all(
      clients.map(async (client, index) => {
        const mine = targets
          .filter((_, i) => i % connections === index)
          .map((target) => requestsFor(urlOf(index), target, index));
        for (let turn = 0; mine.length > 0 && nowMs() < until; turn++) {
          const startedAt = nowMs();
          const next = mine[turn % mine.length] as () => string;
          const { status, text } = await client.exchange(next());
          if (status >= 200 && status < 300) pace.count(startedAt);
          else failures.push(`${status} ${text}`);
        }
        client.close();
      }),
    );
    return { ...pace.result(), failed: failures.length, firstFailure: failures[0] ?? null };
  },

  /**
   * Posts one request after another with pauses between them; the n-th event's payload is `{ n }`.
   * @returns when each answer had been read, by `nowMs`
   */
  async oneByOne(asked: {
    url: string;
    targets: readonly JobTarget[];
    samples: number;
    pauseMs: { least: number; most: number };
  }): Promise<number[]> {
    const { url, targets, samples, pauseMs } = asked;
    const client = await openClient(url);
    const answeredAt: number[] = [];
    for (let n = 0; n < samples; n++) {
      const { status, text } = await client.exchange(
        request(url, targets[n % targets.length] as JobTarget, n),
      );
      answeredAt.push(nowMs());
      if (status >= 300) throw new Error(`answered ${status}: ${text}`);
      // Random, so that samples do not fall in step with anything periodic.
      await pause(pauseMs.least + Math.random() * (pauseMs.most - pauseMs.least));
    }
    client.close();
    return answeredAt;
  },

  /**
   * Posts `perSecond` events for `forMs`, evenly spaced, and waits for no answer before the next; the n-th event's payload is
   * `{ n }`. One that is due while all connections are busy is sent as soon as one is free.
   */
  async onSchedule(asked: {
    url: string;
    targets: readonly JobTarget[];
    connections: number;
    perSecond: number;
    forMs: number;
  }): Promise<Sent[]> {
    const { url, targets, connections, perSecond, forMs } = asked;
    const clients = await Promise.all(Array.from({ length: connections }, () => openClient(url)));
    const beginMs = nowMs();
    const total = Math.max(1, Math.floor((perSecond * forMs) / 1_000));
    const dueAtMs = (n: number) => beginMs + (n * 1_000) / perSecond;
    const sent: Sent[] = [];
    let next = 0;
    // Whoever is free takes the next that is due, or waits for it.
    await Promise.all(
      clients.map(async (client) => {
        for (let n = next++; n < total; n = next++) {
          const earlyMs = dueAtMs(n) - nowMs();
          // Whole milliseconds, and never before it is due.
          if (earlyMs > 0) await pause(Math.ceil(earlyMs));
          const target = targets[n % targets.length] as JobTarget;
          const { status, text } = await client.exchange(request(url, target, n));
          sent[n] = { dueAtMs: dueAtMs(n), answeredAtMs: nowMs() };
          if (status >= 300) throw new Error(`answered ${status}: ${text}`);
        }
        client.close();
      }),
    );
    return sent;
  },
};

function requestsFor(url: string, target: Target, index: number): () => string {
  if ('secret' in target) return () => delivery(url, target);
  const always = request(url, target, index);
  return () => always;
}

function request(url: string, { path, authorization }: JobTarget, n: number): string {
  return post(
    url,
    path,
    [`Authorization: ${authorization}`],
    JSON.stringify({ type: 'HIT', payload: { n } }),
  );
}

/** As large as a small event of GitHub's. */
const PADDING = 'x'.repeat(1_000);

function delivery(url: string, { path, secret }: SourceTarget): string {
  const id = randomUUID();
  const body = JSON.stringify({ action: 'opened', number: id, issue: { title: 'It broke', body: PADDING } });
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  const headers = ['X-GitHub-Event: issues', `X-GitHub-Delivery: ${id}`];
  return post(url, path, [...headers, `X-Hub-Signature-256: sha256=${signature}`], body);
}

const post = (url: string, path: string, headers: readonly string[], body: string): string =>
  [
    `POST ${path} HTTP/1.1`,
    `Host: ${new URL(url).host}`,
    ...headers,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');

interface Client {
  exchange(request: string): Promise<{ status: number; text: string }>;
  close(): void;
}

async function openClient(url: string): Promise<Client> {
  const { hostname, port } = new URL(url);
  const socket: Socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  let received = '';
  let waiting: PromiseWithResolvers<{ status: number; text: string }> | null = null;
  const fail = (error: Error) => waiting?.reject(error);
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the API closed the connection')));
  // Bytes as characters: lengths are counted in bytes.
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    received += chunk;
    const answer = readAnswer(received);
    if (answer === null) return;
    received = '';
    waiting?.resolve(answer);
  });
  return {
    exchange(text) {
      waiting = Promise.withResolvers();
      socket.write(text);
      return waiting.promise;
    },
    close: () => socket.destroy(),
  };
}

const LENGTH = /\r\ncontent-length: *(\d+)/i;

/** null while it is incomplete. With one request under way nothing follows an answer. */
function readAnswer(received: string): { status: number; text: string } | null {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const head = received.slice(0, headEnd);
  const text = received.slice(headEnd + 4);
  const length = LENGTH.exec(head)?.[1];
  const whole = length === undefined ? text.endsWith('0\r\n\r\n') : text.length >= Number(length);
  return whole ? { status: Number(head.slice(9, 12)), text } : null;
}

serve(handlers);
