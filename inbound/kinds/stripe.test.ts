import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { kindAndConfig, NOW, onlyEvent, requestOf, unixSeconds } from '../inbound.testkit.ts';

const { kind, config } = kindAndConfig('stripe');
const SECRET = 'whsec_00000000000000000000000000000000';
const BODY = '{"id": "evt_1", "type": "invoice.paid"}';
const now = unixSeconds(NOW);
const signature = (unix: number, secret = SECRET) =>
  createHmac('sha256', secret).update(`${unix}.${BODY}`).digest('hex');
const verify = (header: string) =>
  kind.verify(requestOf([['Stripe-Signature', header]], BODY), { config, secrets: [SECRET], now: NOW });

test('is convinced by one right signature among several, as while Stripe rolls a secret', () => {
  const other = signature(now, 'whsec_of_somebody_else');
  expect(verify(`t=${now},v1=${other},v1=${signature(now)},v0=6ffbb59b2300aae63f27`)).toEqual({ ok: true });
  expect(verify(`t=${now},v1=${other}`)).toEqual({ ok: false, why: 'signature_mismatch' });
});

test.each([
  ['no time', `v1=${signature(now)}`],
  ['two times', `t=${now - 900},t=${now},v1=${signature(now)}`],
  ['no signature', `t=${now}`],
  ['only old signatures', `t=${now},v0=${signature(now)}`],
  ['an empty signature', `t=${now},v1=`],
  ['an empty time', `t=,v1=${signature(now)}`],
  ['loose ends', `t=${now},v1=${signature(now)},`],
])('refuses a header with %s', (_, header) => {
  expect(verify(header)).toEqual({ ok: false, why: 'header_malformed' });
});

test('takes the secret as it stands, and not for base64', () => {
  const decoded = createHmac('sha256', Buffer.from(SECRET.slice(6), 'base64'))
    .update(`${now}.${BODY}`)
    .digest('hex');
  expect(verify(`t=${now},v1=${decoded}`).ok).toBe(false);
});

test('knows an event by its id, and so sees the second attempt, which is signed anew, as the same', () => {
  expect(onlyEvent(kind.read(requestOf([], BODY), { config }))).toEqual({
    deliveryId: 'evt_1',
    type: 'invoice.paid',
    payload: { id: 'evt_1', type: 'invoice.paid' },
  });
  expect(kind.read(requestOf([], '{"id": "evt_1"}'), { config })).toMatchObject({
    why: 'event_type_missing',
  });
});
