// Any other sender: an HMAC of the body in some header, or a shared secret in one.
import { z } from 'zod';
import type { JsonObject } from '../../engine/json.ts';
import { formObject, formPairs, jsonPayload, textAt } from '../body.ts';
import { defineSourceKind } from '../define-source-kind.ts';
import { deliveryId, eventType, hashId } from '../event.ts';
import { FORM, mediaType, optionalHeader, requiredHeader } from '../headers.ts';
import { afterPrefix, anyMatches, hmac } from '../signature.ts';
import type { InboundRequest } from '../source-kind.ts';

const headerName = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'must be the name of a header')
  .transform((name) => name.toLowerCase());

const fieldPath = z
  .string()
  .max(200)
  .regex(/^[^.\s]+(?:\.[^.\s]+)*$/, 'must be names joined by dots, such as `data.id`');

const config = z.strictObject({
  scheme: z.enum(['hmac', 'shared_secret'], 'must be `hmac` or `shared_secret`').default('hmac'),
  header: headerName.default('x-signature'),
  prefix: z
    .string()
    .max(50)
    .regex(/^(?:[\x21-\x7e][\x20-\x7e]*)?$/, 'must be printable ASCII')
    .default(''),
  algorithm: z.enum(['sha256', 'sha512', 'sha1'], 'must be `sha256`, `sha512` or `sha1`').default('sha256'),
  encoding: z.enum(['hex', 'base64'], 'must be `hex` or `base64`').default('hex'),
  delivery_id_header: headerName.optional(),
  delivery_id_path: fieldPath.optional(),
  event_type_header: headerName.optional(),
  event_type_path: fieldPath.default('type'),
});

type GenericConfig = z.output<typeof config>;

function payloadOf(request: InboundRequest): JsonObject {
  const isForm = mediaType(request) === FORM;
  return isForm ? formObject(formPairs(request.body)) : jsonPayload(request.body);
}

/** A configured header first, then a configured field of the payload. */
function named(
  request: InboundRequest,
  payload: JsonObject,
  header: string | undefined,
  path: string | undefined,
): string | undefined {
  const fromHeader = header === undefined ? undefined : optionalHeader(request, header);
  return fromHeader ?? (path === undefined ? undefined : textAt(payload, ...path.split('.')));
}

export const generic = defineSourceKind<GenericConfig>({
  id: 'generic',
  title: 'Generic webhook',
  docsUrl: 'https://www.rfc-editor.org/rfc/rfc2104',
  fields: [
    {
      name: 'scheme',
      label: 'How requests are proven',
      help: '`hmac`: a header holds the HMAC of the body. `shared_secret`: a header holds the secret itself, which proves the sender and not the body.',
    },
    { name: 'header', label: 'Header', help: 'The header that holds the signature or the secret.' },
    {
      name: 'prefix',
      label: 'Prefix',
      help: 'What stands before it in the header, e.g. `sha256=` or `Bearer `.',
    },
    {
      name: 'algorithm',
      label: 'Hash',
      help: 'The hash of the HMAC. `sha1` only where the sender knows no better.',
    },
    { name: 'encoding', label: 'Encoding', help: 'How the signature is written. Hex must be in lower case.' },
    {
      name: 'delivery_id_header',
      label: 'Delivery id: header',
      help: 'The header that is the same for every attempt of one delivery. Headers are not signed.',
    },
    {
      name: 'delivery_id_path',
      label: 'Delivery id: field',
      help: 'Or the field of the payload, e.g. `data.id`. Without either, equal bodies are one delivery.',
    },
    { name: 'event_type_header', label: 'Event type: header', help: 'The header that names the event.' },
    {
      name: 'event_type_path',
      label: 'Event type: field',
      help: 'Or the field of the payload that names it.',
    },
  ],
  config,
  secret: {
    label: 'Key or shared secret',
    help: 'The key of the HMAC, or what is sent along.',
    madeBy: 'either',
    example: '6f1d8c2a90b7e35f',
  },
  setup: {
    link: 'https://www.rfc-editor.org/rfc/rfc2104',
    steps: [
      'Have the sender POST JSON (or a form) to `{url}`.',
      'Have it sign the exact bytes of the body with `{secret}`, and put the signature into the configured header.',
      "With openssl: `openssl dgst -sha256 -hmac '{secret}' -hex body.json`",
    ],
    exampleTypes: ['order.created', 'untyped'],
  },
  explains: {
    signature:
      'As configured: the HMAC of the body in a header, or a secret in a header. A shared secret says nothing of the body: prefer the HMAC.',
    window: 'None. A sender that can sign a time is better served by Standard Webhooks.',
    deliveryId: 'The configured header or field; without them, the SHA-256 of the body.',
    type: 'The configured header or field (`type` unless set otherwise); `untyped` where it is not there.',
    payload: 'The JSON body, or the form’s fields. JSON that is not an object is under `body`.',
    reply: 'An empty 200.',
  },
  secretHeaders: ({ header }) => [header],
  verify(request, { config: settings, secrets }) {
    const given = afterPrefix(requiredHeader(request, settings.header), settings.prefix);
    if (settings.scheme === 'shared_secret') return anyMatches([given], secrets);
    const { algorithm, encoding } = settings;
    return anyMatches(
      [given],
      secrets.map((secret) => hmac(algorithm, secret, [request.body], encoding)),
    );
  },
  read(request, { config: settings }) {
    const payload = payloadOf(request);
    const delivery = named(request, payload, settings.delivery_id_header, settings.delivery_id_path);
    const type = named(request, payload, settings.event_type_header, settings.event_type_path);
    return {
      events: [
        {
          deliveryId: delivery === undefined ? hashId(request.body) : deliveryId(delivery),
          type: eventType(type),
          payload,
        },
      ],
    };
  },
});
