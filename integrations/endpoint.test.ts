import { createPublicKey, verify } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { makeSigningKeyPair, publicJwkOf } from '../vault/signing-keys.ts';
import { buildRequest } from './build-request.ts';
import { endpointProvider } from './endpoint.ts';

// The vector of the Standard Webhooks specification.
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const TIMESTAMP = 1_614_265_330;
const BODY = '{"test": 2432232314}';
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
const OTHER = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;

type Signing = { secrets: string[]; keys?: string[] };
function built(
  { secrets, keys = [] }: Signing,
  body: string | object = BODY,
  at = new Date(TIMESTAMP * 1000),
) {
  const input = { method: 'POST', path: '', query: '', headers: {}, body: body as string, idempotent: null };
  const credentials = { url: 'https://consumer.example.com/in?x=1', secrets, keys };
  const context = { now: at, idempotencyKey: ID, userAgent: 'Pawl/test' };
  const request = buildRequest(endpointProvider, { kind: 'webhook', input }, credentials, context);
  if (!request.ok) throw new Error(request.message);
  return request.request;
}
function isSignedBy(publicKey: Uint8Array, signed: Uint8Array, signature: string): boolean {
  const [version, base64 = ''] = signature.split(',');
  const key = createPublicKey({ key: { ...publicJwkOf(publicKey) }, format: 'jwk' });
  return version === 'v1a' && verify(null, signed, key, Buffer.from(base64, 'base64'));
}
const judged = (status: number, headers = {}) =>
  endpointProvider.judge(
    { status, headers, body: Buffer.alloc(0) },
    { now: new Date(), safeToRepeat: true, operation: null },
  );

describe('a request to an endpoint', () => {
  it('has the signature that the specification gives for its example', () => {
    const { headers, url, method } = built({ secrets: [SECRET] });
    expect(headers).toMatchObject({
      'webhook-id': ID,
      'webhook-timestamp': String(TIMESTAMP),
      'webhook-signature': SIGNATURE,
    });
    expect([method, url]).toEqual(['POST', 'https://consumer.example.com/in?x=1']);
  });

  it('has one signature for each secret, newest first', () => {
    const [first, second, ...more] = String(
      built({ secrets: [OTHER, SECRET] }).headers['webhook-signature'],
    ).split(' ');
    expect(first).not.toBe(SIGNATURE);
    expect([second, more]).toEqual([SIGNATURE, []]);
  });

  it('signs the bytes it sends, whatever characters are in them', () => {
    const { headers, body } = built({ secrets: [OTHER] }, { text: 'ü \u2028 🐾 "quoted"' }, new Date());
    expect(new Webhook(OTHER).verify(String(body), headers)).toEqual({ text: 'ü \u2028 🐾 "quoted"' });
  });

  it('has one signature for each key behind those of secrets, newest first', () => {
    const keys = [makeSigningKeyPair(), makeSigningKeyPair()];
    const { headers } = built({ secrets: [SECRET], keys: keys.map(({ secret }) => secret) });
    const [ofSecret, ...ofKeys] = String(headers['webhook-signature']).split(' ');
    expect(ofSecret).toBe(SIGNATURE);
    const text = Buffer.from(`${ID}.${TIMESTAMP}.${BODY}`);
    for (const [i, { publicKey }] of keys.entries()) {
      expect(isSignedBy(publicKey, text, ofKeys[i] ?? '')).toBe(true);
      expect(isSignedBy(publicKey, text, ofKeys[1 - i] ?? '')).toBe(false);
    }
    expect(ofKeys).toHaveLength(2);
  });

  it('is not made where there is nothing to sign with', () => {
    expect(() => built({ secrets: [] })).toThrow();
    expect(() => built({ secrets: [], keys: [SECRET] })).toThrow();
  });

  it('signs by a key whatever the body is, and nothing else than it', () => {
    const { publicKey, secret } = makeSigningKeyPair();
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue()), fc.nat(), (value, at) => {
        const sent = built({ secrets: [], keys: [secret] }, { value }, new Date(at * 1000));
        const bytes = Buffer.from(String(sent.body));
        const signature = String(sent.headers['webhook-signature']);
        const signed = Buffer.concat([Buffer.from(`${ID}.${at}.`), bytes]);
        expect(isSignedBy(publicKey, signed, signature)).toBe(true);
        const flipped = Buffer.from(signed);
        const place = at % signed.length;
        flipped[place] = (flipped[place] ?? 0) ^ 1;
        expect(isSignedBy(publicKey, flipped, signature)).toBe(false);
      }),
    );
  });
});

describe('an answer of an endpoint', () => {
  it('is a success when it is 2xx; anything else is tried again, for as long as it asks', () => {
    expect(judged(204)).toEqual({ outcome: 'succeeded' });
    for (const status of [301, 400, 401, 403, 404, 422, 500]) {
      expect(judged(status), String(status)).toMatchObject({
        outcome: 'failed',
        retry: true,
        code: `http_${status}`,
      });
      expect(judged(status)).not.toHaveProperty('flagConnection');
    }
    expect(judged(429, { 'retry-after': '7' })).toMatchObject({ retry: true, retryAfterMs: 7_000 });
  });

  it('of 410 is the last', () => {
    expect(judged(410)).toMatchObject({ outcome: 'failed', retry: false, code: 'endpoint_gone' });
  });
});
