// One request and its answer, from the moment it is handed to the connection pool until its outcome is known.
// It knows at every instant whether an octet may have left, which is what separates "not sent" from "unknown".
import { DialError } from './dial.ts';
import type { NotSentCode, SendResult, UnknownCode } from './request.ts';

/** The part of the pool's request controller that is used here. */
interface Controller {
  abort(reason: Error): void;
}

/** What the sender already knows when an exchange starts. */
interface ExchangeStart {
  requestBytes: number;
  maxResponseBytes: number;
  timeoutMs: number;
  /** Called once, when the request leaves the waiting line (because it is written, or because it never will be). */
  onLeftQueue: () => void;
  /** Called once, with the outcome. */
  onSettled: (result: SendResult) => void;
}

/**
 * Is the handler the pool calls back. The pool promises `onRequestStart` right before it writes the first
 * octet: an exchange that ends before it is `not_sent`, one that ends after it without an answer is `unknown`.
 */
export class Exchange {
  #start: ExchangeStart;
  #startedAt = performance.now();
  #timer: NodeJS.Timeout;
  #settled = false;
  #queued = true;
  #controller: Controller | null = null;
  #informational = 0;
  #status = 0;
  #headers: Readonly<Record<string, string | string[] | undefined>> = {};
  #body = EMPTY_BODY;
  #keptBytes = 0;

  constructor(start: ExchangeStart) {
    this.#start = start;
    this.#timer = setTimeout(onDeadline, start.timeoutMs, this);
  }

  /** Ends the exchange now, from outside. Does nothing once its outcome is known. */
  giveUp(cause: 'timeout' | 'cancelled'): void {
    if (this.#settled) return;
    if (this.#controller === null) {
      if (cause === 'cancelled') this.notSent('cancelled', 'The send was cancelled before it began.');
      else
        this.notSent('connect_timeout', `No connection to the receiver within ${this.#start.timeoutMs} ms.`);
    } else if (cause === 'cancelled') {
      this.#unknown('cancelled', 'The send was cancelled before the answer was complete.');
    } else {
      this.#unknown('timeout', `No complete answer within ${this.#start.timeoutMs} ms.`);
    }
  }

  /** Ends the exchange although it was never handed to the pool. */
  notSent(code: NotSentCode, message: string): void {
    this.#settle({ phase: 'not_sent', code, message, durationMs: this.#durationMs() });
  }

  onRequestStart(controller: Controller): void {
    this.#leaveQueue();
    // Given up while it waited for a connection. To throw here makes the pool drop the request unwritten and
    // keep the socket; to abort would close the socket the next request is about to use.
    if (this.#settled) throw ABANDONED;
    this.#controller = controller;
  }

  onResponseStart(
    _controller: Controller,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (this.#settled) return;
    if (status < 200) {
      this.#informational += 1;
      if (this.#informational > MAX_INFORMATIONAL)
        this.#unknown('bad_response', 'The receiver sent too many interim answers.');
      return;
    }
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    if (this.#settled) return;
    const room = this.#start.maxResponseBytes - this.#keptBytes;
    if (chunk.length <= room) {
      this.#keep(chunk);
      return;
    }
    const received = this.#keptBytes + chunk.length;
    this.#keep(chunk.subarray(0, room));
    this.#answered(received);
    this.#controller?.abort(ABANDONED);
  }

  onResponseEnd(): void {
    this.#answered(this.#keptBytes);
  }

  onResponseError(_controller: Controller | null, error: Error): void {
    this.#leaveQueue();
    if (this.#settled) return;
    if (this.#controller === null) {
      const { code, message } = whyNotSent(error);
      this.notSent(code, message);
    } else {
      const { code, message } = whyUnknown(error, this.#status !== 0);
      this.#unknown(code, message);
    }
  }

  #answered(bodyBytes: number): void {
    this.#settle({
      phase: 'answered',
      status: this.#status,
      headers: joinRepeated(this.#headers),
      body: this.#body.subarray(0, this.#keptBytes),
      bodyBytes,
      truncated: bodyBytes > this.#keptBytes,
      requestBytes: this.#start.requestBytes,
      durationMs: this.#durationMs(),
    });
  }

  #unknown(code: UnknownCode, message: string): void {
    this.#settle({
      phase: 'unknown',
      code,
      message,
      requestBytes: this.#start.requestBytes,
      durationMs: this.#durationMs(),
      ...(this.#status === 0 ? {} : { status: this.#status }),
    });
    this.#controller?.abort(ABANDONED);
  }

  #settle(result: SendResult): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#body = EMPTY_BODY;
    this.#start.onSettled(result);
  }

  #leaveQueue(): void {
    if (!this.#queued) return;
    this.#queued = false;
    this.#start.onLeftQueue();
  }

  /** Copies: a chunk is a view that would pin the socket's whole read buffer, and a list of them has no bound. */
  #keep(chunk: Buffer): void {
    const needed = this.#keptBytes + chunk.length;
    if (needed > this.#body.length) {
      const size = Math.min(this.#start.maxResponseBytes, Math.max(needed, this.#body.length * 2));
      const grown = Buffer.allocUnsafe(size);
      this.#body.copy(grown, 0, 0, this.#keptBytes);
      this.#body = grown;
    }
    chunk.copy(this.#body, this.#keptBytes);
    this.#keptBytes = needed;
  }

  #durationMs(): number {
    return Math.round(performance.now() - this.#startedAt);
  }
}

// Early hints come once or twice; an endless row of interim answers is a way to hold a worker.
const MAX_INFORMATIONAL = 8;
const EMPTY_BODY = Buffer.alloc(0);
// Made once: an Error per given-up request would collect a stack that nobody reads.
const ABANDONED = new Error('abandoned');

function onDeadline(exchange: Exchange): void {
  exchange.giveUp('timeout');
}

function joinRepeated(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const joined: Record<string, string> = Object.create(null);
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (value !== undefined) joined[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return joined;
}

function whyNotSent(error: Error): { code: NotSentCode; message: string } {
  if (error instanceof DialError) return error;
  switch (codeOf(error)) {
    case 'UND_ERR_INVALID_ARG':
    case 'UND_ERR_NOT_SUPPORTED':
      // Its text names the header or part that is malformed, never a value.
      return { code: 'invalid_request', message: `The request cannot be written: ${error.message}.` };
    case 'UND_ERR_DESTROYED':
    case 'UND_ERR_CLOSED':
      return { code: 'closed', message: 'The sender was closed.' };
    default:
      return { code: 'connect_failed', message: 'The connection ended before the request was written.' };
  }
}

function whyUnknown(error: Error, headersComplete: boolean): { code: UnknownCode; message: string } {
  const code = codeOf(error);
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return { code: 'too_large', message: "The answer's headers are too large." };
  }
  if (isMalformed(error, code, headersComplete))
    return { code: 'bad_response', message: 'What the receiver sent back is not an HTTP answer.' };
  return { code: 'reset', message: 'The connection ended before the answer was complete.' };
}

const codeOf = (error: Error) => (error as NodeJS.ErrnoException).code ?? '';

/** Tells an answer that breaks the protocol from one that breaks off; undici names both by the same errors. */
function isMalformed(error: Error, code: string, headersComplete: boolean): boolean {
  if (error.name === 'HTTPParserError') return !error.message.includes('Invalid EOF state');
  // Before the headers are complete this is about contradictory lengths, after them about a body cut short.
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return !headersComplete;
  // An answer out of place (1xx, nobody asked) is a socket error named `bad response` or `bad upgrade`.
  return code === 'UND_ERR_SOCKET' && error.message.startsWith('bad ');
}
