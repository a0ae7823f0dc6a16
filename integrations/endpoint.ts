// A consumer's plain URL, signed by Standard Webhooks 1.0 (https://www.standardwebhooks.com). Built like a provider and
// not in the catalogue: nobody stores credentials for it, and no definition names it.
import { z } from 'zod';
import { defineProvider } from './define-provider.ts';
import { PRIVATE_KEY_PREFIX, SECRET_PREFIX, signByKey, signBySecret } from './endpoint-signatures.ts';
import { failureByStatus } from './judge-status.ts';
import type { Verdict } from './provider.ts';
import { bodyOf, JSON_TYPE } from './request-parts.ts';
import { parseRetryAfter, retryAfterHeader, UNSAID_REST_MS } from './retry-after.ts';

export const ENDPOINT = 'endpoint';
/** The receiver wants nothing more, ever: Pawl disables the endpoint. */
export const ENDPOINT_GONE = 'endpoint_gone';

const credentials = z
  .strictObject({
    url: z.string(),
    /** Newest first; all of them sign, by `v1`. */
    secrets: z.array(z.string().startsWith(SECRET_PREFIX)),
    /** Private keys, newest first; all of them sign, by `v1a`. */
    keys: z.array(z.string().startsWith(PRIVATE_KEY_PREFIX)),
  })
  .refine(({ secrets, keys }) => secrets.length + keys.length > 0, 'there is nothing to sign with');

type EndpointCredentials = z.output<typeof credentials>;

export const endpointProvider = defineProvider<EndpointCredentials>({
  id: ENDPOINT,
  title: 'Endpoint',
  docsUrl: 'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md',
  fields: [
    { name: 'url', label: 'URL', help: 'Where every notification is sent.', secret: false },
    { name: 'secrets', label: 'Secrets', help: 'What requests are signed with.', secret: true },
    { name: 'keys', label: 'Keys', help: 'What requests are signed with, too.', secret: true },
  ],
  credentials,
  origins: ({ url }) => [new URL(url).origin],

  request(input, { url, secrets, keys }, { now, idempotencyKey }) {
    const headers: Record<string, string> = { 'content-type': JSON_TYPE };
    const body = bodyOf('POST', input.body, headers) ?? '';
    const timestamp = String(Math.floor(now.getTime() / 1000));
    const signed = Buffer.concat([Buffer.from(`${idempotencyKey}.${timestamp}.`), Buffer.from(body)]);
    headers['webhook-id'] = idempotencyKey;
    headers['webhook-timestamp'] = timestamp;
    const signatures = [
      ...secrets.map((secret) => signBySecret(secret, signed)),
      ...keys.map((key) => signByKey(key, signed)),
    ];
    headers['webhook-signature'] = signatures.join(' ');
    return { method: 'POST', url, headers, body };
  },

  operations: {},
  // Receivers know by `webhook-id` what they have had already.
  safeToRepeat: true,

  /** Whatever is not a success is tried again: a consumer mends its 4xx while we wait. */
  judge(answer, context): Verdict {
    if (answer.status >= 200 && answer.status < 300) return { outcome: 'succeeded' };
    const { flagConnection: _, ...failure } = failureByStatus(answer, context);
    if (answer.status !== 410) return { ...failure, retry: true };
    return { ...failure, retry: false, code: ENDPOINT_GONE };
  },

  /** Standard Webhooks: by 502 and 504, as by 429, a receiver says that it has more than it can do. */
  rateLimit(answer, now) {
    if (answer.status !== 502 && answer.status !== 504) return retryAfterHeader(answer, now);
    return parseRetryAfter(answer.headers['retry-after'], now) ?? UNSAID_REST_MS;
  },

  test: { unavailable: 'Send a test through a subscription.' },
  limits: { concurrency: 16 },
});
