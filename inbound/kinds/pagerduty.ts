// PagerDuty: V3 webhook subscriptions of an account, team or service.
import { z } from 'zod';
import { jsonObject, textAt } from '../body.ts';
import { defineSourceKind } from '../define-source-kind.ts';
import { deliveryId, eventType, hashId } from '../event.ts';
import { requiredHeader } from '../headers.ts';
import { Unreadable } from '../refused.ts';
import { anyMatches, hmac, v1Signatures } from '../signature.ts';

export const pagerduty = defineSourceKind({
  id: 'pagerduty',
  title: 'PagerDuty',
  docsUrl: 'https://developer.pagerduty.com/docs/verifying-signatures',
  fields: [],
  config: z.strictObject({}),
  secret: {
    label: 'Webhook secret',
    help: 'Shown once, when the webhook subscription is made.',
    madeBy: 'vendor',
    example: '0000000000000000000000000000000000000000000000000000000000000000',
  },
  setup: {
    link: 'https://support.pagerduty.com/main/docs/webhooks',
    steps: [
      'Open Integrations → Generic Webhooks (v3) → New Webhook.',
      'Webhook URL: `{url}`',
      'Choose the scope and the events you need, and add the webhook.',
      'Copy the secret that is shown and enter it here, then send a test event: it arrives as `pagey.ping`.',
    ],
    exampleTypes: ['incident.triggered', 'incident.acknowledged', 'incident.resolved', 'pagey.ping'],
  },
  explains: {
    signature:
      '`X-PagerDuty-Signature`: a list of `v1=` and the hex HMAC-SHA256 of the body, one for each secret in use. Other versions are passed over.',
    window: 'None: PagerDuty signs no time of sending.',
    deliveryId: 'The event’s `id` (`event.id` in the body), which is signed.',
    type: 'The event’s `event_type`.',
    payload: 'The JSON body; what happened is in its `event`.',
    reply: 'An empty 200.',
  },
  verify(request, { secrets }) {
    const given = v1Signatures(requiredHeader(request, 'x-pagerduty-signature').split(','), '=');
    return anyMatches(
      given,
      secrets.map((secret) => hmac('sha256', secret, [request.body], 'hex')),
    );
  },
  read(request) {
    const payload = jsonObject(request.body);
    const type = textAt(payload, 'event', 'event_type');
    if (type === undefined) throw new Unreadable('event_type_missing');
    const id = textAt(payload, 'event', 'id');
    const delivery = id === undefined ? hashId(request.body) : deliveryId(id);
    return { events: [{ deliveryId: delivery, type: eventType(type), payload }] };
  },
});
