// The one way out: every request to a place a tenant named leaves through here, guarded when it is sent and
// again when it is dialled. The only file that imports undici.
import { Agent, buildConnector } from 'undici';
import { checkPolicy, type Policy, parseTarget, STRICT_POLICY } from './address-rules.ts';
import { createGuardedLookup, type Resolve, refuseLiteral, toDialError } from './dial.ts';
import { Exchange } from './exchange.ts';
import type { NotSentCode, OutboundRequest, SendOptions, SendResult } from './request.ts';
import { toWire } from './wire.ts';

export interface SenderOptions {
  /** Default: https to public addresses only. A sender has one policy for life, so no socket is shared across two. */
  policy?: Policy;
  /** The `user-agent` of requests that bring none. */
  userAgent: string;
  /** Default: the system resolver. */
  resolve?: Resolve;
  /** Sockets per origin; what exceeds them waits, within its own deadline. */
  connectionsPerOrigin?: number;
  /** Requests that may wait for a socket of one origin before more are refused as `busy`. */
  maxWaitingPerOrigin?: number;
  /** Certificates (PEM) trusted instead of the built-in ones. */
  ca?: string;
}

export interface Sender {
  /** Sends one request. Never rejects: whatever happens is a value, known by phase. */
  send(request: OutboundRequest, options: SendOptions): Promise<SendResult>;
  /** Takes nothing more, waits for what is under way (each has its deadline), then closes every socket. */
  close(): Promise<void>;
}

/** @throws TypeError where the policy names a malformed CIDR. */
export function createSender(options: SenderOptions): Sender {
  const { policy = STRICT_POLICY, userAgent, maxWaitingPerOrigin = DEFAULT_MAX_WAITING_PER_ORIGIN } = options;
  checkPolicy(policy);
  const agent = createAgent(policy, options);
  const waiting = createWaitingCounts();
  const cancellations = createCancellations();
  let underWay = 0;
  let closing: { promise: Promise<void>; resolve: () => void } | null = null;

  function send(
    request: OutboundRequest,
    { timeoutMs, signal, maxResponseBytes }: SendOptions,
  ): Promise<SendResult> {
    if (closing !== null) return refused('closed', 'The sender was closed.');
    if (signal?.aborted) return refused('cancelled', 'The send was cancelled before it began.');
    const target = parseTarget(request.url, policy);
    if (!target.ok) return refused(target.code === 'blocked' ? 'blocked' : 'invalid_request', target.message);
    const { url, origin } = target;
    const written = toWire(request, url, userAgent);
    if (typeof written === 'string') return refused('invalid_request', written);
    if (waiting.of(origin) >= maxWaitingPerOrigin) {
      return refused('busy', 'Too many requests already wait for this receiver.');
    }

    return new Promise((resolve) => {
      const exchange = new Exchange({
        requestBytes: written.requestBytes,
        maxResponseBytes: maxResponseBytes ?? DEFAULT_MAX_RESPONSE_BYTES,
        timeoutMs,
        onLeftQueue: () => waiting.remove(origin),
        onSettled: (result) => {
          if (signal !== undefined) cancellations.remove(signal, exchange);
          underWay -= 1;
          if (underWay === 0) closing?.resolve();
          resolve(result);
        },
      });
      underWay += 1;
      waiting.add(origin);
      if (signal !== undefined) cancellations.add(signal, exchange);
      agent.dispatch(
        {
          origin,
          path: written.path,
          method: request.method as 'POST',
          headers: written.headers,
          body: written.body,
        },
        exchange,
      );
    });
  }

  async function close(): Promise<void> {
    if (closing === null) {
      closing = Promise.withResolvers<void>();
      if (underWay === 0) closing.resolve();
    }
    await closing.promise;
    await agent.destroy();
  }

  return { send, close };
}

/** The dialling half of the guard, as the pool calls it for every new socket. Exported for its own test. */
export function createGuardedConnector(
  policy: Policy,
  options: Pick<SenderOptions, 'resolve' | 'ca'>,
): buildConnector.connector {
  const connect = buildConnector({
    allowH2: false,
    timeout: CONNECT_TIMEOUT_MS,
    lookup: createGuardedLookup(policy, options.resolve),
    // All checked addresses are tried, so a broken IPv6 route does not fail a receiver that has IPv4 too.
    autoSelectFamily: true,
    // Said aloud because NODE_TLS_REJECT_UNAUTHORIZED=0 would otherwise switch verification off.
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  });
  return (target, callback) => {
    const refusal = refuseLiteral(target.hostname, policy);
    if (refusal !== null) return queueMicrotask(() => callback(refusal, null));
    return connect(target, (...[error, socket]) => {
      if (error === null) callback(null, socket);
      else callback(toDialError(error, target.protocol), null);
    });
  };
}

function createAgent(policy: Policy, options: SenderOptions): Agent {
  return new Agent({
    connect: createGuardedConnector(policy, options),
    connections: options.connectionsPerOrigin ?? DEFAULT_CONNECTIONS_PER_ORIGIN,
    // One request at a time per socket: with several in the pipe nobody could say which of them arrived.
    pipelining: 1,
    allowH2: false,
    maxHeaderSize: MAX_RESPONSE_HEADER_BYTES,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_HINTED_MAX_MS,
    // The exchange's own deadline covers both; undici's count silence, which a dripping receiver never keeps.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

// Enough to keep a fast receiver busy from one process, few enough not to look like an attack.
const DEFAULT_CONNECTIONS_PER_ORIGIN = 64;
// Requests given up while they wait stay in undici's line until a socket takes or fails them; this bounds the line.
const DEFAULT_MAX_WAITING_PER_ORIGIN = 1_024;
const DEFAULT_MAX_RESPONSE_BYTES = 1_048_576;
// Node's own default for servers; large enough for any API known to us.
const MAX_RESPONSE_HEADER_BYTES = 16_384;
// A dead receiver must give its sockets back; actions' deadlines are shorter or equal by default.
const CONNECT_TIMEOUT_MS = 10_000;
// Shorter than the shortest common server setting (gunicorn: 2 s): a request written to a socket the server is
// just closing ends as unknown, and one more handshake is cheaper than that.
const KEEP_ALIVE_MS = 1_500;
// Where the server says how long it keeps a socket (`keep-alive: timeout=n`), that minus 2 s is used, up to this.
const KEEP_ALIVE_HINTED_MAX_MS = 30_000;

/** How many requests wait for a socket, by origin; an origin nobody waits for takes no memory. */
function createWaitingCounts() {
  const counts = new Map<string, number>();
  return {
    of: (origin: string) => counts.get(origin) ?? 0,
    add: (origin: string) => counts.set(origin, (counts.get(origin) ?? 0) + 1),
    remove: (origin: string) => {
      const left = (counts.get(origin) ?? 0) - 1;
      if (left > 0) counts.set(origin, left);
      else counts.delete(origin);
    },
  };
}

/** One listener per signal, however many sends share it: an AbortSignal finds its listeners by walking a list. */
function createCancellations() {
  const bySignal = new WeakMap<AbortSignal, Set<Exchange>>();
  return {
    add(signal: AbortSignal, exchange: Exchange) {
      let exchanges = bySignal.get(signal);
      if (exchanges === undefined) {
        const fresh = new Set<Exchange>();
        signal.addEventListener(
          'abort',
          () => {
            for (const one of fresh) one.giveUp('cancelled');
          },
          { once: true },
        );
        bySignal.set(signal, fresh);
        exchanges = fresh;
      }
      exchanges.add(exchange);
    },
    remove(signal: AbortSignal, exchange: Exchange) {
      bySignal.get(signal)?.delete(exchange);
    },
  };
}

function refused(code: NotSentCode, message: string): Promise<SendResult> {
  return Promise.resolve({ phase: 'not_sent', code, message, durationMs: 0 });
}
