import { createPrivateKey, createPublicKey } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { expect, test } from 'vitest';
import { makeSigningKeyPair, publicJwkOf, publicKeyText } from './signing-keys.ts';

// RFC 8037, appendices A.2 and A.3.
const PUBLIC_KEY = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex');
const THUMBPRINT = 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k';

test('a public key is shown as RFC 8037 shows its own, named by its thumbprint', () => {
  expect(publicJwkOf(PUBLIC_KEY)).toEqual({
    kty: 'OKP',
    crv: 'Ed25519',
    x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
    kid: THUMBPRINT,
    use: 'sig',
    alg: 'EdDSA',
  });
  expect(publicKeyText(PUBLIC_KEY)).toBe('whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=');
});

test('a pair that is made is one, and like no other', async () => {
  const pair = makeSigningKeyPair();
  const jwk = publicJwkOf(pair.publicKey);
  const seed = Buffer.from(pair.secret.replace(/^whsk_/, ''), 'base64');
  const key = { kty: 'OKP', crv: 'Ed25519', x: jwk.x, d: seed.toString('base64url') };
  const derived = createPublicKey(createPrivateKey({ key, format: 'jwk' })).export({ format: 'jwk' });
  expect(derived.x).toBe(jwk.x);
  expect(jwk.kid).toBe(await calculateJwkThumbprint({ ...jwk }));
  expect([seed.length, pair.publicKey.length]).toEqual([32, 32]);
  expect(makeSigningKeyPair().secret).not.toBe(pair.secret);
});
