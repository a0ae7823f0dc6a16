// GitLab: webhooks of projects and groups, and system hooks.
import { z } from 'zod';
import { jsonObject, textAt } from '../body.ts';
import { defineSourceKind, usualSecret } from '../define-source-kind.ts';
import { deliveryId, eventType, hashId } from '../event.ts';
import { optionalHeader, requiredHeader } from '../headers.ts';
import { Unreadable } from '../refused.ts';
import { anyMatches } from '../signature.ts';
import type { InboundRequest } from '../source-kind.ts';
import { standardSecret, standardSecretOf, verifyStandard } from '../standard-signature.ts';

const config = z.strictObject({
  verification: z.enum(['token', 'signature'], 'must be `token` or `signature`').default('token'),
});

function idOf(request: InboundRequest, isSigned: boolean): string {
  // Only when it is signed, or a copied request could come back under another id.
  if (isSigned) return deliveryId(requiredHeader(request, 'webhook-id'));
  const key = optionalHeader(request, 'idempotency-key') ?? optionalHeader(request, 'webhook-id');
  if (key !== undefined) return deliveryId(key);
  // A hook that another hook set off has the event UUID of that one, so it cannot stand alone.
  return hashId(optionalHeader(request, 'x-gitlab-event-uuid') ?? '', '\n', request.body);
}

export const gitlab = defineSourceKind<z.output<typeof config>>({
  id: 'gitlab',
  title: 'GitLab',
  docsUrl: 'https://docs.gitlab.com/user/project/integrations/webhooks/',
  fields: [
    {
      name: 'verification',
      label: 'How requests are proven',
      help: '`signature` where your GitLab offers a signing token; `token` for the secret token, which GitLab sends along as it is.',
    },
  ],
  config,
  secret: {
    label: 'Secret token or signing token',
    help: 'Entered in the webhook’s settings at GitLab. A signing token begins with `whsec_`.',
    madeBy: 'either',
    example: 'a-token-of-nobody',
  },
  secretSchema: ({ verification }) => (verification === 'signature' ? standardSecret : usualSecret),
  makeSecret: ({ verification }, random) =>
    verification === 'signature' ? standardSecretOf(random) : Buffer.from(random).toString('hex'),
  setup: {
    link: 'https://docs.gitlab.com/user/project/integrations/webhooks/#create-a-webhook',
    steps: [
      'Open the project (or group) → Settings → Webhooks → Add new webhook.',
      'URL: `{url}`',
      'Secret token: `{secret}`; or, where there is one, the signing token.',
      'Trigger: tick the events you need, and leave SSL verification on.',
      'Add webhook, then Test → Push events to see one arrive.',
    ],
    exampleTypes: ['push', 'merge_request.open', 'issue.close', 'pipeline', 'tag_push'],
  },
  explains: {
    signature:
      '`token`: `X-Gitlab-Token` equals the secret; it proves the sender and not the body. `signature`: Standard Webhooks, over id, time and body; the token header is then not looked at.',
    window: 'With `signature`, `webhook-timestamp` must be within 5 minutes of now; with `token` none.',
    deliveryId:
      'With `signature`, `webhook-id`. With `token`, `Idempotency-Key` or `webhook-id`, else the SHA-256 of `X-Gitlab-Event-UUID` and body.',
    type: 'The body’s `object_kind` (`event_name` for system hooks), then a dot and the action of its `object_attributes` where it has one.',
    payload: 'The JSON body.',
    reply: 'An empty 200.',
  },
  secretHeaders: () => ['x-gitlab-token'],
  verify(request, { config: { verification }, ...given }) {
    if (verification === 'signature') return verifyStandard(request, 'webhook', given);
    return anyMatches([requiredHeader(request, 'x-gitlab-token')], given.secrets);
  },
  read(request, { config: { verification } }) {
    const payload = jsonObject(request.body);
    const kind = textAt(payload, 'object_kind') ?? textAt(payload, 'event_name');
    if (kind === undefined) throw new Unreadable('event_type_missing');
    const type = eventType(kind, textAt(payload, 'object_attributes', 'action'));
    return { events: [{ deliveryId: idOf(request, verification === 'signature'), type, payload }] };
  },
});
