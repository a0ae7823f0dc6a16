import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { buildRequest } from './build-request.ts';
import { endpointProvider } from './endpoint.ts';

// The vector of the Standard Webhooks specification.
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const TIMESTAMP = 1_614_265_330;
const BODY = '{"test": 2432232314}';
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
const OTHER = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;

function built(secrets: string[], body: string | object = BODY, at = new Date(TIMESTAMP * 1000)) {
  const input = { method: 'POST', path: '', query: '', headers: {}, body: body as string, idempotent: null };
  const credentials = { url: 'https://consumer.example.com/in?x=1', secrets };
  const context = { now: at, idempotencyKey: ID, userAgent: 'Pawl/test' };
  const request = buildRequest(endpointProvider, { kind: 'webhook', input }, credentials, context);
  if (!request.ok) throw new Error(request.message);
  return request.request;
}
const judged = (status: number, headers = {}) =>
  endpointProvider.judge(
    { status, headers, body: Buffer.alloc(0) },
    { now: new Date(), safeToRepeat: true, operation: null },
  );

describe('a request to an endpoint', () => {
  it('has the signature that the specification gives for its example', () => {
    const { headers, url, method } = built([SECRET]);
    expect(headers).toMatchObject({
      'webhook-id': ID,
      'webhook-timestamp': String(TIMESTAMP),
      'webhook-signature': SIGNATURE,
    });
    expect([method, url]).toEqual(['POST', 'https://consumer.example.com/in?x=1']);
  });

  it('has one signature for each secret, newest first', () => {
    const [first, second, ...more] = String(built([OTHER, SECRET]).headers['webhook-signature']).split(' ');
    expect(first).not.toBe(SIGNATURE);
    expect([second, more]).toEqual([SIGNATURE, []]);
  });

  it('signs the bytes it sends, whatever characters are in them', () => {
    const { headers, body } = built([OTHER], { text: 'ü \u2028 🐾 "quoted"' }, new Date());
    expect(new Webhook(OTHER).verify(String(body), headers)).toEqual({ text: 'ü \u2028 🐾 "quoted"' });
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
