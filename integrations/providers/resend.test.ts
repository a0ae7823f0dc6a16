import { Resend } from 'resend';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../engine/json.ts';
import { buildRequest } from '../build-request.ts';
import { describeContract, exampleCalls, reportOf } from '../contract.testkit.ts';
import { answer, context, judging, operation } from '../integrations.testkit.ts';
import { essence } from '../vendor.testkit.ts';
import { resend } from './resend.ts';

const credentials = { api_key: 're_s3cret' };
const error = (statusCode: number, name: string): Json => ({ statusCode, name, message: 'Words.' });

const contract = describeContract({
  provider: resend,
  credentials,
  calls: exampleCalls(resend),
  origins: /^https:\/\/api\.resend\.com$/,
  accepted: { status: 200, body: { id: '49a3999c-0ce1-4ea6-ab68-afcd6dc2e794' } },
  unauthorized: { status: 401, body: error(401, 'missing_api_key') },
  limits: {
    'Retry-After': {
      status: 429,
      body: error(429, 'rate_limit_exceeded'),
      headers: { 'retry-after': '1' },
      waitMs: 1000,
    },
    'ratelimit-reset': {
      status: 429,
      body: error(429, 'rate_limit_exceeded'),
      headers: { 'ratelimit-limit': '2', 'ratelimit-remaining': '0', 'ratelimit-reset': '3' },
      waitMs: 3000,
    },
    neither: { status: 429, body: error(429, 'rate_limit_exceeded'), waitMs: null },
  },
  repeatable: ['a webhook', 'resend.send_email'],
});

const client = () => new Resend(credentials.api_key, { baseUrl: contract.vendor.origin });

describe('resend.send_email', () => {
  const mail = {
    from: 'Pawl <pawl@example.com>',
    to: ['ops@example.com'],
    subject: 'Backup failed',
    html: '<p>See job 7.</p>',
    text: 'See job 7.',
    tags: [{ name: 'job', value: '7' }],
  };

  it('is what resend’s own SDK sends, idempotency key included', async () => {
    const ours = await contract.wireOf(
      operation('resend.send_email', { ...mail, reply_to: 'you@example.com', cc: 'cc@example.com' }),
    );
    expect(ours).toMatchObject({
      method: 'POST',
      path: '/emails',
      headers: { authorization: 'Bearer re_s3cret', 'idempotency-key': context.idempotencyKey },
      body: { ...mail, reply_to: 'you@example.com', cc: 'cc@example.com' },
    });
    const theirs = await contract.vendor.catches(() =>
      client().emails.send(
        { ...mail, replyTo: 'you@example.com', cc: 'cc@example.com' },
        { idempotencyKey: context.idempotencyKey },
      ),
    );
    const names = ['authorization', 'idempotency-key'];
    expect(essence(ours, names)).toEqual(essence(theirs, names));
  });

  it.each<Json>([
    {},
    { from: 'a@example.com', to: 'b@example.com', subject: 's' },
    { from: 'nobody', to: 'b@example.com', subject: 's', text: 't' },
    { from: 'a@example.com', to: [], subject: 's', text: 't' },
    { from: 'a@example.com\r\nbcc: x@example.com', to: 'b@example.com', subject: 's', text: 't' },
  ])('refuses %j', (input) => {
    expect(buildRequest(resend, operation('resend.send_email', input), credentials, context)).toMatchObject({
      ok: false,
      code: 'input_invalid',
    });
  });
});

it('waits for its own request that is still under way', () => {
  expect(
    resend.judge(answer(409, error(409, 'concurrent_idempotent_requests')), judging(true)),
  ).toMatchObject({
    retry: true,
  });
  expect(resend.judge(answer(409, error(409, 'invalid_idempotent_request')), judging(true))).toEqual({
    outcome: 'failed',
    retry: false,
    code: 'resend_invalid_idempotent_request',
    message: 'Resend: Words.',
  });
});

it('tests the key as resend’s own SDK lists domains', async () => {
  const ours = await contract.testWire();
  const theirs = await contract.vendor.catches(() => client().domains.list());
  expect({ ...essence(ours), contentType: null }).toEqual({ ...essence(theirs), contentType: null });
  expect(reportOf(resend, { status: 200, body: { data: [] } })).toMatchObject({ ok: true });
  expect(reportOf(resend, { status: 401, body: error(401, 'restricted_api_key') })).toMatchObject({
    ok: true,
  });
  expect(reportOf(resend, { status: 401, body: error(401, 'missing_api_key') })).toMatchObject({ ok: false });
});
