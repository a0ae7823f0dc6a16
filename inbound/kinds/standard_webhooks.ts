// Standard Webhooks: one scheme for many senders, among them every other Pawl.
import { z } from 'zod';
import { jsonPayload, textAt } from '../body.ts';
import { defineSourceKind } from '../define-source-kind.ts';
import { deliveryId, eventType } from '../event.ts';
import { requiredHeader } from '../headers.ts';
import { standardSecretOf, standardSecretOrPublicKey, verifyStandard } from '../standard-signature.ts';

const config = z.strictObject({
  header_prefix: z.enum(['webhook', 'svix'], 'must be `webhook` or `svix`').default('webhook'),
});

export const standardWebhooks = defineSourceKind<z.output<typeof config>>({
  id: 'standard_webhooks',
  title: 'Standard Webhooks',
  docsUrl: 'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md',
  fields: [
    {
      name: 'header_prefix',
      label: 'Headers begin with',
      help: '`webhook` as the standard says, or `svix` for senders that use Svix’s own names (`svix-id`, …).',
    },
  ],
  config,
  secret: {
    label: 'Signing secret, or the sender’s public key',
    help: '`whsec_…`, given by the sender or to be given to it; or `whpk_…`, of a sender that signs with a key of its own.',
    madeBy: 'either',
    example: 'whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA=',
  },
  secretSchema: () => standardSecretOrPublicKey,
  makeSecret: (_, random) => standardSecretOf(random),
  setup: {
    link: 'https://www.standardwebhooks.com',
    steps: [
      'Add an endpoint at the sender with the URL `{url}`.',
      'If the sender shows a signing secret or a public key, enter it here; if it asks for a secret, give it `{secret}`.',
      'Choose the events you need.',
    ],
    exampleTypes: ['invoice.paid', 'user.created'],
  },
  explains: {
    signature:
      '`webhook-signature`: a list of `v1,` and the base64 HMAC-SHA256 of id, timestamp and body joined by dots, or with a public key of `v1a,` and their base64 Ed25519 signature. Other versions in the list are passed over.',
    window: '`webhook-timestamp` must be within 5 minutes of now, either way.',
    deliveryId: '`webhook-id`, which is signed.',
    type: 'The body’s `type`; `untyped` where it has none.',
    payload: 'The JSON body; JSON that is not an object is under `body`.',
    reply: 'An empty 200.',
  },
  verify: (request, { config: { header_prefix }, ...given }) => verifyStandard(request, header_prefix, given),
  read(request, { config: { header_prefix } }) {
    const payload = jsonPayload(request.body);
    const id = deliveryId(requiredHeader(request, `${header_prefix}-id`));
    return { events: [{ deliveryId: id, type: eventType(textAt(payload, 'type')), payload }] };
  },
});
