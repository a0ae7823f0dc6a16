// Jira Cloud: webhooks that an administrator registers, with a secret.
import { z } from 'zod';
import { jsonObject, textAt } from '../body.ts';
import { defineSourceKind } from '../define-source-kind.ts';
import { deliveryId, eventType, hashId } from '../event.ts';
import { optionalHeader, requiredHeader } from '../headers.ts';
import { Unreadable } from '../refused.ts';
import { afterPrefix, anyMatches, hmac } from '../signature.ts';

export const jira = defineSourceKind({
  id: 'jira',
  title: 'Jira',
  docsUrl: 'https://developer.atlassian.com/cloud/jira/platform/webhooks/#secure-admin-webhooks',
  fields: [],
  config: z.strictObject({}),
  secret: {
    label: 'Secret',
    help: 'Entered in the webhook’s settings at Jira as “Secret”. Webhooks without one are not signed and not accepted.',
    madeBy: 'either',
    example: 'a-secret-of-nobody',
  },
  setup: {
    link: 'https://support.atlassian.com/jira-cloud-administration/docs/manage-webhooks/',
    steps: [
      'Open Settings → System → WebHooks → Create a WebHook.',
      'URL: `{url}`',
      'Secret: `{secret}`',
      'Choose the events you need, with a JQL filter where it helps; leave “Exclude body” off.',
      'Create it.',
    ],
    exampleTypes: ['jira:issue_created', 'jira:issue_updated', 'comment_created'],
  },
  explains: {
    signature: '`X-Hub-Signature`: `sha256=` and the hex HMAC-SHA256 of the body.',
    window: 'None: Jira signs no time of sending.',
    deliveryId:
      '`X-Atlassian-Webhook-Identifier`, the same on every attempt. It is not signed; without it, the SHA-256 of the body.',
    type: 'The body’s `webhookEvent`.',
    payload: 'The JSON body.',
    reply: 'An empty 200.',
  },
  verify(request, { secrets }) {
    const signature = afterPrefix(requiredHeader(request, 'x-hub-signature'), 'sha256=');
    return anyMatches(
      [signature],
      secrets.map((secret) => hmac('sha256', secret, [request.body], 'hex')),
    );
  },
  read(request) {
    const payload = jsonObject(request.body);
    const type = textAt(payload, 'webhookEvent');
    if (type === undefined) throw new Unreadable('event_type_missing');
    const delivery = optionalHeader(request, 'x-atlassian-webhook-identifier');
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
