import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Json } from '../engine/json.ts';
import { createScrubber } from './scrub.ts';

// Everything that is escaped somewhere: JSON, URLs, forms, HTML, base64 alphabets, and more than one byte a character.
const SECRET = 'p"a\\s/s+w&o<r>d é%=?: 🔑\'';
const TOKEN = 'sk_live_4eC39HqLyjWDarjtT1zdp7dc';

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
const scrub = createScrubber(
  { account_sid: 'AC00112233', auth_token: SECRET },
  (field) => field === 'auth_token',
);

describe('an echoed secret', () => {
  it.each<[string, string]>([
    ['raw', SECRET],
    ['JSON-escaped', JSON.stringify({ echo: SECRET })],
    ['JSON-escaped twice', JSON.stringify(JSON.stringify({ echo: SECRET }))],
    ['JSON-escaped three times', JSON.stringify(JSON.stringify(JSON.stringify(SECRET)))],
    ['JSON-escaped with escaped slashes', JSON.stringify(SECRET).replaceAll('/', '\\/')],
    [
      'JSON-escaped to ASCII',
      JSON.stringify(SECRET).replace(
        /[^ -~]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
      ),
    ],
    [
      'JSON-escaped for HTML',
      JSON.stringify(SECRET).replace(
        /[<>&']/g,
        (unit) => `\\u00${unit.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
    ],
    ['URL-encoded', `https://x/?a=${encodeURIComponent(SECRET)}&b=1`],
    ['URL-encoded in lower case', encodeURIComponent(SECRET).replace(/%../g, (code) => code.toLowerCase())],
    ['URL-encoded twice', encodeURIComponent(encodeURIComponent(SECRET))],
    ['form-encoded', new URLSearchParams({ a: SECRET }).toString()],
    [
      'HTML-escaped',
      `<p>${SECRET.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;')}</p>`,
    ],
    ['in hex', Buffer.from(SECRET).toString('hex')],
    ['in upper-case hex', Buffer.from(SECRET).toString('hex').toUpperCase()],
    ['in base64', base64(SECRET)],
    ['in base64 without padding', base64(SECRET).replace(/=+$/, '')],
    ['in base64url', Buffer.from(SECRET).toString('base64url')],
    ['in base64 inside JSON', JSON.stringify({ a: base64(SECRET) }).replaceAll('/', '\\/')],
    ['in URL-encoded base64', encodeURIComponent(base64(SECRET))],
    ['as Basic', `Basic ${base64(`AC00112233:${SECRET}`)}`],
    ['as Basic without a user', `Basic ${base64(`:${SECRET}`)}`],
    ['as the user of Basic', `Basic ${base64(`${SECRET}:`)}`],
  ])('is masked %s', (_, echo) => {
    const clean = scrub.text(`before ${echo} after`);
    expect(clean).toMatch(/^before .*\*\*\*.* after$/s);
    // Nothing of four characters or more that only the secret could have brought is left.
    expect(clean).not.toContain('s/s');
    for (const form of [
      SECRET,
      base64(SECRET).slice(0, 12),
      Buffer.from(SECRET).toString('hex').slice(0, 12),
    ]) {
      expect(clean.toLowerCase()).not.toContain(form.toLowerCase());
    }
  });

  it('is masked in the middle of a longer text that was encoded as a whole, wherever it begins', () => {
    const tokens = createScrubber({ api_key: TOKEN });
    for (const lead of ['', 'a', 'ab', 'abc']) {
      const clean = tokens.text(base64(`${lead}{"authorization":"Bearer ${TOKEN}"}`));
      expect(Buffer.from(clean.replaceAll('***', '    '), 'base64').toString('latin1')).not.toContain(
        TOKEN.slice(1, -1),
      );
    }
  });

  it('is found in every one of these forms, whatever the secret is', () => {
    const forms: ((secret: string) => string)[] = [
      (secret) => secret,
      (secret) => JSON.stringify(secret),
      (secret) => encodeURIComponent(secret),
      (secret) => new URLSearchParams({ a: secret }).toString(),
      (secret) => Buffer.from(secret).toString('hex'),
      (secret) => base64(secret),
      (secret) => base64(`user:${secret}`),
      (secret) => Buffer.from(secret).toString('base64url'),
    ];
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 4, maxLength: 40 }),
        fc.constantFrom(...forms),
        (secret, form) => {
          const echo = form(secret);
          const clean = createScrubber(
            { user: 'user', password: secret },
            (field) => field === 'password',
          ).text(echo);
          expect(clean).toContain('***');
          expect(clean).not.toContain(echo);
        },
      ),
    );
  });

  it('is masked without the scheme it is stored with, and inside the Basic value it is part of', () => {
    const bearer = createScrubber({ auth_header: `Bearer ${TOKEN}` });
    expect(bearer.text(`{"token":"${TOKEN}"}`)).toBe('{"token":"***"}');
    const pair = createScrubber({ auth_header: `Basic ${base64('me:hunter22')}` });
    expect(pair.text('user me, password hunter22')).toBe('user me, password ***');
  });

  it('is masked also where it is as long as one may be, and nothing but characters that are escaped somewhere', () => {
    const long = Array.from({ length: 4_096 }, (_, i) => String.fromCharCode(97 + (i % 26))).join('.');
    for (const auth_header of [long, `Token ${long.replaceAll('h.', ',')}`]) {
      const scrubber = createScrubber({ auth_header });
      const escaped = auth_header.replaceAll('.', '\\u002e').replaceAll(',', '%2C').replaceAll(' ', '+');
      expect(scrubber.text(`before ${escaped} after`)).toBe('before *** after');
      expect(scrubber.text('https://api.example.com/v1?a=b%20c')).toBe('https://api.example.com/v1?a=b%20c');
    }
  });

  it('is masked as the path alone when it is a webhook URL', () => {
    const hook = createScrubber({ webhook_url: 'https://hooks.slack.com/services/T0/B0/abcdef' });
    expect(hook.text('no such hook: /services/T0/B0/abcdef')).toBe('no such hook: ***');
  });
});

describe('what is left alone', () => {
  it('is every value that is not secret, and every value under four characters', () => {
    const scrubber = createScrubber(
      { site: 'example', pin: '123', auth_token: TOKEN },
      (field) => field !== 'site',
    );
    expect(scrubber.text('example 123')).toBe('example 123');
  });

  it('is anything without a secret, returned as it came', () => {
    const headers = { 'content-type': 'application/json' };
    const value: Json = { a: [1, 'two', null, { b: true }] };
    expect(scrub.headers(headers)).toBe(headers);
    expect(scrub.json(value)).toBe(value);
  });

  it('is everything when there is no secret', () => {
    const nothing = createScrubber({ base_url: 'https://api.example.com' }, () => false);
    expect(nothing.text('https://api.example.com')).toBe('https://api.example.com');
    expect(nothing.excerpt(Buffer.from('abcdef'), 3)).toBe('abc');
  });
});

describe('headers and JSON', () => {
  it('are masked by value, in lists, keys and numbers too', () => {
    const scrubber = createScrubber({ api_key: TOKEN, nested: { pins: [987654] } });
    expect(scrubber.headers({ a: `x ${TOKEN}`, b: ['y', TOKEN], c: 'z' })).toEqual({
      a: 'x ***',
      b: ['y', '***'],
      c: 'z',
    });
    expect(scrubber.json({ [TOKEN]: 1, list: [{ deep: `<${TOKEN}>` }], pin: 987654, other: 12 })).toEqual({
      '***': 1,
      list: [{ deep: '<***>' }],
      pin: '***',
      other: 12,
    });
  });
});

test('a secret of digits is masked where it comes back as a number, also as one that is rounded', () => {
  const scrubber = createScrubber({ api_key: '12345678901234567890' });
  expect(scrubber.json(JSON.parse('{"echo":12345678901234567890,"next":12345678901234570000}'))).toEqual({
    echo: '***',
    next: 12_345_678_901_234_570_000,
  });
});

describe('an excerpt', () => {
  const tokens = createScrubber({ api_key: TOKEN });

  it('shows no beginning of a secret that its end goes through', () => {
    const body = Buffer.from(`{"echo":"${TOKEN}"}`);
    for (let bytes = 0; bytes <= body.length; bytes += 1) {
      const shown = tokens.excerpt(body, bytes);
      expect(shown).not.toContain(TOKEN.slice(0, 4));
    }
    expect(tokens.excerpt(body.subarray(0, 20), 100, true)).toBe('{"echo":"***');
    expect(tokens.excerpt(body, 1000)).toBe('{"echo":"***"}');
  });

  it('shows no beginning of an encoded secret either', () => {
    const body = Buffer.from(`"${base64(TOKEN)}"`);
    expect(tokens.excerpt(body, 20)).toBe('"***');
  });

  it('does not end in half a character', () => {
    const body = Buffer.from('ab€');
    expect(tokens.excerpt(body, 4)).toBe('ab');
    expect(tokens.excerpt(body, 5)).toBe('ab€');
    expect(tokens.excerpt(Buffer.from([0x61, 0xff, 0x62]), 10)).toBe('a\uFFFDb');
  });
});

describe('a hostile receiver', () => {
  it('cannot make scrubbing slow with the characters that escapes are made of', () => {
    const scrubber = createScrubber({ api_key: '"abc\\\\\\"def&%end' });
    for (const filler of ['\\', '%25', '&amp;', '"']) {
      const text = `abc def end ${filler.repeat(100_000)}`;
      expect(scrubber.text(text)).toBe(text);
    }
  });

  it('cannot make scrubbing slow with what is almost a long secret: the rest of it is masked', () => {
    const auth_header = 'a.'.repeat(4_000);
    const clean = createScrubber({ auth_header }).text(`"${'a.'.repeat(3_999)}-`.repeat(30));
    expect(clean.startsWith('"a.a.')).toBe(true);
    expect(clean.endsWith('***')).toBe(true);
    expect(clean.length).toBeLessThan(8_000);
  });
});
