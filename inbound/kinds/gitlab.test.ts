import { describe, expect, test } from 'vitest';
import { kindAndConfig, NOW, onlyEvent, requestOf, unixSeconds } from '../inbound.testkit.ts';
import type { HeaderLine } from '../source-kind.ts';

const signed = kindAndConfig('gitlab', { verification: 'signature' });
const byToken = kindAndConfig('gitlab');

test('asks for the token unless the settings say that requests are signed', () => {
  const token = 'a-token-of-nobody';
  const request = requestOf([['X-Gitlab-Token', token]], '{}');
  expect(byToken.kind.verify(request, { config: byToken.config, secrets: [token], now: NOW }).ok).toBe(true);
});

test('is not convinced by the token where requests are to be signed', () => {
  const secret = byToken.kind.makeSecret(signed.config, Buffer.alloc(32, 1));
  const request = requestOf([['X-Gitlab-Token', secret]], '{}');
  const given = { config: signed.config, secrets: [secret], now: NOW };
  expect(signed.kind.verify(request, given)).toEqual({ ok: false, why: 'header_missing' });
});

test('accepts for signatures only what GitLab takes for a signing token', () => {
  const good = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  expect(signed.kind.checkSecret(signed.config, good)).toEqual([]);
  for (const bad of ['a-token-of-nobody', good.replace('whsec_', ''), `${good}!`, 'whsec_AAAA']) {
    expect(signed.kind.checkSecret(signed.config, bad)).toHaveLength(1);
  }
});

test('refuses when the stored secret is of the other sort', () => {
  const now = String(unixSeconds(NOW));
  const lines: HeaderLine[] = [
    ['webhook-id', 'k'],
    ['webhook-timestamp', now],
    ['webhook-signature', 'v1,AAAA'],
  ];
  const given = { config: signed.config, secrets: ['a-token-of-nobody'], now: NOW };
  expect(signed.kind.verify(requestOf(lines, '{}'), given)).toEqual({ ok: false, why: 'unusable_secret' });
  // While it is being rotated to one that can, that one counts.
  const good = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const both = { ...given, secrets: [good, 'a-token-of-nobody'] };
  expect(signed.kind.verify(requestOf(lines, '{}'), both)).toEqual({ ok: false, why: 'signature_mismatch' });
});

describe('the type', () => {
  const typeOf = (payload: object) =>
    onlyEvent(byToken.kind.read(requestOf([], JSON.stringify(payload)), { config: byToken.config })).type;

  test.each([
    ['push', { object_kind: 'push', event_name: 'push' }],
    ['merge_request.open', { object_kind: 'merge_request', object_attributes: { action: 'open' } }],
    ['pipeline', { object_kind: 'pipeline', object_attributes: { status: 'success' } }],
    ['project_create', { event_name: 'project_create' }],
  ])('is %s', (type, payload) => {
    expect(typeOf(payload)).toBe(type);
  });

  test('must be there', () => {
    const reading = byToken.kind.read(requestOf([['X-Gitlab-Event', 'Push Hook']], '{}'), byToken);
    expect(reading).toMatchObject({ kind: 'unreadable', why: 'event_type_missing' });
  });
});

describe('the delivery id', () => {
  const idOf = (settings: typeof byToken, headers: HeaderLine[], body = '{"object_kind":"push"}') =>
    onlyEvent(settings.kind.read(requestOf(headers, body), settings)).deliveryId;

  test('is the idempotency key, the same on every attempt', () => {
    expect(
      idOf(byToken, [
        ['Idempotency-Key', 'k-1'],
        ['X-Gitlab-Event-UUID', 'u'],
      ]),
    ).toBe('k-1');
    expect(idOf(byToken, [['webhook-id', 'w-1']])).toBe('w-1');
  });

  test('is the signed one where requests are signed', () => {
    expect(
      idOf(signed, [
        ['Idempotency-Key', 'forged'],
        ['webhook-id', 'w-1'],
      ]),
    ).toBe('w-1');
  });

  test('tells a hook from the hook that set it off, which have one event UUID', () => {
    const uuid: HeaderLine[] = [['X-Gitlab-Event-UUID', 'u-1']];
    const first = idOf(byToken, uuid);
    expect(idOf(byToken, uuid)).toBe(first);
    expect(idOf(byToken, uuid, '{"object_kind":"pipeline"}')).not.toBe(first);
    expect(idOf(byToken, [['X-Gitlab-Event-UUID', 'u-2']])).not.toBe(first);
  });
});
