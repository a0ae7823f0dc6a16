import { generateKeyPairSync, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  kindAndConfig,
  NOW,
  onlyEvent,
  requestOf,
  senders,
  unixSeconds,
  verified,
} from '../inbound.testkit.ts';

const { kind, config } = kindAndConfig('sendgrid');

// The example in the tests of SendGrid's own library.
const PUBLISHED = {
  key: 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yAQGhHPTnlvFYPAZFceEu/1FwCM/QmGUhA==',
  signature:
    'MEUCIQCtIHJeH93Y+qpYeWrySphQgpNGNr/U+UyUlBkU6n7RAwIgJTz2C+8a8xonZGi6BpSzoQsbVRamr2nlxFDWYNH2j/0=',
  timestamp: '1588788367',
  body: '{"category":"example_payload","event":"test_event","message_id":"message_id"}',
};

test('lets in the example of SendGrid’s library', () => {
  const headers = [
    ['X-Twilio-Email-Event-Webhook-Signature', PUBLISHED.signature],
    ['X-Twilio-Email-Event-Webhook-Timestamp', PUBLISHED.timestamp],
  ] as const;
  const request = requestOf(headers, PUBLISHED.body);
  const now = new Date(Number(PUBLISHED.timestamp) * 1000);
  expect(kind.verify(request, { config, secrets: [PUBLISHED.key], now })).toEqual({ ok: true });
  expect(onlyEvent(kind.read(request, { config })).type).toBe('test_event');
});

test('accepts as a key only a P-256 public key', () => {
  const spki = (pair: { publicKey: { export(as: { format: 'der'; type: 'spki' }): Buffer } }) =>
    pair.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  expect(kind.checkSecret(config, PUBLISHED.key)).toEqual([]);
  for (const wrong of [
    spki(generateKeyPairSync('ec', { namedCurve: 'secp384r1' })),
    spki(generateKeyPairSync('ed25519')),
    PUBLISHED.key.slice(0, -8),
    'not a key at all',
  ]) {
    expect(kind.checkSecret(config, wrong)).toHaveLength(1);
  }
});

test('lets nobody in by a key of another curve, even if it came to be stored', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
  const timestamp = String(unixSeconds(NOW));
  const signature = sign('sha256', Buffer.from(`${timestamp}[]`), privateKey).toString('base64');
  const headers = [
    ['X-Twilio-Email-Event-Webhook-Signature', signature],
    ['X-Twilio-Email-Event-Webhook-Timestamp', timestamp],
  ] as const;
  const stored = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  const given = { config, secrets: [stored], now: NOW };
  expect(kind.verify(requestOf(headers, '[]'), given)).toEqual({ ok: false, why: 'unusable_secret' });
});

test('refuses signatures of no length, and the all-zero one', () => {
  const sender = senders.find(({ name }) => name === 'sendgrid');
  if (sender === undefined) throw new Error('there is no sender sendgrid');
  const zeroes = Buffer.from('3006020100020100', 'hex').toString('base64');
  for (const signature of [zeroes, 'AA==', '====']) {
    const headers = [
      ['X-Twilio-Email-Event-Webhook-Signature', signature],
      ['X-Twilio-Email-Event-Webhook-Timestamp', String(unixSeconds(NOW))],
    ] as const;
    expect(verified(sender, requestOf(headers, '[]')).ok).toBe(false);
  }
});

const read = (body: unknown) => kind.read(requestOf([], JSON.stringify(body)), { config });

test('makes an inbound event of each event of the list, each with its own id', () => {
  const reading = read([
    { event: 'delivered', sg_event_id: 'e-1', email: 'a@example.com' },
    { event: 'open', sg_event_id: 'e-2', email: 'a@example.com' },
    { event: 'click' },
    { event: 'click' },
  ]);
  if (reading.kind !== 'events') throw new Error(reading.kind);
  expect(reading.events.map(({ type }) => type)).toEqual(['delivered', 'open', 'click', 'click']);
  expect(reading.events.slice(0, 2).map(({ deliveryId }) => deliveryId)).toEqual(['e-1', 'e-2']);
  expect(reading.events[0].payload).toEqual({
    event: 'delivered',
    sg_event_id: 'e-1',
    email: 'a@example.com',
  });
  expect(new Set(reading.events.map(({ deliveryId }) => deliveryId)).size).toBe(4);
});

test('has nothing to do for an empty list, and shows a list of something else as unreadable', () => {
  expect(read([])).toMatchObject({ kind: 'ignored' });
  expect(read([{ event: 'open' }, 7])).toMatchObject({ kind: 'unreadable', why: 'body_not_an_object' });
  expect(read([{ sg_event_id: 'e' }])).toMatchObject({ kind: 'unreadable', why: 'event_type_missing' });
});
