// Twilio: incoming messages and calls, and the status of those sent. It signs the URL and the form's fields, sorted.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { JsonObject } from '../../engine/json.ts';
import { formObject, formPairs, jsonObject, textAt } from '../body.ts';
import { defineSourceKind } from '../define-source-kind.ts';
import { deliveryId, eventType, hashId } from '../event.ts';
import { FORM, mediaType, optionalHeader, requiredHeader } from '../headers.ts';
import { Refused } from '../refused.ts';
import { anyMatches, hmac } from '../signature.ts';
import type { InboundRequest, Reply } from '../source-kind.ts';

/** TwiML that asks for nothing. Text would be sent to the caller as a message, JSON is an error to Twilio. */
const NOTHING_TO_DO: Reply = {
  status: 200,
  headers: { 'content-type': 'text/xml; charset=utf-8' },
  body: '<?xml version="1.0" encoding="UTF-8"?><Response/>',
};

// Twilio sends a few dozen. Sorting is done before anybody has proven anything, so it must not be made to take long.
const MAX_FIELDS = 1000;
const AMPERSAND = 0x26;

/**
 * Fields by name in the order of their code units; the values of one name likewise, each once.
 * @throws Refused `body_unsigned` where there are more fields than Twilio would send
 */
function canonicalFields(body: Uint8Array): string {
  const separators = body.reduce((count, byte) => (byte === AMPERSAND ? count + 1 : count), 0);
  if (separators >= MAX_FIELDS) throw new Refused('body_unsigned');
  const values = new Map<string, Set<string>>();
  for (const [name, value] of formPairs(body)) values.set(name, (values.get(name) ?? new Set()).add(value));
  return [...values.keys()]
    .sort()
    .flatMap((name) => [...(values.get(name) ?? [])].sort().map((value) => name + value))
    .join('');
}

// Not parsed any further, as Twilio signs the exact characters.
const URL_PARTS = /^(https?:\/\/)([^/?#]*)(.*)$/is;

/** Twilio signs the port in some products and not in others, so the URL counts as it is, without a port, and with the usual one. */
function spellings(url: string): string[] {
  const [, scheme = '', authority = '', rest = ''] = URL_PARTS.exec(url) ?? [];
  if (authority === '') return [url];
  const host = authority.replace(/:[0-9]+$/, '');
  const port = scheme.toLowerCase() === 'https://' ? 443 : 80;
  return [url, scheme + host + rest, `${scheme}${host}:${port}${rest}`];
}

/** What is signed behind the URL. @throws Refused `body_unsigned`, `header_malformed`, `signature_mismatch` */
function signedFields(request: InboundRequest): string {
  const query = request.url.indexOf('?');
  const hashes = new URLSearchParams(query === -1 ? '' : request.url.slice(query + 1)).getAll('bodySHA256');
  if (hashes.length === 0) {
    // Of any other body nothing at all would be covered.
    if (request.body.length > 0 && mediaType(request) !== FORM) throw new Refused('body_unsigned');
    return canonicalFields(request.body);
  }
  if (hashes.length > 1) throw new Refused('header_malformed');
  const hash = createHash('sha256').update(request.body).digest('hex');
  if (!anyMatches(hashes, [hash])) throw new Refused('signature_mismatch');
  return '';
}

/** What the fields tell of: a message, a call, a recording. */
function typeOf(payload: JsonObject): string {
  const recording = textAt(payload, 'RecordingStatus');
  if (recording !== undefined) return eventType('recording', recording);
  const message = textAt(payload, 'MessageStatus') ?? textAt(payload, 'SmsStatus');
  if (message !== undefined) return eventType('message', message);
  const call = textAt(payload, 'CallStatus');
  if (call !== undefined) return eventType('call', call);
  return eventType(textAt(payload, 'EventType'));
}

export const twilio = defineSourceKind({
  id: 'twilio',
  title: 'Twilio',
  docsUrl: 'https://www.twilio.com/docs/usage/webhooks/webhooks-security',
  fields: [],
  config: z.strictObject({}),
  secret: {
    label: 'Auth token',
    help: 'The account’s primary auth token: Twilio signs with it. To rotate it, promote the secondary one at Twilio.',
    madeBy: 'vendor',
    link: 'https://console.twilio.com',
    example: '00000000000000000000000000000000',
  },
  setup: {
    link: 'https://console.twilio.com',
    steps: [
      'Open the Console’s account page, copy the auth token and enter it here.',
      'Phone Numbers → your number → “A message comes in” (or “A call comes in”): Webhook, `{url}`, HTTP POST.',
      'For the status of messages you send, give `{url}` as `StatusCallback`.',
      'The URL must be exactly this one: Twilio signs it.',
    ],
    exampleTypes: ['message.received', 'message.delivered', 'message.failed', 'call.ringing'],
  },
  explains: {
    signature:
      '`X-Twilio-Signature`: the base64 HMAC-SHA1 of the URL and the form’s fields, sorted. A JSON body is covered by the URL’s `bodySHA256`; one without it is refused.',
    window: 'None: Twilio signs no time.',
    deliveryId:
      '`I-Twilio-Idempotency-Token`, the same on every attempt. It is not signed; without it, the SHA-256 of what is.',
    type: '`message.`, `call.` or `recording.` and the status: `message.received` is an incoming message.',
    payload: 'The form’s fields (a list where a name occurs twice), or the JSON body.',
    reply: 'An empty TwiML `<Response/>`: nothing is sent back, and a call is hung up.',
  },
  verify(request, { secrets }) {
    const signature = requiredHeader(request, 'x-twilio-signature');
    const fields = signedFields(request);
    const expected = secrets.flatMap((secret) =>
      spellings(request.url).map((url) => hmac('sha1', secret, [url, fields], 'base64')),
    );
    return anyMatches([signature], expected);
  },
  read(request) {
    const isForm = mediaType(request) === FORM || request.body.length === 0;
    const payload = isForm ? formObject(formPairs(request.body)) : jsonObject(request.body);
    const token = optionalHeader(request, 'i-twilio-idempotency-token');
    const id =
      token === undefined ? hashId(isForm ? canonicalFields(request.body) : request.body) : deliveryId(token);
    return { events: [{ deliveryId: id, type: typeOf(payload), payload }], reply: NOTHING_TO_DO };
  },
});
