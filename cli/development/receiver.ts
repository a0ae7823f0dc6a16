// A receiver on this machine for the sample connection of development: prints what it gets, and answers with it.
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface Receiver {
  url: string;
  stop(): Promise<void>;
}

/** Of a body, characters printed. */
const SHOWN_CHARS = 200;
const BODY_BYTES_MAX = 1_048_576;

/**
 * Listens on 127.0.0.1, on the port of the last time if it is still free: the sample connection names it.
 * @param onRequest told one line about each request
 */
export async function startReceiver(directory: string, onRequest: (line: string) => void): Promise<Receiver> {
  const path = join(directory, 'receiver-port');
  const kept = Number(await readFile(path, 'utf8').catch(() => '0'));
  const server = createServer((request, response) => {
    readText(request).then(
      (body) => {
        onRequest(`${request.method} ${request.url} ${body.slice(0, SHOWN_CHARS)}`.trim());
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ received: true, method: request.method, path: request.url }));
      },
      () => response.destroy(),
    );
  });
  await listening(server, kept).catch(() => listening(server, 0));
  const { port } = server.address() as AddressInfo;
  await writeFile(path, `${port}\n`);
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function listening(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  // Rejects when the port is taken.
  await once(server, 'listening');
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error('too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
