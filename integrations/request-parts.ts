// The parts every request is put together from: method, headers and body, with what an action may not set.
import type { OutboundRequest } from '../egress/request.ts';
import { HTTP_METHODS } from '../engine/definition.ts';
import type { Json } from '../engine/json.ts';
import { setterOf } from '../engine/settable-headers.ts';
import type { WebhookInput } from './provider.ts';
import { Refusal } from './refusal.ts';
import { targetUrl } from './target-url.ts';

export const FORM = 'application/x-www-form-urlencoded';
export const JSON_TYPE = 'application/json';
const TEXT_TYPE = 'text/plain; charset=utf-8';

const METHODS: ReadonlySet<string> = new Set(HTTP_METHODS);
const BODYLESS = new Set(['GET', 'HEAD']);

// RFC 9110: a token for the name; visible characters, spaces and tabs for the value.
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Whether a header of this name can be a connection's own: `X-Api-Key`, say, and not `Host`. */
export function mayCarryCredential(name: string): boolean {
  const key = name.toLowerCase();
  const isPawls = setterOf(name) === 'pawl' || key.startsWith('content-') || key === 'accept';
  return HEADER_NAME.test(name) && !isPawls;
}

/** A WEBHOOK behind `base` with the connection's own headers: what most providers are. Throws Refusal as its parts do. */
export function webhookRequest(
  input: WebhookInput,
  base: string,
  own: Readonly<Record<string, string>>,
  defaultType: typeof JSON_TYPE | typeof FORM = JSON_TYPE,
): OutboundRequest {
  const method = methodOf(input);
  const headers = headersOf(input.headers, own);
  const body = bodyOf(method, input.body, headers, defaultType);
  return { method, url: targetUrl(base, input.path, input.query), headers, body };
}

/** A POST of JSON, as operations make it. What is undefined in `body` does not reach the wire. */
export function jsonPost(url: string, own: Readonly<Record<string, string>>, body: object): OutboundRequest {
  return {
    method: 'POST',
    url,
    headers: { 'content-type': JSON_TYPE, ...own },
    body: JSON.stringify(body),
  };
}

/** A GET without a body, as test calls make it. */
export const get = (url: string, own: Readonly<Record<string, string>>): OutboundRequest => ({
  method: 'GET',
  url,
  headers: { ...own },
  body: null,
});

/** The method in upper case. Throws Refusal `method_invalid`. */
export function methodOf(input: Pick<WebhookInput, 'method'>): string {
  const method = input.method.toUpperCase();
  if (!METHODS.has(method))
    throw new Refusal('method_invalid', `\`${input.method}\` is not a method Pawl sends.`);
  return method;
}

/**
 * The action's headers in lower case together with the connection's `own`, of which only `accept` and `content-type` may be replaced. Throws Refusal `header_not_allowed` for those that are
 * Pawl's or the connection's, `header_invalid` for what is no header.
 */
export function headersOf(
  headers: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>> = {},
): Record<string, string> {
  // Without a prototype: header names are the tenant's choice, `__proto__` and `constructor` included.
  const merged: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) {
    const key = name.toLowerCase();
    if (!HEADER_NAME.test(name))
      throw new Refusal('header_invalid', `\`${name}\` is not the name of a header.`);
    if (!HEADER_VALUE.test(value)) {
      throw new Refusal(
        'header_invalid',
        `The header \`${key}\` holds a character that headers cannot carry.`,
      );
    }
    const setter = setterOf(name);
    if (setter === 'connection' || (Object.hasOwn(own, key) && key !== 'content-type' && key !== 'accept')) {
      throw new Refusal(
        'header_not_allowed',
        `The header \`${key}\` comes from the connection; an action cannot set it.`,
      );
    }
    if (setter === 'pawl') {
      throw new Refusal(
        'header_not_allowed',
        `The header \`${key}\` is set by Pawl; an action cannot set it.`,
      );
    }
    if (key in merged) throw new Refusal('header_invalid', `The header \`${key}\` is given twice.`);
    merged[key] = value.trim();
  }
  return { ...own, ...merged };
}

/**
 * The body as bytes-to-be, with its content type in `headers` (changed in place): a string as it stands, an object as
 * a form where the content type says so, anything else as JSON. Throws Refusal `body_invalid` or `body_not_allowed`.
 */
export function bodyOf(
  method: string,
  body: Json | undefined,
  headers: Record<string, string>,
  defaultType: typeof JSON_TYPE | typeof FORM = JSON_TYPE,
): string | null {
  if (body === undefined) {
    delete headers['content-type'];
    return null;
  }
  if (BODYLESS.has(method)) throw new Refusal('body_not_allowed', `A ${method} request carries no body.`);
  if (typeof body === 'string') {
    headers['content-type'] ??= defaultType === FORM ? FORM : TEXT_TYPE;
    return body;
  }
  headers['content-type'] ??= defaultType;
  return headers['content-type'].toLowerCase().startsWith(FORM) ? formEncode(body) : JSON.stringify(body);
}

/**
 * An object as a form: null is left out, an array repeats its name, an object inside becomes JSON text. Throws Refusal
 * `body_invalid` for anything but an object.
 */
export function formEncode(body: Json): string {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Refusal('body_invalid', 'A form is made from an object of names and values.');
  }
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(body)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== null) form.append(name, typeof item === 'object' ? JSON.stringify(item) : String(item));
    }
  }
  return form.toString();
}

/** `Basic` credentials (RFC 7617, UTF-8). */
export const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
