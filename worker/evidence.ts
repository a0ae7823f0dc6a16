// What the audit keeps of a request and its answer: enough to say a year later what was sent, and no secret in it.
import type { Answered, OutboundRequest } from '../egress/request.ts';
import type { Json, JsonObject } from '../engine/json.ts';
import { readBody } from '../integrations/answer.ts';
import type { Scrubber } from '../vault/scrub.ts';

/** Bytes kept of each body. */
const KEPT_BYTES = 16 * 1024;
/** Characters kept of a header's value, and headers kept of an answer: nobody audits a cookie jar. */
const HEADER_VALUE_KEPT = 1024;
const HEADERS_KEPT = 64;

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

/** `body` is JSON where it is JSON and was kept whole, else text; `output` takes its place where a provider made one. */
export function responseEvidence(answer: Answered, scrubber: Scrubber, output: Json | undefined): JsonObject {
  const evidence: JsonObject = { status: answer.status, headers: keptHeaders(answer.headers, scrubber) };
  const whole = !answer.truncated && answer.body.length <= KEPT_BYTES;
  if (output !== undefined && JSON.stringify(output).length <= KEPT_BYTES)
    evidence.body = scrubber.json(output);
  else if (whole) evidence.body = scrubber.json(readBody(answer));
  else {
    evidence.body = scrubber.excerpt(answer.body, KEPT_BYTES, answer.truncated);
    evidence.truncated = true;
  }
  return evidence;
}

function keptHeaders(headers: Readonly<Record<string, string>>, scrubber: Scrubber): JsonObject {
  const kept: JsonObject = {};
  for (const name of Object.keys(headers).slice(0, HEADERS_KEPT)) {
    if (name === 'set-cookie' || name === '__proto__') continue;
    kept[name] = scrubber.text(headers[name] ?? '').slice(0, HEADER_VALUE_KEPT);
  }
  return kept;
}
