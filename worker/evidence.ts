// What the audit keeps of a request and its answer: enough to say a year later what was sent, and no secret in it. And what
// a workflow reads of the answer, which it may decide on: that is whole for far longer.
import type { Answered, OutboundRequest } from '../egress/request.ts';
import { MAX_VALUE_SIZE } from '../engine/evaluation.ts';
import type { Json, JsonObject } from '../engine/json.ts';
import { readBody } from '../integrations/answer.ts';
import type { Scrubber } from '../vault/scrub.ts';

/** Bytes that the log keeps of each body. */
const KEPT_BYTES = 16 * 1024;
/** Bytes of an answer's body that a workflow reads: room is left for the event that carries it. */
export const READ_BYTES = MAX_VALUE_SIZE - 16 * 1024;
/** Characters kept of a header's value, and headers kept of an answer: nobody audits a cookie jar. */
const HEADER_VALUE_KEPT = 1024;
const HEADERS_KEPT = 64;
/** Characters kept of a sentence or a name of the receiver's, which may be as long as its whole answer. */
const WORDS_KEPT = 2_048;

/** What a receiver calls something, or says of it, without secrets. */
export function keptWords(words: string, scrubber: Scrubber): string {
  const clean = scrubber.text(words);
  return clean.length > WORDS_KEPT ? `${clean.slice(0, WORDS_KEPT)}…` : clean;
}

export function requestEvidence(
  { method, url, headers, body }: OutboundRequest,
  scrubber: Scrubber,
): JsonObject {
  const evidence: JsonObject = { method, url: scrubber.text(url), headers: scrubber.headers(headers) };
  if (body !== null && body.length > 0) {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    evidence.body = scrubber.excerpt(bytes, KEPT_BYTES);
    if (bytes.length > KEPT_BYTES) evidence.truncated = true;
  }
  return evidence;
}

export interface ResponseEvidence {
  /** For the log. */
  kept: JsonObject;
  /** For the workflow; the same object where the log keeps all of it. */
  read: JsonObject;
}

/**
 * `body` is JSON where it is JSON and is there whole; else it is the beginning of the text, and `truncated` is true. `output`
 * takes its place where a provider made one.
 */
export function responseEvidence(
  answer: Answered,
  scrubber: Scrubber,
  output: Json | undefined,
): ResponseEvidence {
  const head: JsonObject = { status: answer.status, headers: keptHeaders(answer.headers, scrubber) };
  const size = output === undefined ? answer.body.length : Buffer.byteLength(JSON.stringify(output));
  const isWhole = output !== undefined || !answer.truncated;
  const whole = (): JsonObject => ({ ...head, body: scrubber.json(output ?? readBody(answer)) });
  if (isWhole && size <= KEPT_BYTES) {
    const all = whole();
    return { kept: all, read: all };
  }
  const body = scrubber.excerpt(answer.body, KEPT_BYTES, answer.truncated);
  const kept = { ...head, body, truncated: true };
  return { kept, read: isWhole && size <= READ_BYTES ? whole() : kept };
}

function keptHeaders(headers: Readonly<Record<string, string>>, scrubber: Scrubber): JsonObject {
  const kept: JsonObject = {};
  for (const name of Object.keys(headers).slice(0, HEADERS_KEPT)) {
    if (name === 'set-cookie' || name === '__proto__') continue;
    kept[name] = scrubber.text(headers[name] ?? '').slice(0, HEADER_VALUE_KEPT);
  }
  return kept;
}
