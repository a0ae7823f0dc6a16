import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BLOCKED_MESSAGE,
  checkPolicy,
  isDenied,
  type Policy,
  parseTarget,
  STRICT_POLICY,
} from './address-rules.ts';
import { HOSTILE_HOSTS, HOSTILE_URLS } from './hostile-urls.testkit.ts';

const policy = (change: Partial<Policy>): Policy => ({ ...STRICT_POLICY, ...change });
const anyPort = policy({ allowHttp: true, allowedPorts: 'any' });

describe('a URL a tenant saves', () => {
  test('leads to a public host over https', () => {
    const target = parseTarget('https://api.example.com/v1/hooks?x=1', STRICT_POLICY);
    expect(target).toMatchObject({ ok: true, origin: 'https://api.example.com' });
    expect(parseTarget('https://8.8.8.8/', STRICT_POLICY).ok).toBe(true);
    expect(parseTarget('https://[2606:4700:4700::1111]/', STRICT_POLICY).ok).toBe(true);
    expect(parseTarget('https://bücher.example/', STRICT_POLICY)).toMatchObject({
      origin: 'https://xn--bcher-kva.example',
    });
  });

  test.each(HOSTILE_HOSTS)('is refused with the host %s, with any scheme and port', (host) => {
    for (const url of [
      `https://${host}/`,
      `https://${host}:8443/`,
      `http://${host}/`,
      `http://${host}:80/a?b`,
    ]) {
      expect(parseTarget(url, STRICT_POLICY).ok, url).toBe(false);
      expect(parseTarget(url, anyPort).ok, url).toBe(false);
    }
  });

  test.each(HOSTILE_URLS)('is refused as %j', (text) => {
    for (const url of [text, text.replace(/^http:/, 'https:')].map((one) => one.replace('PORT', '8080'))) {
      expect(parseTarget(url, STRICT_POLICY).ok, url).toBe(false);
      expect(parseTarget(url, anyPort).ok, url).toBe(false);
    }
  });

  test.each([22, 25, 80, 5432, 6379, 8443])(
    'is refused with port %d unless the operator allows it',
    (port) => {
      const url = `https://api.example.com:${port}/`;
      expect(parseTarget(url, STRICT_POLICY)).toEqual({
        ok: false,
        code: 'blocked',
        message: BLOCKED_MESSAGE,
      });
      expect(parseTarget(url, policy({ allowedPorts: [port] })).ok).toBe(true);
      expect(parseTarget(url, policy({ allowedPorts: 'any' })).ok).toBe(true);
    },
  );

  test('may use http, on port 80, only where the operator allows it', () => {
    expect(parseTarget('http://api.example.com/', STRICT_POLICY)).toMatchObject({
      ok: false,
      code: 'invalid_url',
    });
    expect(parseTarget('http://api.example.com/', policy({ allowHttp: true })).ok).toBe(true);
    expect(parseTarget('http://api.example.com:8080/', policy({ allowHttp: true })).ok).toBe(false);
  });

  test('never learns which rule blocked it', () => {
    const reasons = [
      'https://10.0.0.1/',
      'https://127.0.0.1:22/',
      'https://localhost/',
      'https://example.com:22/',
    ].map((url) => parseTarget(url, STRICT_POLICY));
    expect(new Set(reasons.map((reason) => JSON.stringify(reason))).size).toBe(1);
  });

  test('leads to a named range the operator allows, and to nothing beside it', () => {
    const office = policy({ allowedCidrs: ['10.20.0.0/16', 'fd12::/16'] });
    expect(parseTarget('https://10.20.3.4/', office).ok).toBe(true);
    expect(parseTarget('https://10.21.3.4/', office).ok).toBe(false);
    expect(parseTarget('https://[fd12::1]/', office).ok).toBe(true);
    expect(parseTarget('https://[fd13::1]/', office).ok).toBe(false);
    expect(parseTarget('https://[::ffff:10.20.3.4]/', office).ok).toBe(true);
    expect(parseTarget('https://build.internal/', office).ok).toBe(true);
  });

  test('is refused when it is absurdly long', () => {
    expect(parseTarget(`https://example.com/${'a'.repeat(8_192)}`, STRICT_POLICY).ok).toBe(false);
    expect(parseTarget(`https://${'a.'.repeat(150)}com/`, STRICT_POLICY).ok).toBe(false);
  });

  test('is refused however a denied IPv4 address is spelled', () => {
    const denied = fc
      .tuple(fc.constantFrom(10, 127, 0, 240), fc.nat(255), fc.nat(255), fc.nat(255))
      .map(([a, b, c, d]) => ({ a, b, c, d, all: ((a * 256 + b) * 256 + c) * 256 + d }));
    fc.assert(
      fc.property(denied, ({ a, b, c, d, all }) => {
        const octal = (n: number) => `0${n.toString(8)}`;
        const hex = (n: number) => `0x${n.toString(16)}`;
        const spellings = [
          `${a}.${b}.${c}.${d}`,
          `${all}`,
          hex(all),
          octal(all),
          `${hex(a)}.${octal(b)}.${c * 256 + d}`,
          `${a}.${hex((b * 256 + c) * 256 + d)}`,
          `[::ffff:${a}.${b}.${c}.${d}]`,
          `[::ffff:${hex(a * 256 + b).slice(2)}:${hex(c * 256 + d).slice(2)}]`,
          `[64:ff9b::${a}.${b}.${c}.${d}]`,
          `[2002:${hex(a * 256 + b).slice(2)}:${hex(c * 256 + d).slice(2)}::1]`,
        ];
        for (const host of spellings)
          expect(parseTarget(`https://${host}/`, STRICT_POLICY).ok, host).toBe(false);
      }),
    );
  });
});

describe('an address about to be dialled', () => {
  // first address, last address, and their neighbours outside (null where the neighbour is denied for its own reason)
  test.each([
    ['0.0.0.0', '0.255.255.255', null, '1.0.0.0'],
    ['10.0.0.0', '10.255.255.255', '9.255.255.255', '11.0.0.0'],
    ['100.64.0.0', '100.127.255.255', '100.63.255.255', '100.128.0.0'],
    ['127.0.0.0', '127.255.255.255', '126.255.255.255', '128.0.0.0'],
    ['168.63.129.16', '168.63.129.16', '168.63.129.15', '168.63.129.17'],
    ['169.254.0.0', '169.254.255.255', '169.253.255.255', '169.255.0.0'],
    ['172.16.0.0', '172.31.255.255', '172.15.255.255', '172.32.0.0'],
    ['192.0.0.0', '192.0.0.255', '191.255.255.255', '192.0.1.0'],
    ['192.0.2.0', '192.0.2.255', '192.0.1.255', '192.0.3.0'],
    ['192.31.196.0', '192.31.196.255', '192.31.195.255', '192.31.197.0'],
    ['192.52.193.0', '192.52.193.255', '192.52.192.255', '192.52.194.0'],
    ['192.88.99.0', '192.88.99.255', '192.88.98.255', '192.88.100.0'],
    ['192.168.0.0', '192.168.255.255', '192.167.255.255', '192.169.0.0'],
    ['192.175.48.0', '192.175.48.255', '192.175.47.255', '192.175.49.0'],
    ['198.18.0.0', '198.19.255.255', '198.17.255.255', '198.20.0.0'],
    ['198.51.100.0', '198.51.100.255', '198.51.99.255', '198.51.101.0'],
    ['203.0.113.0', '203.0.113.255', '203.0.112.255', '203.0.114.0'],
    ['224.0.0.0', '255.255.255.255', '223.255.255.255', null],
    ['::', '::ffff:ffff', null, null],
    ['64:ff9b::', '64:ff9b::ffff:ffff', null, null],
    ['64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff', null, null],
    ['100::', '100::ffff:ffff:ffff:ffff', null, null],
    ['::1:0:0:0:0', '1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', null, '2000::'],
    [
      '2001::',
      '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff',
      '2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
      '2001:200::',
    ],
    [
      '2001:db8::',
      '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff',
      '2001:db7:ffff:ffff:ffff:ffff:ffff:ffff',
      '2001:db9::',
    ],
    [
      '2002::',
      '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
      '2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
      '2003::',
    ],
    [
      '2620:4f:8000::',
      '2620:4f:8000:ffff:ffff:ffff:ffff:ffff',
      '2620:4f:7fff:ffff:ffff:ffff:ffff:ffff',
      '2620:4f:8001::',
    ],
    [
      '3fff::',
      '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff',
      '3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
      '3fff:1000::',
    ],
    ['4000::', '5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', null],
    ['5f00::', '5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff', null, null],
    ['fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', null, null],
    ['fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff', null, null],
    ['fec0::', 'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', null, null],
    ['ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', null, null],
  ])('is denied from %s to %s and no further', (first, last, before, after) => {
    expect(isDenied(first, STRICT_POLICY)).toBe(true);
    expect(isDenied(last, STRICT_POLICY)).toBe(true);
    if (before !== null) expect(isDenied(before, STRICT_POLICY)).toBe(false);
    if (after !== null) expect(isDenied(after, STRICT_POLICY)).toBe(false);
  });

  test('is judged alike as IPv4 and as IPv4-mapped IPv6, in both spellings', () => {
    fc.assert(
      fc.property(fc.ipV4(), (ip) => {
        const [a = 0, b = 0, c = 0, d = 0] = ip.split('.').map(Number);
        const groups = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
        const asIpv4 = isDenied(ip, STRICT_POLICY);
        expect(isDenied(`::ffff:${ip}`, STRICT_POLICY)).toBe(asIpv4);
        expect(isDenied(`::FFFF:${groups}`, STRICT_POLICY)).toBe(asIpv4);
        expect(isDenied(`0:0:0:0:0:ffff:${groups}`, STRICT_POLICY)).toBe(asIpv4);
      }),
    );
  });

  test('is ::1 only where the operator allows that', () => {
    expect(isDenied('::1', policy({ allowedCidrs: ['::1/128'] }))).toBe(false);
    expect(isDenied('0:0:0:0:0:0:0:1', policy({ allowedCidrs: ['::1/128'] }))).toBe(false);
    expect(isDenied('::', policy({ allowedCidrs: ['::1/128'] }))).toBe(true);
    expect(isDenied('::127.0.0.1', policy({ allowedCidrs: ['::1/128', '::/96'] }))).toBe(true);
  });

  test('is denied when it is no plain address', () => {
    for (const ip of [
      '',
      'localhost',
      '127.1',
      '8.8.8.8.',
      '8.8.8.8:80',
      '[::1]',
      '2606:4700::1%eth0',
      '08.8.8.8',
      ' 8.8.8.8',
    ]) {
      expect(isDenied(ip, STRICT_POLICY), ip).toBe(true);
    }
  });

  test('behind an allowed NAT64 prefix still may not be a denied IPv4 address', () => {
    const nat64 = policy({ allowedCidrs: ['64:ff9b::/96', '2002::/16', '::/96'] });
    expect(isDenied('64:ff9b::8.8.8.8', nat64)).toBe(false);
    expect(isDenied('64:ff9b::127.0.0.1', nat64)).toBe(true);
    expect(isDenied('64:ff9b::a9fe:a9fe', nat64)).toBe(true);
    expect(isDenied('2002:7f00:1::', nat64)).toBe(true);
    expect(isDenied('2002:808:808::', nat64)).toBe(false);
    expect(isDenied('::127.0.0.1', nat64)).toBe(true);
  });

  test('of an allowed IPv4 range does not open the IPv6 address of the same bits', () => {
    const loopback = policy({ allowedCidrs: ['127.0.0.0/8'] });
    expect(isDenied('127.0.0.1', loopback)).toBe(false);
    expect(isDenied('::ffff:127.0.0.1', loopback)).toBe(false);
    expect(isDenied('::1', loopback)).toBe(true);
    expect(isDenied('::127.0.0.1', loopback)).toBe(true);
    expect(isDenied('2002:7f00:1::', loopback)).toBe(true);
  });
});

test.each([
  '10.0.0.0',
  '10.0.0.0/33',
  '10.0.0.0/',
  '/8',
  '10.0.0.0/8/8',
  '10.0.0/8',
  'fd00::/129',
  'fe80::1%eth0/64',
  'x/8',
  '10.0.0.0/-1',
])('a policy that names %j as a range is refused at once', (cidr) => {
  expect(() => checkPolicy(policy({ allowedCidrs: [cidr] }))).toThrow(TypeError);
});
