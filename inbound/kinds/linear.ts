// Linear: webhooks of a workspace or team. The time that is signed stands in the body.
import { z } from 'zod';
import { at, jsonObject, textAt } from '../body.ts';
import { defineSourceKind } from '../define-source-kind.ts';
import { deliveryId, eventType, hashId } from '../event.ts';
import { optionalHeader, requiredHeader } from '../headers.ts';
import { Refused, Unreadable } from '../refused.ts';
import { anyMatches, assertWithin, hmac } from '../signature.ts';

// Linear's own recommendation, and what its SDK does.
const WINDOW_SECONDS = 60;

/** Called only once the signature is known to be good: nothing unsigned is parsed. */
function signedTime(body: Uint8Array): number {
  try {
    const time = at(jsonObject(body), 'webhookTimestamp');
    if (typeof time === 'number') return time;
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
  }
  throw new Refused('timestamp_malformed');
}

export const linear = defineSourceKind({
  id: 'linear',
  title: 'Linear',
  docsUrl: 'https://linear.app/developers/webhooks#securing-webhooks',
  fields: [],
  config: z.strictObject({}),
  secret: {
    label: 'Signing secret',
    help: 'Shown on the webhook’s page at Linear.',
    madeBy: 'vendor',
    link: 'https://linear.app/settings/api',
    example: 'lin_wh_0000000000000000',
  },
  setup: {
    link: 'https://linear.app/settings/api',
    steps: [
      'Open Settings → API → Webhooks → New webhook.',
      'URL: `{url}`',
      'Choose the teams and the data change events you need, and create it.',
      'Copy its signing secret and enter it here.',
    ],
    exampleTypes: ['Issue.create', 'Issue.update', 'Comment.create', 'Project.update'],
  },
  explains: {
    signature: '`Linear-Signature`: the hex HMAC-SHA256 of the body.',
    window: 'The body’s `webhookTimestamp`, in milliseconds, must be within 1 minute of now, either way.',
    deliveryId: '`Linear-Delivery`, which is not signed; without it, the SHA-256 of the body.',
    type: 'The body’s `type`, a dot and its `action`.',
    payload: 'The JSON body.',
    reply: 'An empty 200.',
  },
  verify(request, { secrets, now }) {
    const signature = requiredHeader(request, 'linear-signature');
    const expected = secrets.map((secret) => hmac('sha256', secret, [request.body], 'hex'));
    if (!anyMatches([signature], expected)) return false;
    assertWithin(signedTime(request.body), now, WINDOW_SECONDS);
    return true;
  },
  read(request) {
    const payload = jsonObject(request.body);
    const type = textAt(payload, 'type');
    if (type === undefined) throw new Unreadable('event_type_missing');
    const delivery = optionalHeader(request, 'linear-delivery');
    return {
      events: [
        {
          deliveryId: delivery === undefined ? hashId(request.body) : deliveryId(delivery),
          type: eventType(type, textAt(payload, 'action')),
          payload,
        },
      ],
    };
  },
});
