// What holds for every kind of source alike: who is let in, and all the ways of not being.
import { describe, expect, test } from 'vitest';
import { sourceKinds } from './catalogue.ts';
import {
  headerOf,
  NOW,
  type Sender,
  senders,
  unixSeconds,
  verified,
  withHeader,
  withHeaders,
  withoutHeader,
} from './inbound.testkit.ts';
import type { InboundRequest } from './source-kind.ts';

const now = unixSeconds(NOW);
const UTF8_BOM = Buffer.from([0xef, 0xbb, 0xbf]);

const genuine = (sender: Sender): InboundRequest => sender.send(sender.body(now), now, sender.secret);
const sentAt = (sender: Sender, unix: number | string): InboundRequest =>
  sender.send(sender.body(unix), unix, sender.secret);
const isLetIn = (sender: Sender, request: InboundRequest): boolean => verified(sender, request).ok;

/** Every header that must be there for the request to be let in. */
const decidingHeaders = ({ signature, timestamp }: Sender): string[] =>
  timestamp === undefined ? [signature] : [signature, timestamp];

function* withOneBitFlipped(original: Uint8Array): Generator<Uint8Array> {
  for (let bit = 0; bit < original.length * 8; bit++) {
    const flipped = Uint8Array.from(original);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    yield flipped;
  }
}

test('every kind has a sender here', () => {
  expect(new Set(senders.map(({ kind }) => kind.id))).toEqual(new Set(sourceKinds.map(({ id }) => id)));
});

describe.each(senders)('$name', (sender) => {
  test('lets in what is signed with its secret, however the headers are capitalised', () => {
    const request = genuine(sender);
    expect(verified(sender, request)).toEqual({ ok: true });
    for (const spelling of [(name: string) => name.toLowerCase(), (name: string) => name.toUpperCase()]) {
      const spelled = withHeaders(request, (lines) => lines.map(([name, value]) => [spelling(name), value]));
      expect(isLetIn(sender, spelled)).toBe(true);
    }
  });

  test.each(decidingHeaders(sender))('refuses `%s` when it is missing, empty or doubled', (name) => {
    const request = genuine(sender);
    const value = headerOf(request, name);
    expect(verified(sender, withoutHeader(request, name))).toEqual({ ok: false, why: 'header_missing' });
    expect(verified(sender, withHeader(request, name, ''))).toEqual({ ok: false, why: 'header_malformed' });
    for (const second of [value, '', 'x']) {
      const first = withHeaders(request, (lines) => [[name, second], ...lines]);
      const last = withHeaders(request, (lines) => [...lines, [name.toUpperCase(), second]]);
      expect(verified(sender, first)).toEqual({ ok: false, why: 'header_doubled' });
      expect(verified(sender, last)).toEqual({ ok: false, why: 'header_doubled' });
    }
    // As a proxy would join two lines.
    expect(isLetIn(sender, withHeader(request, name, `${value}, ${value}`))).toBe(false);
  });

  test.each(decidingHeaders(sender))('refuses `%s` when it is cut off anywhere, or goes on', (name) => {
    const request = genuine(sender);
    const value = headerOf(request, name);
    for (let length = 0; length < value.length; length++) {
      expect(isLetIn(sender, withHeader(request, name, value.slice(0, length)))).toBe(false);
    }
    for (const more of ['0', '=', ' ', '\0']) {
      expect(isLetIn(sender, withHeader(request, name, value + more))).toBe(false);
      expect(isLetIn(sender, withHeader(request, name, more + value))).toBe(false);
    }
  });

  test.each(decidingHeaders(sender))('refuses `%s` with any of its bits flipped', (name) => {
    const request = genuine(sender);
    for (const flipped of withOneBitFlipped(Buffer.from(headerOf(request, name), 'latin1'))) {
      const value = Buffer.from(flipped).toString('latin1');
      expect(isLetIn(sender, withHeader(request, name, value))).toBe(false);
    }
  });

  test('refuses when there is no secret, or an empty one', () => {
    const request = genuine(sender);
    for (const secrets of [[], [''], ['', '']]) {
      expect(verified(sender, request, secrets)).toEqual({ ok: false, why: 'no_secret' });
    }
    expect(verified(sender, request, ['', sender.secret.stored])).toEqual({ ok: true });
  });

  test.runIf(typeof sender.secret.signWith === 'string')(
    'refuses what is signed with the empty secret',
    () => {
      const unsigned = sender.send(sender.body(now), now, { stored: '', signWith: '' });
      expect(verified(sender, unsigned, [''])).toEqual({ ok: false, why: 'no_secret' });
      expect(isLetIn(sender, unsigned)).toBe(false);
    },
  );

  test('refuses what is signed with the secret of another tenant', () => {
    const foreign = sender.send(sender.body(now), now, sender.otherSecret);
    expect(verified(sender, foreign)).toEqual({ ok: false, why: 'signature_mismatch' });
  });

  test('lets in what is signed with either secret while one is being rotated, and no other', () => {
    const old = genuine(sender);
    const rotated = sender.send(sender.body(now), now, sender.otherSecret);
    const both = [sender.otherSecret.stored, sender.secret.stored];
    for (const secrets of [both, both.toReversed()]) {
      expect(verified(sender, old, secrets)).toEqual({ ok: true });
      expect(verified(sender, rotated, secrets)).toEqual({ ok: true });
    }
    expect(verified(sender, old, [sender.otherSecret.stored]).ok).toBe(false);
  });

  test('makes and accepts secrets of its own form, and says what is wrong with others without repeating them', () => {
    for (const { stored } of [sender.secret, sender.otherSecret]) {
      expect(sender.kind.checkSecret(sender.config, stored)).toEqual([]);
    }
    for (const wrong of ['', 'short', 'a line\nand another', undefined, 7, null]) {
      const problems = sender.kind.checkSecret(sender.config, wrong);
      expect(problems.map(({ pointer }) => pointer)).toContain('/secret');
      if (typeof wrong === 'string' && wrong !== '') expect(JSON.stringify(problems)).not.toContain(wrong);
    }
    if (sender.kind.secret.madeBy === 'vendor') return;
    const made = sender.kind.makeSecret(sender.config, Buffer.alloc(32, 0xa5));
    expect(sender.kind.checkSecret(sender.config, made)).toEqual([]);
    const request = sender.send(sender.body(now), now, { stored: made, signWith: made });
    expect(verified(sender, request, [made])).toEqual({ ok: true });
  });

  test('gives one delivery the same id every time, and its events types and payloads', () => {
    const request = genuine(sender);
    const reading = sender.kind.read(request, { config: sender.config });
    expect(sender.kind.read(genuine(sender), { config: sender.config })).toEqual(reading);
    if (reading.kind !== 'events') throw new Error(JSON.stringify(reading));
    for (const { deliveryId, type, payload } of reading.events) {
      expect(deliveryId).toMatch(/^[\x21-\x7e]{1,200}$/);
      expect(type).toMatch(/^[\w:.]+$/);
      expect(Object.keys(payload)).not.toEqual([]);
    }
  });

  test('never throws over a body that is not what the kind sends, once it is signed', () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const bodies = [
      '',
      '{',
      'null',
      '7',
      '[]',
      '[7]',
      '{}',
      deep,
      '%',
      'payload=%',
      Buffer.from([0xff, 0xfe]),
    ];
    for (const body of bodies) {
      for (const request of [genuine(sender), withoutHeader(genuine(sender), 'content-type')]) {
        const reading = sender.kind.read({ ...request, body: Buffer.from(body) }, { config: sender.config });
        expect(reading.reply.status).toBe(200);
        if (reading.kind === 'unreadable') expect(reading.why).not.toBe('unexpected');
      }
    }
  });

  test('shows no header that proves anything', () => {
    const masked = sender.kind.maskHeaders(genuine(sender).headers, sender.config);
    expect(masked.find(([name]) => name.toLowerCase() === sender.signature)?.[1]).toBe('***');
    expect(masked).toHaveLength(genuine(sender).headers.length);
  });
});

describe.each(senders.filter(({ coversBody }) => coversBody))('$name signs the body and', (sender) => {
  test('refuses it with any bit flipped', () => {
    const request = genuine(sender);
    const meant = sender.kind.read(request, { config: sender.config });
    for (const body of withOneBitFlipped(request.body)) {
      const tampered = { ...request, body };
      if (!isLetIn(sender, tampered)) continue;
      // Twilio signs a form's fields and not its bytes: `%2b` is as good as `%2B`, and means the same.
      expect(sender.name).toBe('twilio');
      expect(sender.kind.read(tampered, { config: sender.config })).toEqual(meant);
    }
  });

  test('refuses it cut off, continued, or with a byte order mark before it', () => {
    const request = genuine(sender);
    for (let length = 0; length < request.body.length; length++) {
      expect(isLetIn(sender, { ...request, body: request.body.subarray(0, length) })).toBe(false);
    }
    for (const more of ['x', '\0', '&a=b', '\n']) {
      const body = Buffer.concat([request.body, Buffer.from(more)]);
      expect(isLetIn(sender, { ...request, body })).toBe(false);
    }
    expect(isLetIn(sender, { ...request, body: Buffer.concat([UTF8_BOM, request.body]) })).toBe(false);
  });

  test.runIf(sender.name !== 'twilio')('refuses its JSON when it was parsed and written anew', () => {
    const request = genuine(sender);
    const rewritten = JSON.stringify(JSON.parse(Buffer.from(request.body).toString()));
    expect(rewritten).not.toBe(Buffer.from(request.body).toString());
    expect(isLetIn(sender, { ...request, body: Buffer.from(rewritten) })).toBe(false);
  });

  test.runIf(sender.name !== 'twilio')('reads it when a byte order mark was signed with it', () => {
    const body = Buffer.concat([UTF8_BOM, Buffer.from(sender.body(now))]);
    const request = sender.send(body, now, sender.secret);
    expect(verified(sender, request)).toEqual({ ok: true });
    const { config, kind } = sender;
    expect(kind.read(request, { config }).kind).toBe('events');
  });
});

describe.each(senders.filter(({ windowSeconds }) => windowSeconds !== undefined))(
  '$name signs the time and',
  (sender) => {
    const window = sender.windowSeconds ?? 0;

    test('lets in what is as old, or as far ahead, as its window and not a second more', () => {
      for (const unix of [now - window, now + window])
        expect(isLetIn(sender, sentAt(sender, unix))).toBe(true);
      for (const unix of [now - window - 1, now + window + 1]) {
        expect(verified(sender, sentAt(sender, unix))).toEqual({ ok: false, why: 'outside_window' });
      }
    });

    test('refuses the same request once its window is over', () => {
      const request = genuine(sender);
      const later = new Date(NOW.getTime() + window * 1000 + 1);
      expect(verified(sender, request, [sender.secret.stored], later).ok).toBe(false);
    });
  },
);

describe.each(senders.filter(({ windowSeconds, name }) => windowSeconds !== undefined && name !== 'linear'))(
  '$name signs seconds and',
  (sender) => {
    test('refuses milliseconds, and anything that is not a plain number', () => {
      expect(isLetIn(sender, sentAt(sender, now * 1000))).toBe(false);
      for (const odd of [
        `+${now}`,
        `-${now}`,
        `${now}.0`,
        `${now}e0`,
        ` ${now}`,
        `0x${now.toString(16)}`,
        'now',
      ]) {
        const { why } = { why: undefined, ...verified(sender, sentAt(sender, odd)) };
        expect(['timestamp_malformed', 'header_malformed']).toContain(why);
      }
    });
  },
);

describe.each(senders.filter((sender) => sender.withUnknownVersionFirst !== undefined))(
  '$name lists signatures and',
  (sender) => {
    test('passes over versions it does not know, and is convinced by none of them alone', () => {
      const request = genuine(sender);
      const header = headerOf(request, sender.signature);
      const mixed = sender.withUnknownVersionFirst?.(header) ?? '';
      expect(verified(sender, withHeader(request, sender.signature, mixed))).toEqual({ ok: true });
      expect(isLetIn(sender, withHeader(request, sender.signature, mixed.replace(header, '')))).toBe(false);
    });

    test('is convinced by any signature of the list, and refuses a list without end', () => {
      const request = genuine(sender);
      const right = headerOf(request, sender.signature);
      const foreign = sender.send(sender.body(now), now, sender.otherSecret);
      const [wrong = ''] = /v1a?[=,]\S+$/.exec(headerOf(foreign, sender.signature)) ?? [];
      const list = (count: number) =>
        [right, ...new Array<string>(count).fill(wrong)].join(/^v1a?,/.test(wrong) ? ' ' : ',');
      expect(isLetIn(sender, withHeader(request, sender.signature, list(3)))).toBe(true);
      expect(isLetIn(sender, withHeader(request, sender.signature, list(100)))).toBe(false);
    });
  },
);

describe.each(senders.filter((sender) => sender.withOtherVersion !== undefined))('$name', (sender) => {
  test('refuses a signature of another version', () => {
    const request = genuine(sender);
    const other = sender.withOtherVersion?.(headerOf(request, sender.signature)) ?? '';
    expect(isLetIn(sender, withHeader(request, sender.signature, other))).toBe(false);
  });
});
