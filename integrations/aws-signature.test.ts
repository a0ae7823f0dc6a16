import { describe, expect, it } from 'vitest';
import { signed } from './aws-signature.ts';

// The credentials, date and scope of AWS's own test suite for Signature Version 4.
const scope = {
  service: 'service',
  region: 'us-east-1',
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  now: new Date('2015-08-30T12:36:00Z'),
};

describe('a signature', () => {
  it.each([
    ['get-vanilla', 'GET', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['post-vanilla', 'POST', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
  ])('is that of AWS’s test case %s', (_, method, signature) => {
    const request = signed({ method, url: 'https://example.amazonaws.com/', headers: {}, body: null }, scope);
    expect(request).toEqual({
      method,
      url: 'https://example.amazonaws.com/',
      headers: {
        'x-amz-date': '20150830T123600Z',
        authorization:
          'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, ' +
          `SignedHeaders=host;x-amz-date, Signature=${signature}`,
      },
      body: null,
    });
  });

  it('depends on the body, the headers, the region, the day and the secret', () => {
    const request = { method: 'POST', url: 'https://example.amazonaws.com/', headers: { a: '1' }, body: 'x' };
    const variants = [
      signed(request, scope),
      signed({ ...request, body: 'y' }, scope),
      signed({ ...request, headers: { a: '2' } }, scope),
      signed(request, { ...scope, region: 'eu-west-1' }),
      signed(request, { ...scope, now: new Date('2015-08-31T12:36:00Z') }),
      signed(request, { ...scope, secretAccessKey: 'another' }),
    ].map(({ headers }) => headers.authorization);
    expect(new Set(variants).size).toBe(variants.length);
    expect(signed(request, scope).headers.authorization).toContain(
      'SignedHeaders=a;content-length;host;x-amz-date',
    );
  });

  it('leaves no header that belongs to the connection', () => {
    const { headers } = signed(
      { method: 'POST', url: 'https://example.amazonaws.com/', headers: {}, body: 'x' },
      scope,
    );
    expect(Object.keys(headers)).toEqual(['x-amz-date', 'authorization']);
  });
});
