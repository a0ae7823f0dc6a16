// Stripe: event destinations, snapshot and thin events alike.
import { z } from 'zod';
import { jsonObject, textAt } from '../body.ts';
import { defineSourceKind } from '../define-source-kind.ts';
import { deliveryId, eventType, hashId } from '../event.ts';
import { requiredHeader } from '../headers.ts';
import { Refused, Unreadable } from '../refused.ts';
import { anyMatches, assertRecent, hmac, USUAL_WINDOW_SECONDS, v1Signatures } from '../signature.ts';

/** `t=1492774577,v1=…,v1=…,v0=…`: one time, and a signature for each secret of the endpoint. */
function parseHeader(header: string): { timestamp: string; signatures: string[] } {
  const items = header.split(',');
  const [time, ...more] = items.filter((item) => item.startsWith('t='));
  if (time === undefined || more.length > 0) throw new Refused('header_malformed');
  return { timestamp: time.slice('t='.length), signatures: v1Signatures(items, '=') };
}

export const stripe = defineSourceKind({
  id: 'stripe',
  title: 'Stripe',
  docsUrl: 'https://docs.stripe.com/webhooks#verify-manually',
  fields: [],
  config: z.strictObject({}),
  secret: {
    label: 'Signing secret',
    help: 'Of the endpoint, `whsec_…`; each endpoint has its own.',
    madeBy: 'vendor',
    link: 'https://dashboard.stripe.com/webhooks',
    example: 'whsec_00000000000000000000000000000000',
  },
  setup: {
    link: 'https://dashboard.stripe.com/webhooks',
    steps: [
      'Open Developers → Webhooks → Add destination, and choose the events you need.',
      'Endpoint URL: `{url}`',
      'Reveal the destination’s signing secret and enter it here.',
    ],
    exampleTypes: ['invoice.paid', 'checkout.session.completed', 'charge.refunded'],
  },
  explains: {
    signature:
      '`Stripe-Signature`: `t=`, the time, and any number of `v1=`, the hex HMAC-SHA256 of time, a dot and body. Other versions are passed over. The secret counts as text, `whsec_` included.',
    window: '`t` must be within 5 minutes of now, either way. Stripe signs anew when it tries again.',
    deliveryId: 'The event’s `id`, which is signed.',
    type: 'The event’s `type`.',
    payload: 'The event.',
    reply: 'An empty 200.',
  },
  verify(request, { secrets, now }) {
    const { timestamp, signatures } = parseHeader(requiredHeader(request, 'stripe-signature'));
    assertRecent(timestamp, now, USUAL_WINDOW_SECONDS);
    return anyMatches(
      signatures,
      secrets.map((secret) => hmac('sha256', secret, [`${timestamp}.`, request.body], 'hex')),
    );
  },
  read(request) {
    const payload = jsonObject(request.body);
    const type = textAt(payload, 'type');
    if (type === undefined) throw new Unreadable('event_type_missing');
    const id = textAt(payload, 'id');
    const delivery = id === undefined ? hashId(request.body) : deliveryId(id);
    return { events: [{ deliveryId: delivery, type: eventType(type), payload }] };
  },
});
