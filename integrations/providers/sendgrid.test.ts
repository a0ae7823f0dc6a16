import service from '@sendgrid/mail';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../engine/json.ts';
import { buildRequest, buildTestRequest } from '../build-request.ts';
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
import { sendgrid } from './sendgrid.ts';

const credentials = { api_key: 'SG.s3cret' };

const reset = String(now.getTime() / 1000 + 12);

const contract = describeContract({
  provider: sendgrid,
  credentials,
  calls: exampleCalls(sendgrid),
  origins: /^https:\/\/api\.sendgrid\.com$/,
  accepted: { status: 202, headers: { 'x-message-id': 'm-1' } },
  unauthorized: {
    status: 401,
    body: { errors: [{ message: 'The provided authorization grant is invalid' }] },
  },
  limits: {
    'Retry-After': { status: 429, headers: { 'retry-after': '3' }, waitMs: 3000 },
    'X-RateLimit-Reset': {
      status: 429,
      body: { errors: [{ message: 'too many requests' }] },
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset },
      waitMs: 12_000,
    },
    neither: { status: 429, waitMs: null },
  },
  repeatable: [],
});

it('sendgrid.send_mail is what @sendgrid/mail sends', async () => {
  service.setApiKey(credentials.api_key);
  // The declaration of the client behind the service leaves this out.
  const { client } = service as unknown as {
    client: { setDefaultRequest(name: string, value: string): void };
  };
  client.setDefaultRequest('baseUrl', contract.vendor.origin);
  const mail = {
    to: ['a@example.com', { email: 'b@example.com', name: 'B' }],
    cc: 'c@example.com',
    from: { email: 'me@example.com', name: 'Me' },
    subject: 'Hi',
    text: 'Hi',
    html: '<p>Hi</p>',
    categories: ['jobs'],
  };
  const theirs = await contract.vendor.catches(() =>
    service.send({ ...mail, replyTo: 'you@example.com', isMultiple: false }),
  );
  const ours = await contract.wireOf(
    operation('sendgrid.send_mail', { ...mail, reply_to: 'you@example.com' }),
  );
  expect(essence(ours)).toEqual(essence(theirs));
});

describe('a webhook to SendGrid', () => {
  it('is JSON with a Bearer key', () => {
    const body = { personalizations: [{ to: [{ email: 'a@example.com' }] }] };
    expect(requestOf(sendgrid, webhook({ path: '/v3/mail/send', body }), credentials)).toEqual({
      method: 'POST',
      url: 'https://api.sendgrid.com/v3/mail/send',
      headers: {
        authorization: 'Bearer SG.s3cret',
        accept: 'application/json',
        'content-type': 'application/json',
        'user-agent': 'Pawl/test',
        'idempotency-key': context.idempotencyKey,
      },
      body: JSON.stringify(body),
    });
  });
});

describe('sendgrid.send_mail', () => {
  const mailOf = (input: Json): unknown =>
    JSON.parse(String(requestOf(sendgrid, operation('sendgrid.send_mail', input), credentials).body));

  it('sends a mail with text before HTML', () => {
    expect(
      mailOf({
        to: 'a@example.com',
        cc: [{ email: 'b@example.com', name: 'B' }, 'c@example.com'],
        from: { email: 'me@example.com', name: 'Me' },
        reply_to: 'you@example.com',
        subject: 'Hi',
        html: '<p>Hi</p>',
        text: 'Hi',
        categories: ['jobs'],
      }),
    ).toEqual({
      personalizations: [
        {
          to: [{ email: 'a@example.com' }],
          cc: [{ email: 'b@example.com', name: 'B' }, { email: 'c@example.com' }],
        },
      ],
      from: { email: 'me@example.com', name: 'Me' },
      reply_to: { email: 'you@example.com' },
      subject: 'Hi',
      content: [
        { type: 'text/plain', value: 'Hi' },
        { type: 'text/html', value: '<p>Hi</p>' },
      ],
      categories: ['jobs'],
    });
  });

  it('sends a template with its values and nothing that was not given', () => {
    expect(
      mailOf({
        to: ['a@example.com'],
        from: 'me@example.com',
        template_id: 'd-1',
        dynamic_template_data: { n: 1 },
      }),
    ).toEqual({
      personalizations: [{ to: [{ email: 'a@example.com' }], dynamic_template_data: { n: 1 } }],
      from: { email: 'me@example.com' },
      template_id: 'd-1',
    });
  });

  it.each<[Json, string[]]>([
    [{}, ['/to', '/from']],
    [{ to: 'a@example.com', from: 'me@example.com', subject: 'x' }, ['']],
    [{ to: 'a@example.com', from: 'me@example.com', text: 'x' }, ['']],
    [{ to: 'nobody', from: 'me@example.com', subject: 'x', text: 'x' }, ['/to']],
    [{ to: [], from: 'me@example.com', subject: 'x', text: 'x' }, ['/to']],
  ])('refuses %j, pointing at %j', (input, expected) => {
    const built = buildRequest(sendgrid, operation('sendgrid.send_mail', input), credentials, context);
    expect(built).toMatchObject({ ok: false, code: 'input_invalid' });
    expect(built.ok ? [] : built.problems.map(({ pointer }) => pointer)).toEqual(expected);
  });
});

describe('SendGrid’s answer', () => {
  it('is a success with the message’s id', () => {
    const accepted = answer(202, undefined, { 'x-message-id': 'm-1' });
    expect(sendgrid.judge(accepted, judging(false))).toEqual({ outcome: 'succeeded', messageId: 'm-1' });
  });

  it('gives every error in its own words', () => {
    const errors = [
      { message: 'The from address is not verified', field: 'from.email', help: null },
      { message: 'Bad subject', field: null },
    ];
    expect(sendgrid.judge(answer(400, { errors }), judging(false))).toEqual({
      outcome: 'failed',
      retry: false,
      code: 'http_400',
      message: 'SendGrid: The from address is not verified (from.email); Bad subject',
    });
    expect(sendgrid.judge(answer(401, { errors: [] }), judging(false))).toMatchObject({
      flagConnection: true,
      retry: false,
    });
    expect(sendgrid.judge(answer(500, 'oops'), judging(false))).toMatchObject({
      retry: false,
      code: 'http_500',
    });
  });

  it('is tried again after 429, when the window begins anew', () => {
    const reset = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now.getTime() / 1000 + 12) };
    expect(sendgrid.judge(answer(429, undefined, reset), judging(false))).toMatchObject({
      retry: true,
      retryAfterMs: 12_000,
    });
    expect(sendgrid.rateLimit(answer(202, undefined, reset), now)).toBe(12_000);
    expect(
      sendgrid.rateLimit(answer(202, undefined, { ...reset, 'x-ratelimit-remaining': '5' }), now),
    ).toBeNull();
    expect(sendgrid.rateLimit(answer(429, undefined, { ...reset, 'retry-after': '3' }), now)).toBe(3000);
  });
});

describe('the test of a SendGrid connection', () => {
  it('reads what the key may do', () => {
    expect(sent(buildTestRequest(sendgrid, credentials, context))).toMatchObject({
      method: 'GET',
      url: 'https://api.sendgrid.com/v3/scopes',
    });
    if ('unavailable' in sendgrid.test) throw new Error('unavailable');
    const { describe: meaning } = sendgrid.test;
    expect(meaning(answer(200, { scopes: ['mail.send', 'x'] }))).toMatchObject({ ok: true });
    expect(meaning(answer(200, { scopes: ['x'] }))).toMatchObject({ ok: false, code: 'scope_missing' });
    expect(meaning(answer(200, 'garbage'))).toMatchObject({ ok: false });
    expect(meaning(answer(401, { errors: [{ message: 'authorization required' }] }))).toEqual({
      ok: false,
      code: 'http_401',
      message: 'SendGrid: authorization required',
    });
  });
});
