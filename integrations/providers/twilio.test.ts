import createClient from 'twilio';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../engine/json.ts';
import { buildRequest, buildTestRequest } from '../build-request.ts';
import { validateCredentials } from '../catalogue.ts';
import { describeContract, exampleCalls } from '../contract.testkit.ts';
import {
  answer,
  context,
  judging,
  now,
  operation,
  requestOf,
  sent,
  webhook,
} from '../integrations.testkit.ts';
import { essence } from '../vendor.testkit.ts';
import { twilio } from './twilio.ts';

const account_sid = `AC${'0123456789abcdef'.repeat(2)}`;
const credentials = { account_sid, auth_token: 'tw1lio-token' };
const authorization = `Basic ${Buffer.from(`${account_sid}:tw1lio-token`).toString('base64')}`;
const account = `https://api.twilio.com/2010-04-01/Accounts/${account_sid}`;

const contract = describeContract({
  provider: twilio,
  credentials,
  calls: exampleCalls(twilio),
  origins: /^https:\/\/api\.twilio\.com$/,
  accepted: { status: 201, body: { sid: 'SM1', status: 'queued' } },
  unauthorized: { status: 401, body: { code: 20003, message: 'Authenticate', status: 401 } },
  limits: {
    'Retry-After': { status: 429, body: { code: 20429 }, headers: { 'retry-after': '2' }, waitMs: 2000 },
    'no header': { status: 429, body: { code: 20429, message: 'Too Many Requests' }, waitMs: null },
  },
  repeatable: [],
});

/** The SDK knows no option for the host; its HTTP client is where it may still be led elsewhere. */
function client() {
  const httpClient = new createClient.RequestClient();
  const request = httpClient.request.bind(httpClient);
  httpClient.request = (options) =>
    request({ ...options, uri: options.uri.replace('https://api.twilio.com', contract.vendor.origin) });
  return createClient(account_sid, credentials.auth_token, { httpClient });
}

describe('a request of twilio’s own SDK', () => {
  it('is what twilio.send_message and a webhook send', async () => {
    const theirs = await contract.vendor.catches(() =>
      client().messages.create({
        to: '+15551234567',
        from: '+15557654321',
        body: 'Job 7 & done',
        mediaUrl: ['https://example.com/a.png', 'https://example.com/b.png'],
        statusCallback: 'https://example.com/status',
      }),
    );
    const input = {
      to: '+15551234567',
      from: '+15557654321',
      body: 'Job 7 & done',
      media_url: ['https://example.com/a.png', 'https://example.com/b.png'],
      status_callback: 'https://example.com/status',
    };
    const form = {
      To: input.to,
      From: input.from,
      Body: input.body,
      MediaUrl: input.media_url,
      StatusCallback: input.status_callback,
    };
    for (const call of [
      operation('twilio.send_message', input),
      webhook({ path: '/Messages.json', body: form }),
    ]) {
      expect(essence(await contract.wireOf(call))).toEqual(essence(theirs));
    }
  });

  it('fetches the account as the test of a connection does', async () => {
    const theirs = await contract.vendor.catches(() => client().api.v2010.accounts(account_sid).fetch());
    const ours = await contract.testWire();
    expect({ ...essence(ours), contentType: null }).toEqual({ ...essence(theirs), contentType: null });
  });
});

describe('a webhook to Twilio', () => {
  it('is a form, relative to the account, with Basic', () => {
    const call = webhook({
      path: '/Messages.json',
      body: { To: '+15551234567', From: '+15557654321', Body: 'Job 7 & done', MediaUrl: ['a', 'b'] },
    });
    expect(requestOf(twilio, call, credentials)).toEqual({
      method: 'POST',
      url: `${account}/Messages.json`,
      headers: {
        authorization,
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
        'user-agent': 'Pawl/test',
        'idempotency-key': context.idempotencyKey,
      },
      body: 'To=%2B15551234567&From=%2B15557654321&Body=Job+7+%26+done&MediaUrl=a&MediaUrl=b',
    });
  });

  it('cannot reach another account', () => {
    for (const path of ['/../ACffff/Messages.json', '/%2e%2e/ACffff/Messages.json', '.json']) {
      expect(buildRequest(twilio, webhook({ path }), credentials, context)).toMatchObject({
        ok: false,
        code: 'path_invalid',
      });
    }
  });
});

describe('twilio.send_message', () => {
  it('sends what the API wants, leaving out what was not given', () => {
    const input = {
      to: '+15551234567',
      messaging_service_sid: `MG${'0'.repeat(32)}`,
      body: 'Hello',
      media_url: ['https://example.com/a.png', 'https://example.com/b.png'],
      content_variables: { 1: 'x' },
    };
    const request = requestOf(twilio, operation('twilio.send_message', input), credentials);
    expect(request).toMatchObject({ method: 'POST', url: `${account}/Messages.json` });
    expect(request.headers).toMatchObject({
      authorization,
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect([...new URLSearchParams(String(request.body))]).toEqual([
      ['To', '+15551234567'],
      ['MessagingServiceSid', input.messaging_service_sid],
      ['Body', 'Hello'],
      ['MediaUrl', 'https://example.com/a.png'],
      ['MediaUrl', 'https://example.com/b.png'],
      ['ContentVariables', '{"1":"x"}'],
    ]);
  });

  it.each<[Json, string[]]>([
    [{}, ['/to']],
    [{ to: '+1', body: 'x' }, ['']],
    [{ to: '+1', from: '+2' }, ['']],
    [{ to: '+1', from: '+2', messaging_service_sid: `MG${'0'.repeat(32)}`, body: 'x' }, ['']],
    [{ to: '+1', from: '+2', body: 'x'.repeat(1601) }, ['/body']],
    [{ to: 1, from: '', body: 'x', Body: 'y' }, ['/to', '/from', '/Body']],
  ])('refuses %j, pointing at %j', (input, expected) => {
    const built = buildRequest(twilio, operation('twilio.send_message', input), credentials, context);
    expect(built).toMatchObject({ ok: false, code: 'input_invalid' });
    expect(built.ok ? [] : built.problems.map(({ pointer }) => pointer)).toEqual(expected);
  });
});

describe('Twilio’s answer', () => {
  it('is a success with the message’s id', () => {
    expect(twilio.judge(answer(201, { sid: 'SM1', status: 'queued' }), judging(false))).toEqual({
      outcome: 'succeeded',
      messageId: 'SM1',
    });
    expect(twilio.judge(answer(204), judging(false))).toEqual({ outcome: 'succeeded' });
  });

  it('gives its own code and words', () => {
    expect(
      twilio.judge(
        answer(400, { code: 21211, message: "Invalid 'To' Phone Number", status: 400 }),
        judging(false),
      ),
    ).toEqual({
      outcome: 'failed',
      retry: false,
      code: 'twilio_21211',
      message: "Twilio: Invalid 'To' Phone Number",
    });
    expect(twilio.judge(answer(401, { code: 20003, message: 'Authenticate' }), judging(false))).toMatchObject(
      { retry: false, flagConnection: true },
    );
    expect(twilio.judge(answer(502, '<html>'), judging(false))).toMatchObject({
      code: 'http_502',
      retry: false,
    });
  });

  it('is tried again after too many requests, with whatever status that comes', () => {
    const tooMany = { code: 20429, message: 'Too Many Requests' };
    const headers = { 'retry-after': '2' };
    for (const status of [429, 400, 403, 503]) {
      const verdict = twilio.judge(answer(status, tooMany, headers), judging(false));
      expect(verdict).toMatchObject({ retry: true, retryAfterMs: 2000, code: 'twilio_20429' });
      expect(verdict).not.toHaveProperty('flagConnection');
    }
    expect(twilio.judge(answer(429), judging(false))).toMatchObject({ retry: true });
    expect(twilio.rateLimit(answer(429, undefined, headers), now)).toBe(2000);
  });
});

describe('the test of a Twilio connection', () => {
  it('reads the account', () => {
    expect(sent(buildTestRequest(twilio, credentials, context))).toMatchObject({
      method: 'GET',
      url: `${account}.json`,
      headers: { authorization },
    });
  });

  it('says what the answer means', () => {
    if ('unavailable' in twilio.test) throw new Error('unavailable');
    const { describe: meaning } = twilio.test;
    expect(meaning(answer(200, { friendly_name: 'Acme', status: 'active' }))).toEqual({
      ok: true,
      code: 'ok',
      message: 'The account “Acme” is active.',
    });
    expect(meaning(answer(200, { friendly_name: 'Acme', status: 'suspended' }))).toMatchObject({
      ok: false,
      code: 'account_suspended',
    });
    expect(meaning(answer(401, { code: 20003, message: 'Authenticate' }))).toEqual({
      ok: false,
      code: 'twilio_20003',
      message: 'Twilio: Authenticate',
    });
  });
});

it('knows an account SID from anything else', () => {
  for (const wrong of [
    '',
    'AC123',
    `SK${'0'.repeat(32)}`,
    `AC${'g'.repeat(32)}`,
    `${account_sid}/x`,
    `${account_sid}\n`,
  ]) {
    expect(validateCredentials('twilio', { account_sid: wrong, auth_token: 'x' })).toMatchObject([
      { pointer: '/credentials/account_sid' },
    ]);
  }
  expect(validateCredentials('twilio', credentials)).toEqual([]);
});
