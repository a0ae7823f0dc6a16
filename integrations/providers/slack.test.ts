import { WebClient } from '@slack/web-api';
import { IncomingWebhook } from '@slack/webhook';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../engine/json.ts';
import { buildRequest, buildTestRequest } from '../build-request.ts';
import { validateCredentials } from '../catalogue.ts';
import { describeContract, exampleCalls, reportOf } from '../contract.testkit.ts';
import { answer, context, judging, operation, requestOf, webhook } from '../integrations.testkit.ts';
import { essence, type Wire } from '../vendor.testkit.ts';
import { slack } from './slack.ts';

const bot = { bot_token: 'xoxb-1-s3cret', default_channel: 'C0DEFAULT' };
const hook = { webhook_url: 'https://hooks.slack.com/services/T1/B1/s3cret' };

const limits = {
  'Retry-After': {
    status: 429,
    body: { ok: false, error: 'ratelimited' },
    headers: { 'retry-after': '30' },
    waitMs: 30_000,
  },
  'a word in a webhook’s text': {
    status: 429,
    body: 'rate_limited',
    headers: { 'retry-after': '1' },
    waitMs: 1000,
  },
  'no header': { status: 429, body: { ok: false, error: 'ratelimited' }, waitMs: null },
  'a word with 200': { status: 200, body: { ok: false, error: 'ratelimited' }, waitMs: null },
};

describe('with a bot’s token', () => {
  const contract = describeContract({
    provider: slack,
    credentials: bot,
    calls: exampleCalls(slack),
    origins: /^https:\/\/slack\.com$/,
    accepted: { status: 200, body: { ok: true, channel: 'C1', ts: '1503435956.000247' } },
    refusedWith2xx: {
      'ok is false': { status: 200, body: { ok: false, error: 'channel_not_found' } },
      'not an answer of Slack': { status: 200, body: '<html>' },
      'no body': { status: 200 },
    },
    unauthorized: { status: 200, body: { ok: false, error: 'invalid_auth' } },
    limits,
    repeatable: [],
  });

  const message = {
    channel: 'C0123456789',
    text: 'Deploy done',
    blocks: [{ type: 'divider' }],
    thread_ts: '1.2',
  };

  it('sends chat.postMessage as JSON', async () => {
    const wire = await contract.wireOf(operation('slack.post_message', message));
    expect(wire).toMatchObject({
      method: 'POST',
      path: '/api/chat.postMessage',
      query: [],
      headers: { authorization: 'Bearer xoxb-1-s3cret', 'content-type': 'application/json; charset=utf-8' },
      body: message,
    });
  });

  it('sends what @slack/web-api sends, but as JSON where that sends a form', async () => {
    const ours = await contract.wireOf(operation('slack.post_message', message));
    const client = new WebClient(bot.bot_token, { slackApiUrl: `${contract.vendor.origin}/api/` });
    const theirs = await contract.vendor.catches(() => client.chat.postMessage(message as never));
    expect(essence(theirs).contentType).toBe('application/x-www-form-urlencoded');
    expect(essence(ours)).toEqual({
      ...essence(theirs),
      contentType: 'application/json',
      body: formOfJson(theirs),
    });
  });

  it('tests the token as @slack/web-api does', async () => {
    const ours = await contract.testWire();
    const client = new WebClient(bot.bot_token, { slackApiUrl: `${contract.vendor.origin}/api/` });
    const theirs = await contract.vendor.catches(() => client.auth.test());
    expect({ ...essence(ours), contentType: null, body: null }).toEqual({
      ...essence(theirs),
      contentType: null,
    });
    expect(
      reportOf(slack, { status: 200, body: { ok: true, user: 'pawl', team: 'Acme', bot_id: 'B1' } }),
    ).toEqual({
      ok: true,
      code: 'ok',
      message: 'The token is that of pawl in Acme.',
    });
    expect(reportOf(slack, { status: 200, body: { ok: false, error: 'token_revoked' } })).toMatchObject({
      ok: false,
      code: 'slack_token_revoked',
    });
  });

  it('fills in the default channel, in the operation and in a webhook', () => {
    const bodyOf = (call: Parameters<typeof requestOf>[1]): Json =>
      JSON.parse(String(requestOf(slack, call, bot).body));
    const path = '/api/chat.postMessage';
    expect(bodyOf(operation('slack.post_message', { text: 'x' }))).toEqual({
      channel: 'C0DEFAULT',
      text: 'x',
    });
    expect(bodyOf(webhook({ path, body: { text: 'x' } }))).toEqual({ channel: 'C0DEFAULT', text: 'x' });
    expect(bodyOf(webhook({ path, body: { text: 'x', channel: 'C2' } }))).toEqual({
      channel: 'C2',
      text: 'x',
    });
    expect(bodyOf(webhook({ path: '/api/reactions.add', body: { name: 'x' } }))).toEqual({ name: 'x' });
    expect(
      buildRequest(slack, operation('slack.post_message', { text: 'x' }), { bot_token: 'x' }, context),
    ).toMatchObject({ ok: false, code: 'input_invalid' });
  });

  it('knows Slack’s words for a refused credential, and for trouble of its own', () => {
    const verdict = (error: string, safe = false) =>
      slack.judge(answer(200, { ok: false, error }), judging(safe));
    expect(verdict('token_revoked')).toMatchObject({ retry: false, flagConnection: true });
    expect(verdict('channel_not_found')).toEqual({
      outcome: 'failed',
      retry: false,
      code: 'slack_channel_not_found',
      message: 'Slack: channel_not_found',
    });
    expect(verdict('internal_error')).toMatchObject({ retry: false });
    expect(verdict('internal_error', true)).toMatchObject({ retry: true });
    expect(
      slack.judge(answer(200, { ok: false, error: 'missing_scope', needed: 'chat:write' }), judging(false)),
    ).toMatchObject({ message: 'Slack: missing_scope (the token lacks `chat:write`)', flagConnection: true });
    expect(slack.judge(answer(200, { ok: true, ts: '1.5' }), judging(false))).toEqual({
      outcome: 'succeeded',
      messageId: '1.5',
    });
  });
});

describe('with an incoming webhook', () => {
  const contract = describeContract({
    provider: slack,
    credentials: hook,
    calls: {
      'a webhook': webhook({ body: { text: 'x' } }),
      'slack.post_message': operation('slack.post_message', { text: 'x' }),
    },
    origins: /^https:\/\/hooks\.slack(?:-gov)?\.com$/,
    accepted: { status: 200, body: 'ok' },
    refusedWith2xx: {
      'another text': { status: 200, body: 'no_text' },
      'ok is false': { status: 200, body: { ok: false } },
    },
    unauthorized: { status: 403, body: 'invalid_token' },
    limits,
    repeatable: [],
  });

  it('sends what @slack/webhook sends', async () => {
    const message = { text: 'Deploy done', blocks: [{ type: 'divider' }] };
    const client = new IncomingWebhook(`${contract.vendor.origin}/services/T1/B1/s3cret`);
    const theirs = await contract.vendor.catches(() => client.send(message));
    for (const call of [webhook({ body: message }), operation('slack.post_message', message)]) {
      expect(essence(await contract.wireOf(call))).toEqual(essence(theirs));
    }
  });

  it('posts to its own channel at its own address, and nothing else', () => {
    for (const call of [
      webhook({ path: '/api/chat.postMessage', body: {} }),
      webhook({ path: '/../x', body: {} }),
      webhook({ query: 'a=b', body: {} }),
      operation('slack.post_message', { text: 'x', channel: 'C1' }),
    ]) {
      expect(buildRequest(slack, call, hook, context)).toMatchObject({ ok: false });
    }
  });

  it('is flagged when it was revoked, and has no test', () => {
    expect(slack.judge(answer(404, 'no_service'), judging(false))).toMatchObject({
      code: 'slack_no_service',
      flagConnection: true,
      retry: false,
    });
    expect(buildTestRequest(slack, hook, context)).toMatchObject({ ok: false, code: 'test_unavailable' });
  });
});

it('takes either a webhook URL or a bot’s token', () => {
  expect(validateCredentials('slack', bot)).toEqual([]);
  expect(validateCredentials('slack', hook)).toEqual([]);
  for (const wrong of [
    {},
    { ...bot, ...hook },
    { ...hook, default_channel: 'C1' },
    ...[
      'https://evil.example/services/T/B/X',
      'https://hooks.slack.com.evil.example/services/T/B/X',
      'https://hooks.slack.com@evil.example/services/T/B/X',
      'https://hooks.slack.com:8443/services/T/B/X',
      'https://hooks.slack.com#/services/T/B/X',
      'https://evil.example\\@hooks.slack.com/services/T/B/X',
      'http://hooks.slack.com/services/T/B/X',
      'https://hooks.slack.com/api/chat.postMessage',
      'https://hooks.slack.com/services/../api/x',
      'https://hooks.slack.com/services/T/B/X?y',
    ].map((webhook_url) => ({ webhook_url })),
  ]) {
    expect(validateCredentials('slack', wrong)).not.toEqual([]);
  }
});

/** A form as Slack reads it: a value that is JSON is meant as such. */
function formOfJson({ body }: Wire): Json {
  const entries = Object.entries(body as Record<string, string>);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, /^[[{]/.test(value) ? JSON.parse(value) : value]),
  );
}
