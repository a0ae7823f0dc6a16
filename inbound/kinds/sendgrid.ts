// SendGrid: the Event Webhook, many events a request, signed with a key of which only the public half is here.
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import { asObject, jsonOf, textAt, textOf } from '../body.ts';
import { defineSourceKind } from '../define-source-kind.ts';
import { deliveryId, eventType, hashId } from '../event.ts';
import { requiredHeader } from '../headers.ts';
import { Refused, Unreadable } from '../refused.ts';
import { assertRecent, USUAL_WINDOW_SECONDS } from '../signature.ts';
import type { InboundEvent, InboundRequest } from '../source-kind.ts';

const SIGNATURE = 'x-twilio-email-event-webhook-signature';
const TIMESTAMP = 'x-twilio-email-event-webhook-timestamp';

/** Base64 of a SubjectPublicKeyInfo, as SendGrid shows it; undefined for anything but a P-256 key. */
function publicKey(text: string): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : undefined;
  } catch {
    return undefined;
  }
}

/** @throws Refused `header_malformed` where it is not base64 in its one spelling */
function signatureBytes(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw new Refused('header_malformed');
  return bytes;
}

function readEvents(request: InboundRequest): InboundEvent[] {
  const body = jsonOf(textOf(request.body));
  return (Array.isArray(body) ? body : [body]).map((item, index) => {
    const payload = asObject(item);
    const type = textAt(payload, 'event');
    if (type === undefined) throw new Unreadable('event_type_missing');
    const id = textAt(payload, 'sg_event_id');
    return {
      deliveryId: id === undefined ? hashId(`${index}:`, request.body) : deliveryId(id),
      type: eventType(type),
      payload,
    };
  });
}

export const sendgrid = defineSourceKind({
  id: 'sendgrid',
  title: 'SendGrid',
  docsUrl:
    'https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features',
  fields: [],
  config: z.strictObject({}),
  secret: {
    label: 'Verification key',
    help: 'The public key that SendGrid shows when the signed event webhook is switched on: one line of base64.',
    madeBy: 'vendor',
    link: 'https://app.sendgrid.com/settings/mail_settings/webhook_settings',
    example:
      'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yAQGhHPTnlvFYPAZFceEu/1FwCM/QmGUhA==',
  },
  secretSchema: () =>
    z.string().refine((text) => publicKey(text) !== undefined, {
      error: 'must be the verification key of a signed event webhook, in base64',
    }),
  setup: {
    link: 'https://app.sendgrid.com/settings/mail_settings/webhook_settings',
    steps: [
      'Open Settings → Mail Settings → Event Webhooks → Create new webhook.',
      'Post URL: `{url}`',
      'Choose the actions to be posted, and enable the webhook.',
      'Security features: enable the signed event webhook, copy its verification key and enter it here.',
    ],
    exampleTypes: ['delivered', 'bounce', 'open', 'click', 'spamreport'],
  },
  explains: {
    signature:
      '`X-Twilio-Email-Event-Webhook-Signature`: the base64 ECDSA signature (P-256, SHA-256) of timestamp and body.',
    window: '`X-Twilio-Email-Event-Webhook-Timestamp` must be within 5 minutes of now, either way.',
    deliveryId:
      'Each event’s `sg_event_id`, which is signed; without it, the SHA-256 of its place in the list and the body.',
    type: 'Each event’s `event`.',
    payload: 'One event of the list: each is an inbound event of its own.',
    reply: 'An empty 200.',
  },
  verify(request, { secrets, now }) {
    const timestamp = requiredHeader(request, TIMESTAMP);
    const signature = signatureBytes(requiredHeader(request, SIGNATURE));
    assertRecent(timestamp, now, USUAL_WINDOW_SECONDS);
    const signed = Buffer.concat([Buffer.from(timestamp), request.body]);
    return secrets.some((secret) => {
      const key = publicKey(secret);
      if (key === undefined) throw new Refused('unusable_secret');
      return verify('sha256', signed, { key, dsaEncoding: 'der' }, signature);
    });
  },
  read(request) {
    const [first, ...more] = readEvents(request);
    return first === undefined ? { ignored: 'a list of no events' } : { events: [first, ...more] };
  },
});
