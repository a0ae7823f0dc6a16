// Receivers that misbehave octet by octet, for tests: a bare TCP (or TLS) listener that counts what reaches it.
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { Policy } from './address-rules.ts';

/** What tests with a local receiver allow: the rest of the rules stay as they are. */
export const LOOPBACK_POLICY: Policy = {
  allowHttp: true,
  allowedPorts: 'any',
  allowedCidrs: ['127.0.0.1/32', '::1/128'],
};

/** A self-signed certificate for `receiver.example`, made with openssl, valid until 2126. */
export const receiverCert = readFileSync(new URL('./fixtures/receiver-cert.pem', import.meta.url), 'utf8');
const receiverKey = readFileSync(new URL('./fixtures/receiver-key.pem', import.meta.url), 'utf8');

export interface ReceivedRequest {
  /** Everything the receiver read for this request, one character per octet. */
  text: string;
  socket: Socket;
  /** Counts from 1 over all connections. */
  number: number;
}

export interface Receiver {
  port: number;
  /** `http(s)://127.0.0.1:port` */
  origin: string;
  /** How many connections it has accepted, and how many of them were open at once at most. */
  connections: number;
  mostOpen: number;
  requests: ReceivedRequest[];
  close(): Promise<void>;
}

/**
 * Starts a receiver that calls `answer` each time a request with its whole body has arrived.
 * With `tls` it serves the fixture certificate.
 */
export async function startReceiver(
  answer: (request: ReceivedRequest) => void,
  options: { tls?: TlsOptions; host?: string } = {},
): Promise<Receiver> {
  const sockets = new Set<Socket>();
  const onConnection = (socket: Socket) => {
    receiver.connections += 1;
    sockets.add(socket);
    receiver.mostOpen = Math.max(receiver.mostOpen, sockets.size);
    let unread = '';
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      unread += chunk.toString('latin1');
      for (let end = messageEnd(unread); end !== null; end = messageEnd(unread)) {
        const request = { text: unread.slice(0, end), socket, number: receiver.requests.length + 1 };
        unread = unread.slice(end);
        receiver.requests.push(request);
        answer(request);
      }
    });
  };
  const server: Server = options.tls
    ? createTlsServer({ cert: receiverCert, key: receiverKey, ...options.tls }, onConnection)
    : createServer(onConnection);
  await new Promise<void>((listening) => server.listen(0, options.host ?? '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const receiver: Receiver = {
    port,
    origin: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    connections: 0,
    mostOpen: 0,
    requests: [],
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return receiver;
}

/** A port of 127.0.0.1 on which nothing listens. */
export async function unusedPort(): Promise<number> {
  const receiver = await startReceiver(() => {});
  await receiver.close();
  return receiver.port;
}

/** A plain 200 with a JSON body; the connection stays open. */
export function answerOk({ socket }: ReceivedRequest): void {
  socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{"ok":true}');
}

function messageEnd(text: string): number | null {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd === -1) return null;
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, headEnd + 2))?.[1] ?? '0';
  const end = headEnd + 4 + Number(length);
  return text.length >= end ? end : null;
}
