// A receiver on this machine that speaks for a vendor, and what it read: from us, or from the vendor's own SDK.
import { type ReceivedRequest, type Receiver, startReceiver } from '../egress/receiver.testkit.ts';
import type { Json, JsonObject } from '../engine/json.ts';

/** A request as the vendor reads it. */
export interface Wire {
  method: string;
  path: string;
  query: [string, string][];
  /** Lower-case names. */
  headers: Record<string, string>;
  /** JSON or a form (a name that stands twice is a list) as values, anything else as text, null for none. */
  body: Json;
}

export interface Reply {
  status: number;
  body?: Json;
  headers?: Record<string, string>;
}

/** What the vendor does with the requests that follow. */
export type Behaviour = Reply | 'silence' | 'hang up';

export interface Vendor {
  origin: string;
  received: Wire[];
  behaves(behaviour: Behaviour): void;
  /** The one request that `act` causes; whatever becomes of `act` itself. */
  catches(act: () => unknown): Promise<Wire>;
  close(): Promise<void>;
}

export async function startVendor(): Promise<Vendor> {
  let behaviour: Behaviour = { status: 200, body: {} };
  const received: Wire[] = [];
  const receiver: Receiver = await startReceiver((request) => {
    received.push(read(request));
    if (behaviour === 'hang up') request.socket.destroy();
    else if (behaviour !== 'silence') reply(request, behaviour);
  });
  return {
    origin: receiver.origin,
    received,
    behaves: (next) => {
      behaviour = next;
    },
    async catches(act) {
      const before = received.length;
      behaviour = { status: 200, body: {} };
      // SDKs reject what this vendor answers, each in its own way; what they sent is all that is asked here.
      await Promise.resolve()
        .then(act)
        .catch(() => {});
      const [wire, another] = received.slice(before);
      if (wire === undefined || another !== undefined) {
        throw new Error(`${received.length - before} requests were caught, not one`);
      }
      return wire;
    },
    close: () => receiver.close(),
  };
}

function reply({ socket }: ReceivedRequest, { status, body, headers = {} }: Reply): void {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/plain' : 'application/json';
  const lines = Object.entries({ 'content-type': type, ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  socket.write(
    `HTTP/1.1 ${status} Whatever\r\n${lines.join('')}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}

function read({ text }: ReceivedRequest): Wire {
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const [method = '', target = ''] = first.split(' ');
  const url = new URL(target, 'http://vendor.example');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const body = Buffer.from(text.slice(end + 4), 'latin1').toString('utf8');
  return {
    method,
    path: url.pathname,
    query: [...url.searchParams],
    headers,
    body: parseBody(body, headers['content-type'] ?? ''),
  };
}

function parseBody(text: string, type: string): Json {
  if (text === '') return null;
  if (type.includes('json')) return JSON.parse(text) as Json;
  if (!type.startsWith('application/x-www-form-urlencoded')) return text;
  const form: JsonObject = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const there = form[name];
    form[name] = there === undefined ? value : [...(Array.isArray(there) ? there : [there]), value];
  }
  return form;
}

/** What ours and an SDK's request must have in common: everything but telemetry, framing and Pawl's own headers. */
export function essence(wire: Wire, headerNames: readonly string[] = ['authorization']) {
  return {
    method: wire.method,
    path: wire.path,
    query: wire.query,
    headers: Object.fromEntries(headerNames.map((name) => [name, wire.headers[name]])),
    contentType: wire.headers['content-type']?.split(';')[0],
    body: wire.body,
  };
}
