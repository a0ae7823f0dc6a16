// A receiver of webhooks for tests: keeps what arrives in order, and answers each path as the test says.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Json } from '../engine/json.ts';

export interface Received {
  method: string;
  /** With the query. */
  path: string;
  headers: IncomingHttpHeaders;
  /** The `Idempotency-Key`. */
  key: string;
  body: string;
  /** Which one to this path, from 1. */
  nth: number;
}

export interface ScriptedAnswer {
  /** Default 200. */
  status?: number;
  headers?: Record<string, string>;
  /** A string or bytes go out as they are, anything else as JSON. Default `{"ok":true}`. */
  body?: Json | Buffer;
}

/** `'reset'` closes the connection in place of an answer. A promise holds the request until it is settled. */
export type Script = (request: Received) => ScriptedAnswer | 'reset' | Promise<ScriptedAnswer | 'reset'>;

export interface WebhookReceiver {
  /** `http://127.0.0.1:port` */
  origin: string;
  /** In the order in which they arrived, each with its whole body. */
  requests: Received[];
  /** What came to one path, in order. */
  at(path: string): Received[];
  /** How a path (without the query) answers from now on. */
  script(path: string, script: Script | ScriptedAnswer): void;
  /** Resolves with the nth request to `path` once it has arrived. */
  arrival(path: string, nth?: number): Promise<Received>;
  close(): Promise<void>;
}

/** @param otherwise what answers a path without a script of its own */
export async function startWebhookReceiver(otherwise: Script = () => ({})): Promise<WebhookReceiver> {
  const requests: Received[] = [];
  const scripts = new Map<string, Script>();
  const awaited: { path: string; nth: number; resolve(request: Received): void }[] = [];
  const at = (path: string) => requests.filter((request) => pathname(request.path) === path);

  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const path = incoming.url ?? '';
    const request: Received = {
      method: incoming.method ?? '',
      path,
      headers: incoming.headers,
      key: String(incoming.headers['idempotency-key']),
      body: Buffer.concat(chunks).toString(),
      nth: at(pathname(path)).length + 1,
    };
    requests.push(request);
    for (const waiting of awaited.filter(
      ({ path: wanted, nth }) => wanted === pathname(path) && nth === request.nth,
    )) {
      waiting.resolve(request);
    }
    const answer = await (scripts.get(pathname(path)) ?? otherwise)(request);
    if (answer === 'reset') (response.socket as Socket).destroy();
    else write(response, answer);
  });
  server.on('clientError', (_, socket) => socket.destroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    at,
    script: (path, script) => void scripts.set(path, typeof script === 'function' ? script : () => script),
    arrival: (path, nth = 1) =>
      new Promise((resolve) => {
        const arrived = at(path)[nth - 1];
        if (arrived) resolve(arrived);
        else awaited.push({ path, nth, resolve });
      }),
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A promise that the test settles. */
export const gate = <T = ScriptedAnswer>() => Promise.withResolvers<T>();

function write(
  response: ServerResponse,
  { status = 200, headers, body = { ok: true } }: ScriptedAnswer,
): void {
  const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(status === 204 || status === 304 ? undefined : bytes);
}

const pathname = (path: string): string => path.split('?')[0] as string;
