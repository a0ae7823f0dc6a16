// Reads a request's body once, within its limit, and refuses what could not be stored anyway, before any route sees it.
import { isUtf8 } from 'node:buffer';
import type { Context, MiddlewareHandler } from 'hono';
import { isPawlError, PawlError } from '../engine/errors.ts';
import { nesting } from '../engine/nesting.ts';
import { parseJson } from '../engine/parse-json.ts';
import { isStorableText } from '../engine/storable.ts';
import type { AppEnv } from './deps.ts';
import { unsupportedMediaType } from './problems.ts';

/** Deeper than any sensible document, shallower than what recursion over it survives. */
const NESTING_MAX = 100;
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

/**
 * Puts the parsed body where the validators look for it.
 * @throws PawlError `unsupported_media_type` (415), `body_too_large` (413), `malformed_json`, `body_incomplete` (400), InvalidInput
 *   `json_too_deep`, `text_not_storable`, `number_too_large`
 */
export function readsBody(maxBytes: number): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    // In paths and queries it can only stand percent-encoded.
    if (c.req.url.includes('%00')) throw notStorable();
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') await putBody(c, maxBytes);
    await next();
  };
}

async function putBody(c: Context<AppEnv>, maxBytes: number): Promise<void> {
  let value: unknown = {};
  // Many clients say that JSON comes and then send nothing: that is as good as nothing said.
  if (hasBody(c)) {
    if (!JSON_TYPE.test(c.req.header('content-type') ?? '')) throw unsupportedMediaType();
    const text = toText(await readBody(c, maxBytes));
    value = parse(text);
    c.req.bodyCache.text = Promise.resolve(text) as never;
  }
  // The validators ask for it by these two ways; parsing again would double the cost of every request.
  c.req.json = () => Promise.resolve(value) as never;
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
  if (MAY_HOLD_UNSTORABLE.test(text) && holds(value, isUnstorable)) throw notStorable();
  if (MAY_OVERFLOW.test(text) && holds(value, isInfinite)) {
    throw new PawlError(
      'InvalidInput',
      'number_too_large',
      'A number is larger than JSON in JavaScript can hold (1.8e308).',
    );
  }
  return value;
}

/** The parser's sentence quotes the body, which may hold a credential: only the place is passed on. */
function whereOf(error: unknown): string {
  const place =
    error instanceof SyntaxError ? /at position \d+(?: \(line \d+ column \d+\))?/.exec(error.message) : null;
  return place === null ? '' : `: it breaks off or errs ${place[0]}`;
}

// UTF-8 holds no half surrogates and JSON no raw U+0000, so only an escape can bring one in.
const MAY_HOLD_UNSTORABLE = /\\u(?:0000|d[89a-f])/i;
const isUnstorable = (value: unknown) => typeof value === 'string' && !isStorableText(value);

// What overflows is read as infinite, and would be written as null.
const MAY_OVERFLOW = /[eE]\+?\d{3}|\d{309}/;
const isInfinite = (value: unknown) => typeof value === 'number' && !Number.isFinite(value);

/** Whether a value, or a key or a member of it, is `bad`. */
function holds(value: unknown, bad: (leaf: unknown) => boolean): boolean {
  if (typeof value !== 'object' || value === null) return bad(value);
  return Object.entries(value).some(([key, member]) => bad(key) || holds(member, bad));
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
