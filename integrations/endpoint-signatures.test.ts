import { expect, test } from 'vitest';
import { signByKey } from './endpoint-signatures.ts';

// RFC 8032, section 7.1: TEST 1, TEST 2, TEST 3.
const VECTORS = [
  {
    key: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    key: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    key: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    message: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
];

test.each(VECTORS)('of "$message" has the bytes that RFC 8032 gives', ({ key, message, signature }) => {
  const privateKey = `whsk_${Buffer.from(key, 'hex').toString('base64')}`;
  const signed = signByKey(privateKey, Buffer.from(message, 'hex'));
  expect(signed).toBe(`v1a,${Buffer.from(signature, 'hex').toString('base64')}`);
});
