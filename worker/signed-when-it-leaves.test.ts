// A request says by its signature when it was sent, and receivers refuse what was signed minutes ago.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId } from '../db/new-id.ts';
import { LOOPBACK_POLICY } from '../egress/receiver.testkit.ts';
import { createSender, type Sender } from '../egress/sender.ts';
import { endpointProvider } from '../integrations/endpoint.ts';
import { signBySecret } from '../integrations/endpoint-signatures.ts';
import { attempt } from './attempt.ts';
import { startWebhookReceiver, type WebhookReceiver } from './receiver.testkit.ts';

const SECRET = `whsec_${Buffer.from('a secret of the test').toString('base64')}`;
const RUN_ID = '0195e0d0-0000-7000-8000-000000000001';

let receiver: WebhookReceiver;
let sender: Sender;

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  sender = createSender({ policy: LOOPBACK_POLICY, userAgent: 'Pawl/test' });
});
afterAll(async () => {
  await sender?.close();
  await receiver?.close();
});

it('what had to wait for the database before it could leave is signed with the time at which it leaves', async () => {
  const began = new Date('2026-01-01T00:00:00Z');
  const left = new Date('2026-01-01T00:10:00Z');
  let now = began;
  const url = `${receiver.origin}/signed`;
  const input = { method: 'POST', path: '', query: '', headers: {}, body: { a: 1 }, idempotent: null };
  const attempted = await attempt(
    {
      tenant: { id: RUN_ID, shard: 1, name: 'A', slug: 'a' },
      runId: RUN_ID,
      jobId: RUN_ID,
      name: null,
      workflowId: RUN_ID,
      ordinal: 0,
      number: 1,
      connection: {
        ...{ id: RUN_ID, provider: 'endpoint', url, connectionName: url, settings: {}, enabled: true },
        ...{ failingSince: null, version: 1, secrets: [Buffer.alloc(1)], keys: [], expiresAt: null },
      },
      provider: endpointProvider,
      call: { kind: 'webhook', input },
      timeoutMs: 10_000,
      safeToRepeat: true,
      traceparent: null,
    },
    {
      decrypt: async () => ({ secret: SECRET }),
      reread: async () => null,
      sender,
      ids: { next: newId },
      async start() {
        now = left;
        return true;
      },
      userAgent: 'Pawl/test',
      maxResponseBytes: 1_024,
      signal: new AbortController().signal,
      now: () => now,
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    },
  );
  const timestamp = String(left.getTime() / 1_000);
  const [request] = receiver.at('/signed');
  expect(request?.headers).toMatchObject({
    'webhook-timestamp': timestamp,
    'webhook-signature': signBySecret(SECRET, Buffer.from(`${RUN_ID}.${timestamp}.{"a":1}`)),
    traceparent: expect.stringContaining('b7ad6b7169203331'),
  });
  expect(attempted).toMatchObject({
    kind: 'attempted',
    attempt: { log: { request: { headers: { 'webhook-timestamp': timestamp } } } },
  });
});
