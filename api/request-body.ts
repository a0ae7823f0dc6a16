// Reads a request's body once, within its limit, and refuses what could not be stored anyway, before any route sees it.
import { isUtf8 } from 'node:buffer';
import type { Context, MiddlewareHandler } from 'hono';
import { isPawlError, PawlError } from '../engine/errors.ts';
import { parseJson } from '../engine/parse-json.ts';
import type { AppEnv } from './deps.ts';
import { unsupportedMediaType } from './problems.ts';

/** Deeper than any sensible document, shallower than what recursion over it survives. */
const NESTING_MAX = 100;
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

/**
 * Puts the parsed body where the validators look for it.
 * @throws PawlError `unsupported_media_type` (415), `body_too_large` (413), `malformed_json`, `body_incomplete` (400), InvalidInput
 *   `json_too_deep`, `text_not_storable`
 */
export function readsBody(maxBytes: number): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    // In paths and queries it can only stand percent-encoded.
    if (c.req.url.includes('%00')) throw notStorable();
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD' && hasBody(c)) {
      if (!JSON_TYPE.test(c.req.header('content-type') ?? '')) throw unsupportedMediaType();
      const text = toText(await readBody(c, maxBytes));
      const value = parse(text);
      // The validators ask for it by these two ways; parsing again would double the cost of every request.
      c.req.bodyCache.text = Promise.resolve(text) as never;
      c.req.json = () => Promise.resolve(value) as never;
    }
    await next();
  };
}

/** The bytes as they were sent. @throws PawlError `body_too_large` (413), `body_incomplete` (400) */
export async function readBody(c: Context<AppEnv>, maxBytes: number): Promise<Buffer> {
  if (!hasBody(c)) return Buffer.alloc(0);
  return readBytes(c, maxBytes).catch((error) => {
    throw isPawlError(error) ? error : brokenOff(error);
  });
}

function hasBody(c: Context<AppEnv>): boolean {
  const length = c.req.header('content-length');
  if (length !== undefined) return length !== '0';
  // RFC 9112, 6.3: a request that says neither has none, whatever stream it comes with.
  if (cameOverTheWire(c)) return c.req.header('transfer-encoding') !== undefined;
  return c.req.raw.body !== null;
}

/** Node's server leaves its own request in the environment; a Request made in this process has no headers of framing. */
const cameOverTheWire = (c: Context<AppEnv>): boolean =>
  (c.env as { incoming?: unknown } | undefined)?.incoming !== undefined;

async function readBytes(c: Context<AppEnv>, maxBytes: number): Promise<Buffer> {
  const length = c.req.header('content-length');
  if (length !== undefined) {
    // The HTTP parser holds the client to the length it gave.
    if (Number(length) > maxBytes) throw tooLarge(maxBytes);
    return Buffer.from(await c.req.raw.arrayBuffer());
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of c.req.raw.body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    // Leaving the loop cancels the stream: the rest is not read.
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function toText(bytes: Buffer): string {
  // Decoding would put U+FFFD where the client had something else.
  if (!isUtf8(bytes)) throw malformed('The body is not UTF-8.');
  return bytes.toString('utf8');
}

function parse(text: string): unknown {
  if (nesting(text) > NESTING_MAX) {
    throw new PawlError('InvalidInput', 'json_too_deep', `JSON may be nested ${NESTING_MAX} levels deep.`);
  }
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw malformed(`The body is not valid JSON${whereOf(error)}.`);
  }
  if (MAY_HOLD_UNSTORABLE.test(text) && !isStorable(value)) {
    throw notStorable();
  }
  return value;
}

/** The parser's sentence quotes the body, which may hold a credential: only the place is passed on. */
function whereOf(error: unknown): string {
  const place =
    error instanceof SyntaxError ? /at position \d+(?: \(line \d+ column \d+\))?/.exec(error.message) : null;
  return place === null ? '' : `: it breaks off or errs ${place[0]}`;
}

/** Brackets open at once, at most; those inside strings count too rarely to matter, so they are skipped over. */
function nesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) deepest = Math.max(deepest, ++depth);
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth--;
  }
  return deepest;
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

// UTF-8 holds no half surrogates and JSON no raw U+0000, so only an escape can bring one in.
const MAY_HOLD_UNSTORABLE = /\\u(?:0000|d[89a-f])/i;

function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0');
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, member]) => isStorable(key) && isStorable(member));
}

function notStorable(): PawlError {
  return new PawlError(
    'InvalidInput',
    'text_not_storable',
    'Text must not hold the character U+0000 or half of a surrogate pair: neither can be stored.',
  );
}

/** The client has left, or its connection broke: nobody is there to read this, and nothing of ours failed. */
function brokenOff(cause: unknown): PawlError {
  return new PawlError('InvalidInput', 'body_incomplete', 'The body broke off before its end.', { cause });
}

function malformed(message: string): PawlError {
  return new PawlError('InvalidInput', 'malformed_json', message);
}

function tooLarge(maxBytes: number): PawlError {
  return new PawlError('TooLarge', 'body_too_large', `A request body may have at most ${maxBytes} bytes.`, {
    details: { max_bytes: maxBytes },
  });
}
