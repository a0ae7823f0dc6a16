import { generateKeyPairSync, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import { kindAndConfig, onlyEvent, requestOf } from '../inbound.testkit.ts';
import type { HeaderLine } from '../source-kind.ts';

const { kind, config } = kindAndConfig('standard_webhooks');
const svix = kindAndConfig('standard_webhooks', { header_prefix: 'svix' });

// The vector that the specification's libraries test themselves with.
const PUBLISHED = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: '1614265330',
  body: '{"test": 2432232314}',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};
const now = new Date(Number(PUBLISHED.timestamp) * 1000);
const lines = (prefix: string): HeaderLine[] => [
  [`${prefix}-id`, PUBLISHED.id],
  [`${prefix}-timestamp`, PUBLISHED.timestamp],
  [`${prefix}-signature`, PUBLISHED.signature],
];

test('lets in the published vector, under either set of names and not the other', () => {
  const secrets = [PUBLISHED.secret];
  const request = (prefix: string) => requestOf(lines(prefix), PUBLISHED.body);
  expect(kind.verify(request('webhook'), { config, secrets, now })).toEqual({ ok: true });
  expect(kind.verify(request('svix'), { config: svix.config, secrets, now })).toEqual({ ok: true });
  expect(kind.verify(request('svix'), { config, secrets, now })).toEqual({
    ok: false,
    why: 'header_missing',
  });
});

test('signs the id too', () => {
  const [, ...rest] = lines('webhook');
  const request = requestOf([['webhook-id', 'msg_other'], ...rest], PUBLISHED.body);
  const given = { config, secrets: [PUBLISHED.secret], now };
  expect(kind.verify(request, given)).toEqual({ ok: false, why: 'signature_mismatch' });
});

test.each([
  ['no prefix', PUBLISHED.secret.slice(6)],
  ['23 bytes', `whsec_${Buffer.alloc(23).toString('base64')}`],
  ['65 bytes', `whsec_${Buffer.alloc(65).toString('base64')}`],
  ['a blank in it', PUBLISHED.secret.replace('r8', 'r 8')],
  ['base64 of another alphabet', `whsec_${Buffer.alloc(32, 0xff).toString('base64url')}`],
  ['nothing in it', 'whsec_'],
  ['a public key of 31 bytes', `whpk_${Buffer.alloc(31, 1).toString('base64')}`],
  ['a private key', `whsk_${Buffer.alloc(32, 1).toString('base64')}`],
])('refuses a secret with %s, when it is saved and when it is used', (_, secret) => {
  expect(kind.checkSecret(config, secret)).toHaveLength(1);
  const request = requestOf(lines('webhook'), PUBLISHED.body);
  expect(kind.verify(request, { config, secrets: [secret], now })).toEqual({
    ok: false,
    why: 'unusable_secret',
  });
});

test('lets in what either signs while a sender goes over from a secret to a key, and by a key nothing with `v1` alone', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(String(publicKey.export({ format: 'jwk' }).x), 'base64url');
  const published = `whpk_${raw.toString('base64')}`;
  expect(kind.checkSecret(config, published)).toEqual([]);
  const signed = Buffer.from(`${PUBLISHED.id}.${PUBLISHED.timestamp}.${PUBLISHED.body}`);
  const byKey = `v1a,${sign(null, signed, privateKey).toString('base64')}`;
  const verified = (signature: string, ...secrets: string[]) => {
    const headers = lines('webhook').map(
      ([name, value]): HeaderLine => [name, name.endsWith('signature') ? signature : value],
    );
    return kind.verify(requestOf(headers, PUBLISHED.body), { config, secrets, now });
  };
  for (const signature of [byKey, PUBLISHED.signature, `${PUBLISHED.signature} ${byKey}`])
    expect(verified(signature, published, PUBLISHED.secret)).toEqual({ ok: true });
  expect(verified(PUBLISHED.signature, published)).toEqual({ ok: false, why: 'header_malformed' });
  expect(verified(byKey, PUBLISHED.secret)).toEqual({ ok: false, why: 'header_malformed' });
  const respelled = byKey.replace(/=*$/, '');
  expect(verified(respelled, published)).toEqual({ ok: false, why: 'signature_mismatch' });
});

test('reads the type, and says `untyped` where there is none', () => {
  const at = (body: string) => onlyEvent(kind.read(requestOf(lines('webhook'), body), { config }));
  expect(at('{"type": "user.created", "data": {}}')).toEqual({
    deliveryId: PUBLISHED.id,
    type: 'user.created',
    payload: { type: 'user.created', data: {} },
  });
  expect(at(PUBLISHED.body).type).toBe('untyped');
  expect(at('[1]').payload).toEqual({ body: [1] });
});
