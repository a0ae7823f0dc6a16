// GitHub: webhooks of repositories, organisations and apps.
import { z } from 'zod';
import { asObject, formPairs, jsonObject, jsonOf, textAt } from '../body.ts';
import { defineSourceKind } from '../define-source-kind.ts';
import { deliveryId, eventType, hashId } from '../event.ts';
import { githubGaps } from '../github-gaps.ts';
import { FORM, mediaType, optionalHeader, requiredHeader } from '../headers.ts';
import { Unreadable } from '../refused.ts';
import { afterPrefix, anyMatches, hmac } from '../signature.ts';
import type { InboundRequest } from '../source-kind.ts';

/** GitHub offers both; as a form, the JSON is the field `payload`. */
function payloadOf(request: InboundRequest) {
  if (mediaType(request) !== FORM) return jsonObject(request.body);
  const payload = formPairs(request.body).find(([name]) => name === 'payload');
  return asObject(jsonOf(payload?.[1] ?? ''));
}

export const github = defineSourceKind({
  id: 'github',
  title: 'GitHub',
  docsUrl: 'https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries',
  fields: [],
  config: z.strictObject({}),
  secret: {
    label: 'Webhook secret',
    help: 'Entered in the webhook’s settings at GitHub as “Secret”.',
    madeBy: 'either',
    example: 'a-secret-of-nobody',
  },
  setup: {
    link: 'https://docs.github.com/webhooks/using-webhooks/creating-webhooks',
    steps: [
      'Open the repository (or organisation) → Settings → Webhooks → Add webhook.',
      'Payload URL: `{url}`',
      'Content type: `application/json`',
      'Secret: `{secret}`',
      'Choose “Send me everything” or the events you need, and leave “Active” ticked.',
      'Add webhook. GitHub sends a `ping` at once, which appears among the source’s events.',
    ],
    exampleTypes: ['push', 'pull_request.opened', 'issues.labeled', 'workflow_run.completed', 'ping'],
  },
  explains: {
    signature:
      '`X-Hub-Signature-256`: `sha256=` and the hex HMAC-SHA256 of the body. The older SHA-1 header is not looked at.',
    window: 'None: GitHub signs no time.',
    deliveryId:
      '`X-GitHub-Delivery`, the same when a delivery is sent again. It is not signed; without it, the SHA-256 of the body.',
    type: '`X-GitHub-Event`, then a dot and the payload’s `action` where it has one.',
    payload: 'The JSON body, of either content type.',
    reply: 'An empty 200.',
  },
  gaps: githubGaps,
  verify(request, { secrets }) {
    const signature = afterPrefix(requiredHeader(request, 'x-hub-signature-256'), 'sha256=');
    return anyMatches(
      [signature],
      secrets.map((secret) => hmac('sha256', secret, [request.body], 'hex')),
    );
  },
  read(request) {
    const event = optionalHeader(request, 'x-github-event');
    if (event === undefined) throw new Unreadable('event_type_missing');
    const payload = payloadOf(request);
    const delivery = optionalHeader(request, 'x-github-delivery');
    return {
      events: [
        {
          deliveryId: delivery === undefined ? hashId(request.body) : deliveryId(delivery),
          type: eventType(event, textAt(payload, 'action')),
          payload,
        },
      ],
    };
  },
});
