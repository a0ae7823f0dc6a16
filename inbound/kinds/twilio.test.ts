import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { kindAndConfig, NOW, onlyEvent, requestOf, URL_OF_SOURCE } from '../inbound.testkit.ts';
import type { HeaderLine } from '../source-kind.ts';

const { kind, config } = kindAndConfig('twilio');
const FORM: HeaderLine = ['Content-Type', 'application/x-www-form-urlencoded'];
const TOKEN = 'a-token-of-nobody';
const signed = (text: string) => createHmac('sha1', TOKEN).update(text).digest('base64');
const verify = (url: string, body: string, signature: string, type = FORM) =>
  kind.verify(requestOf([type, ['X-Twilio-Signature', signature]], body, url), {
    config,
    secrets: [TOKEN],
    now: NOW,
  });

test('lets in the example of Twilio’s documentation', () => {
  const fields = {
    CallSid: 'CA1234567890ABCDE',
    Caller: '+14158675309',
    Digits: '1234',
    From: '+14158675309',
    To: '+18005551212',
  };
  const body = new URLSearchParams(fields).toString();
  const headers = [FORM, ['X-Twilio-Signature', 'RSOYDt4T1cUTdK1PDd93/VVr8B8=']] as const;
  const request = requestOf(headers, body, 'https://mycompany.com/myapp.php?foo=1&bar=2');
  expect(kind.verify(request, { config, secrets: ['12345'], now: NOW })).toEqual({ ok: true });
});

describe('the URL', () => {
  const body = 'A=1';

  test.each([
    ['without a port', 'https://pawl.example/hook', 'https://pawl.example:443/hook'],
    ['with the usual port', 'https://pawl.example:443/hook', 'https://pawl.example/hook'],
    ['with a port of its own', 'https://pawl.example:8443/hook', 'https://pawl.example/hook'],
    ['of plain HTTP', 'http://pawl.example/hook', 'http://pawl.example:80/hook'],
    ['of an IPv6 address', 'https://[2001:db8::1]:8443/hook?a=b:1', 'https://[2001:db8::1]/hook?a=b:1'],
  ])('%s counts with and without it, as Twilio signs either', (_, url, alternative) => {
    expect(verify(url, body, signed(`${url}A1`))).toEqual({ ok: true });
    expect(verify(url, body, signed(`${alternative}A1`))).toEqual({ ok: true });
  });

  test.each([
    ['another host', 'https://other.example/hook'],
    ['another path', 'https://pawl.example/hook2'],
    ['another scheme', 'http://pawl.example/hook'],
    ['another query', 'https://pawl.example/hook?x=1'],
    ['another port', 'https://pawl.example:8443/hook'],
  ])('of %s is not what was signed', (_, url) => {
    expect(verify('https://pawl.example/hook', body, signed(`${url}A1`)).ok).toBe(false);
  });
});

describe('the fields', () => {
  test('are sorted, and each value counts once', () => {
    const expected = signed(`${URL_OF_SOURCE}A1A2B0b`);
    expect(verify(URL_OF_SOURCE, 'b=&B=0&A=2&A=1&A=2', expected)).toEqual({ ok: true });
  });

  test('are a list in the payload where a name occurs twice', () => {
    const event = onlyEvent(kind.read(requestOf([FORM], 'M=1&M=2&N=3'), { config }));
    expect(event.payload).toEqual({ M: ['1', '2'], N: '3' });
  });

  test('are not sorted where there are more than anybody would send', () => {
    const body = new Array(1001).fill('A=1').join('&');
    expect(verify(URL_OF_SOURCE, body, signed(`${URL_OF_SOURCE}A1`))).toEqual({
      ok: false,
      why: 'body_unsigned',
    });
    const fewer = body.slice('A=1&'.length);
    expect(verify(URL_OF_SOURCE, fewer, signed(`${URL_OF_SOURCE}A1`))).toEqual({ ok: true });
  });

  test('cannot reach a prototype by their names', () => {
    const event = onlyEvent(kind.read(requestOf([FORM], '__proto__=x&constructor=y'), { config }));
    expect(Object.keys(event.payload)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(event.payload)).toBe(Object.prototype);
  });

  test('that are none at all leave the URL to be signed', () => {
    expect(verify(URL_OF_SOURCE, '', signed(URL_OF_SOURCE))).toEqual({ ok: true });
  });
});

describe('a JSON body', () => {
  const JSON_TYPE: HeaderLine = ['Content-Type', 'application/json'];
  const body = '{"EventType": "onMessageAdded"}';
  const hash = createHash('sha256').update(body).digest('hex');

  test('must be covered by the URL', () => {
    const why = { ok: false, why: 'body_unsigned' };
    expect(verify(URL_OF_SOURCE, body, signed(URL_OF_SOURCE), JSON_TYPE)).toEqual(why);
    expect(verify(URL_OF_SOURCE, body, signed(URL_OF_SOURCE), ['X-Nothing', 'x'])).toEqual(why);
  });

  test('must have the hash that the URL says', () => {
    const url = `${URL_OF_SOURCE}?bodySHA256=${hash}`;
    expect(verify(url, body, signed(url), JSON_TYPE)).toEqual({ ok: true });
    expect(verify(url, `${body} `, signed(url), JSON_TYPE).ok).toBe(false);
    expect(verify(url, 'A=1', signed(url), FORM).ok).toBe(false);
    const twice = `${url}&bodySHA256=${hash}`;
    expect(verify(twice, body, signed(twice), JSON_TYPE).ok).toBe(false);
    const upper = `${URL_OF_SOURCE}?bodySHA256=${hash.toUpperCase()}`;
    expect(verify(upper, body, signed(upper), JSON_TYPE).ok).toBe(false);
  });

  test('is the payload', () => {
    const event = onlyEvent(kind.read(requestOf([JSON_TYPE], body), { config }));
    expect(event).toMatchObject({ type: 'onMessageAdded', payload: { EventType: 'onMessageAdded' } });
  });
});

test.each([
  ['message.received', 'MessageSid=SM1&SmsStatus=received&Body=Yes'],
  ['message.delivered', 'MessageSid=SM1&SmsStatus=delivered&MessageStatus=delivered'],
  ['call.ringing', 'CallSid=CA1&CallStatus=ringing'],
  ['recording.completed', 'CallSid=CA1&RecordingSid=RE1&RecordingStatus=completed'],
  ['untyped', 'Something=else'],
])('calls it %s', (type, body) => {
  expect(onlyEvent(kind.read(requestOf([FORM], body), { config })).type).toBe(type);
});

test('answers with empty TwiML: text would be sent back as a message, JSON is an error', () => {
  const { reply } = kind.read(requestOf([FORM], 'SmsStatus=received'), { config });
  expect(reply.headers).toEqual({ 'content-type': 'text/xml; charset=utf-8' });
  expect(reply.body).toMatch(/<Response\/>$/);
});

test('knows a delivery by Twilio’s token, else by what was signed of it, however it is spelled', () => {
  const token: HeaderLine = ['I-Twilio-Idempotency-Token', '9a8f1f04'];
  expect(onlyEvent(kind.read(requestOf([FORM, token], 'A=1'), { config })).deliveryId).toBe('9a8f1f04');
  const idOf = (body: string) => onlyEvent(kind.read(requestOf([FORM], body), { config })).deliveryId;
  expect(idOf('A=%2b1&B=2')).toBe(idOf('B=2&&A=%2B1'));
  expect(idOf('A=1')).not.toBe(idOf('A=2'));
});
