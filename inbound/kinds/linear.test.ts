import { expect, test } from 'vitest';
import { kindAndConfig, NOW, onlyEvent, requestOf, senders, verified } from '../inbound.testkit.ts';

const { kind, config } = kindAndConfig('linear');
const sender = senders.find(({ name }) => name === 'linear');
if (sender === undefined) throw new Error('there is no sender linear');

test.each([
  ['seconds', JSON.stringify({ webhookTimestamp: NOW.getTime() / 1000 }), 'outside_window'],
  ['text', JSON.stringify({ webhookTimestamp: String(NOW.getTime()) }), 'timestamp_malformed'],
  ['nothing', '{}', 'timestamp_malformed'],
  ['a body that is no JSON', 'webhookTimestamp', 'timestamp_malformed'],
  ['more than a number holds', '{"webhookTimestamp": 1e999}', 'outside_window'],
])('refuses %s where milliseconds should stand, however well it is signed', (_, body, why) => {
  expect(verified(sender, sender.send(body, 0, sender.secret))).toEqual({ ok: false, why });
});

test('looks at the time only once the signature is right', () => {
  const request = sender.send('{}', 0, sender.otherSecret);
  expect(verified(sender, request)).toEqual({ ok: false, why: 'signature_mismatch' });
});

test('names an event by its type and action', () => {
  const body = '{"type": "Issue", "action": "update", "data": {"id": "i-1"}}';
  expect(onlyEvent(kind.read(requestOf([['Linear-Delivery', 'd-1']], body), { config }))).toEqual({
    deliveryId: 'd-1',
    type: 'Issue.update',
    payload: { type: 'Issue', action: 'update', data: { id: 'i-1' } },
  });
  expect(kind.read(requestOf([], '{"action": "update"}'), { config })).toMatchObject({ kind: 'unreadable' });
});
