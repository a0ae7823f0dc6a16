// Headers by name, from the lines as they arrived. A header that decides anything must be there exactly once.
import { Refused } from './refused.ts';
import type { HeaderLine, InboundRequest } from './source-kind.ts';

/** @throws Refused `header_missing`, `header_doubled`, `header_malformed` (empty) */
export function requiredHeader(request: InboundRequest, name: string): string {
  const values = valuesOf(request.headers, name);
  const [value] = values;
  if (value === undefined) throw new Refused('header_missing');
  if (values.length > 1) throw new Refused('header_doubled');
  if (value === '') throw new Refused('header_malformed');
  return value;
}

/** For what is not signed, such as an id or an event's name: undefined where it is missing, empty or doubled. */
export function optionalHeader(request: InboundRequest, name: string): string | undefined {
  const values = valuesOf(request.headers, name);
  return values.length === 1 && values[0] !== '' ? values[0] : undefined;
}

/** `application/json` of `application/JSON; charset=utf-8`; empty where there is none. */
export const mediaType = (request: InboundRequest): string =>
  (optionalHeader(request, 'content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';

/** The media type of forms. */
export const FORM = 'application/x-www-form-urlencoded';

const MASK = '***';
// Whatever a kind says: no header of such a name is ever stored or shown.
const ALWAYS_MASKED =
  /^(?:authorization|proxy-authorization|cookie)$|secret|password|api-?key|signature|authenticat|(?<!idempotency-)token/;

/** The same lines with `***` for every value that must not be kept. `secret` names further headers, in lower case. */
export function maskLines(headers: readonly HeaderLine[], secret: readonly string[]): HeaderLine[] {
  return headers.map(([name, value]) => {
    const lower = name.toLowerCase();
    return [name, secret.includes(lower) || ALWAYS_MASKED.test(lower) ? MASK : value];
  });
}

function valuesOf(headers: readonly HeaderLine[], name: string): string[] {
  return headers.filter(([candidate]) => candidate.toLowerCase() === name).map(([, value]) => value);
}
