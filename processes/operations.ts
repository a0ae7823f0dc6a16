// What a process tells its operator, on a listener of its own that no user reaches: metrics, and whether it is up and can
// work. In an API process and in a worker alike.
import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readiness } from '../db/readiness.ts';
import { PawlError } from '../engine/errors.ts';
import type { Metrics } from '../telemetry/metrics.ts';

export interface OperationsOptions {
  host: string;
  /** 0: any free one. */
  port: number;
  /** Asked for as a bearer before metrics are shown; undefined: who reaches the port may read them. */
  token?: string | undefined;
  metrics: Metrics;
  readiness(): Promise<Readiness>;
  version: string;
}

export interface Operations {
  /** Such as `http://127.0.0.1:9464`. */
  url: string;
  stop(): Promise<void>;
}

/** @throws PawlError Unavailable `cannot_listen` */
export async function startOperations(options: OperationsOptions): Promise<Operations> {
  const server = createServer((request, response) => {
    void answer(request, options)
      .catch((): Answer => json(500, { status: 'failed' }))
      .then(({ status, type, body }) => send(response, status, type, body));
  });
  // Exclusive: this port is of this process, also where processes share the port of the API.
  server.listen({ port: options.port, host: options.host, exclusive: true });
  try {
    await once(server, 'listening');
  } catch (error) {
    const sentence = `Metrics cannot be shown on ${options.host}:${options.port}: ${(error as Error).message}. Set METRICS_HOST and the METRICS_…_PORT of this process.`;
    throw new PawlError('Unavailable', 'cannot_listen', sentence, { cause: error });
  }
  return { url: urlOf(server), stop: () => close(server) };
}

interface Answer {
  status: number;
  type: string;
  body: string;
}

async function answer(
  { method, url, headers }: IncomingMessage,
  { metrics, readiness, token, version }: OperationsOptions,
): Promise<Answer> {
  if (method !== 'GET') return json(405, { status: 'method_not_allowed' });
  switch (url?.split('?')[0]) {
    case '/metrics': {
      if (token !== undefined && !isBearer(headers.authorization, token)) {
        return json(401, { status: 'unauthorized' });
      }
      const { contentType, text } = await metrics.page();
      return { status: 200, type: contentType, body: text };
    }
    case '/healthz':
      return json(200, { status: 'ok', version });
    case '/readyz': {
      const found = await readiness();
      return json(found.status === 'not_ready' ? 503 : 200, { ...found, version });
    }
    default:
      return json(404, { status: 'not_found' });
  }
}

const json = (status: number, body: object): Answer => ({
  status,
  type: 'application/json',
  body: JSON.stringify(body),
});

function isBearer(header: string | undefined, token: string): boolean {
  const [given, wanted] = [Buffer.from(header ?? ''), Buffer.from(`Bearer ${token}`)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(body);
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
