// The other end of every webhook, in a process of its own: answers 200 to whatever is posted, as cheaply as it can,
// and counts. Raw sockets, because node:http would cost more than what is measured. Understands Content-Length only.
import { createServer, type Server, type Socket } from 'node:net';
import { serve } from './child.ts';
import { nowMs } from './measure.ts';

export interface Arrival {
  /** Monotonic, comparable with `nowMs` of other processes. */
  atMs: number;
  path: string;
  idempotencyKey: string | null;
  body: string;
  /** Address of the sender. */
  from: string;
}

const ANSWER_BODY = '{"ok":true}';
// The hint lets clients keep their sockets through pauses.
const ANSWER = Buffer.from(
  'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nKeep-Alive: timeout=60\r\n' +
    `Content-Length: ${ANSWER_BODY.length}\r\n\r\n${ANSWER_BODY}`,
);
const REFUSAL = 'HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
const HEAD_END = Buffer.from('\r\n\r\n');

let server: Server | null = null;
let recording = false;
let answering = true;
let count = 0;
const arrivals: Arrival[] = [];
const marks = new Map<number, (atMs: number) => void>();
const reachedAt = new Map<number, number>();

export type Receiver = typeof handlers;

const handlers = {
  /**
   * @param record keep what arrived, in order, and not only how many; slower
   * @param hang accept everything and never answer
   */
  async listen({
    record,
    hang = false,
    address = '127.0.0.1',
  }: {
    record: boolean;
    hang?: boolean;
    address?: string;
  }): Promise<{ url: string }> {
    recording = record;
    answering = !hang;
    const listening = createServer({ noDelay: true }, receive);
    server = listening;
    await new Promise<void>((resolve) => listening.listen(0, address, resolve));
    const { port } = listening.address() as { port: number };
    return { url: `http://${address}:${port}` };
  },
  count: () => count,
  /** Resolves when `total` requests have arrived, with the moment of the last of them. */
  reached({ total }: { total: number }): Promise<number> {
    if (count >= total) return Promise.resolve(reachedAt.get(total) ?? nowMs());
    return new Promise((resolve) => marks.set(total, resolve));
  },
  /** Everything since `listen` that was recorded, from the `from`-th on. */
  arrivals: ({ from }: { from: number }) => arrivals.slice(from),
  stop: () => void server?.close(),
};

function receive(socket: Socket): void {
  let pending: Buffer | null = null;
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    let data = pending === null ? chunk : Buffer.concat([pending, chunk]);
    pending = null;
    let answers = 0;
    while (data.length > 0) {
      const headEnd = data.indexOf(HEAD_END);
      if (headEnd < 0) break;
      const head = data.toString('latin1', 0, headEnd);
      const length = contentLength(head);
      if (length < 0) return void socket.end(REFUSAL);
      const end = headEnd + HEAD_END.length + length;
      if (data.length < end) break;
      arrived(head, data, { from: end - length, to: end }, socket.remoteAddress ?? '');
      answers++;
      data = data.subarray(end);
    }
    if (data.length > 0) pending = data;
    if (!answering) return;
    if (answers === 1) socket.write(ANSWER);
    else if (answers > 1) socket.write(Buffer.concat(Array.from({ length: answers }, () => ANSWER)));
  });
}

const LENGTH = /\r\ncontent-length: *(\d+)/i;
const CHUNKED = /\r\ntransfer-encoding:/i;

function contentLength(head: string): number {
  const stated = LENGTH.exec(head)?.[1];
  if (stated !== undefined) return Number(stated);
  return CHUNKED.test(head) ? -1 : 0;
}

function arrived(head: string, data: Buffer, body: { from: number; to: number }, from: string): void {
  count++;
  if (recording) {
    arrivals.push({
      atMs: nowMs(),
      path: head.split(' ', 2)[1] ?? '',
      idempotencyKey: /\r\nidempotency-key: *([^\r]+)/i.exec(head)?.[1] ?? null,
      body: data.toString('utf8', body.from, body.to),
      from,
    });
  }
  const mark = marks.get(count);
  if (mark) {
    const atMs = nowMs();
    reachedAt.set(count, atMs);
    marks.delete(count);
    mark(atMs);
  }
}

serve(handlers);
