import { Agent } from 'node:https';
import { connect } from 'node:net';
import { event } from '@pagerduty/pdjs';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../engine/json.ts';
import { buildRequest, buildTestRequest, isSafeToRepeat } from '../build-request.ts';
import { allowedOrigins, validateCredentials } from '../catalogue.ts';
import { describeContract, exampleCalls } from '../contract.testkit.ts';
import { answer, context, judging, operation, requestOf, webhook } from '../integrations.testkit.ts';
import { essence } from '../vendor.testkit.ts';
import { pagerduty } from './pagerduty.ts';

const routing_key = 'R0123456789abcdefghijklmnopqrstu';
const credentials = { routing_key };
const path = '/v2/enqueue';

const contract = describeContract({
  provider: pagerduty,
  credentials,
  calls: exampleCalls(pagerduty),
  origins: /^https:\/\/events\.(?:eu\.)?pagerduty\.com$/,
  accepted: { status: 202, body: { status: 'success', message: 'Event processed', dedup_key: 'd' } },
  refusedWith2xx: {
    'invalid event': { status: 202, body: { status: 'invalid event', message: 'Event object is invalid' } },
  },
  unauthorized: {
    status: 400,
    body: {
      status: 'invalid event',
      message: 'Event object is invalid',
      errors: ["Length of 'routing_key' is incorrect (should be 32 characters)"],
    },
  },
  limits: {
    'Retry-After': { status: 429, headers: { 'retry-after': '8' }, waitMs: 8000 },
    'ratelimit-reset': {
      status: 429,
      headers: { 'ratelimit-remaining': '0', 'ratelimit-reset': '14' },
      waitMs: 14_000,
    },
    neither: { status: 429, waitMs: null },
  },
  repeatable: ['a webhook', 'pagerduty.trigger', 'pagerduty.acknowledge', 'pagerduty.resolve'],
});

/** The SDK speaks https to a host of its own making; its agent may still lead anywhere. */
function agent(): Agent {
  const local = new Agent();
  const port = Number(new URL(contract.vendor.origin).port);
  return Object.assign(local, { createConnection: () => connect(port, '127.0.0.1') });
}

const theirs = (data: object) =>
  contract.vendor.catches(() => event({ agent: agent(), data } as unknown as Parameters<typeof event>[0]));

const payload = {
  summary: 'Backup failed',
  source: 'db-1',
  severity: 'critical',
  component: 'postgres',
  custom_details: { job: '7' },
};

describe('an event', () => {
  it('is triggered as @pagerduty/pdjs does', async () => {
    const input = {
      ...payload,
      dedup_key: 'backup',
      links: [{ href: 'https://example.com/7', text: 'Job 7' }],
    };
    const ours = await contract.wireOf(operation('pagerduty.trigger', input));
    expect(ours).toMatchObject({ method: 'POST', path, headers: { 'content-type': 'application/json' } });
    expect(essence(ours)).toEqual(
      essence(
        await theirs({
          routing_key,
          event_action: 'trigger',
          dedup_key: 'backup',
          payload,
          links: [{ href: 'https://example.com/7', text: 'Job 7' }],
        }),
      ),
    );
  });

  it.each(['acknowledge', 'resolve'])('is followed by %s as @pagerduty/pdjs does', async (action) => {
    const ours = await contract.wireOf(operation(`pagerduty.${action}`, { dedup_key: 'backup' }));
    expect(essence(ours)).toEqual(
      essence(await theirs({ routing_key, event_action: action, dedup_key: 'backup' })),
    );
  });

  it('has the key of the run where it names none, so it may be sent again', async () => {
    const bodies = [
      await contract.wireOf(operation('pagerduty.trigger', payload)),
      await contract.wireOf(webhook({ path, body: { event_action: 'trigger', payload } })),
    ].map(({ body }) => body);
    for (const body of bodies) {
      expect(body).toEqual({
        routing_key,
        event_action: 'trigger',
        dedup_key: context.idempotencyKey,
        payload,
      });
    }
    const own = webhook({ path, body: { event_action: 'trigger', dedup_key: 'mine', payload } });
    expect((await contract.wireOf(own)).body).toMatchObject({ dedup_key: 'mine' });
  });

  it('is not sent again where it has no such key', async () => {
    const change = webhook({ path: '/v2/change/enqueue', body: { payload: { summary: 'Deployed' } } });
    expect(isSafeToRepeat(pagerduty, change)).toBe(false);
    expect((await contract.wireOf(change)).body).toEqual({ routing_key, payload: { summary: 'Deployed' } });
  });

  it.each<[string, Json | undefined]>([
    ['a routing key of its own', { routing_key: 'x', payload }],
    ['no object', 'text'],
    ['a list', [payload]],
    ['nothing', undefined],
    ['more than 512 KB', { payload: { ...payload, custom_details: 'x'.repeat(512 * 1024) } }],
  ])('with %s is refused', (_, body) => {
    expect(buildRequest(pagerduty, webhook({ path, body }), credentials, context)).toMatchObject({
      ok: false,
      code: 'body_invalid',
    });
  });

  it('may have a dedup_key of 255 characters, and no more', () => {
    const built = (dedup_key: string) =>
      buildRequest(pagerduty, operation('pagerduty.resolve', { dedup_key }), credentials, context);
    expect(built('x'.repeat(255))).toMatchObject({ ok: true });
    expect(built('x'.repeat(256))).toMatchObject({ code: 'input_invalid' });
    expect(built('')).toMatchObject({ code: 'input_invalid' });
  });
});

it('never tries a wrong event again, and does not blame the key for it', () => {
  const body = {
    status: 'invalid event',
    message: 'Event object is invalid',
    errors: ["'payload.severity' is missing"],
  };
  expect(pagerduty.judge(answer(400, body), judging(true))).toEqual({
    outcome: 'failed',
    retry: false,
    code: 'http_400',
    message: "PagerDuty: Event object is invalid; 'payload.severity' is missing",
  });
});

it('goes to the region of the account', () => {
  expect(allowedOrigins('pagerduty', credentials)).toEqual(['https://events.pagerduty.com']);
  expect(
    requestOf(pagerduty, operation('pagerduty.resolve', { dedup_key: 'x' }), { ...credentials, region: 'eu' })
      .url,
  ).toBe('https://events.eu.pagerduty.com/v2/enqueue');
  expect(validateCredentials('pagerduty', { ...credentials, region: 'evil.example/' })).toMatchObject([
    { pointer: '/credentials/region' },
  ]);
});

it('says why there is no test without an effect', () => {
  expect(buildTestRequest(pagerduty, credentials, context)).toMatchObject({
    ok: false,
    code: 'test_unavailable',
    message: expect.stringContaining('pagerduty.resolve'),
  });
});
