import Cloudflare from 'cloudflare';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../engine/json.ts';
import { buildRequest, isSafeToRepeat } from '../build-request.ts';
import { describeContract, exampleCalls, reportOf } from '../contract.testkit.ts';
import { answer, context, judging, now, operation, webhook } from '../integrations.testkit.ts';
import { essence } from '../vendor.testkit.ts';
import { cloudflare } from './cloudflare.ts';

const credentials = { api_token: 'cf-s3cret' };
const zone_id = '023e105f4ecef8ad9ca31a8372d0c353';
const path = `/client/v4/zones/${zone_id}/purge_cache`;
const failed = (code: number, message: string): Json => ({
  success: false,
  errors: [{ code, message }],
  result: null,
});

const contract = describeContract({
  provider: cloudflare,
  credentials,
  calls: exampleCalls(cloudflare),
  origins: /^https:\/\/api\.cloudflare\.com$/,
  accepted: { status: 200, body: { success: true, errors: [], messages: [], result: { id: zone_id } } },
  refusedWith2xx: { 'success is false': { status: 200, body: failed(1108, 'Not allowed') } },
  unauthorized: { status: 403, body: failed(10000, 'Authentication error') },
  limits: {
    'Retry-After': {
      status: 429,
      body: failed(971, 'Please wait'),
      headers: { 'retry-after': '11' },
      waitMs: 11_000,
    },
    Ratelimit: { status: 429, headers: { ratelimit: '"default";r=0;t=30' }, waitMs: 30_000 },
    'Ratelimit of several policies': {
      status: 429,
      headers: { ratelimit: '"burst";r=0;t=2, "default";r=0;t=45, "other";r=10;t=300' },
      waitMs: 45_000,
    },
    'Ratelimit with requests left': {
      status: 429,
      headers: { ratelimit: '"default";r=5;t=7' },
      waitMs: 7000,
    },
    neither: { status: 429, waitMs: null },
  },
  repeatable: ['a webhook', 'cloudflare.purge_cache'],
});

const client = () =>
  new Cloudflare({
    apiToken: credentials.api_token,
    baseURL: `${contract.vendor.origin}/client/v4`,
    maxRetries: 0,
  });

describe('cloudflare.purge_cache', () => {
  it.each([
    { purge_everything: true as const },
    { files: ['https://www.example.com/app.css', 'https://www.example.com/app.js'] },
    { tags: ['release-7'] },
    { hosts: ['www.example.com'] },
    { prefixes: ['www.example.com/assets'] },
  ])('of %j is what cloudflare’s own SDK sends', async (what) => {
    const ours = await contract.wireOf(operation('cloudflare.purge_cache', { zone_id, ...what }));
    expect(ours).toMatchObject({
      method: 'POST',
      path,
      headers: { authorization: 'Bearer cf-s3cret' },
      body: what,
    });
    const theirs = await contract.vendor.catches(() => client().cache.purge({ zone_id, ...what }));
    expect(essence(ours)).toEqual(essence(theirs));
  });

  it.each<Json>([
    { zone_id },
    { zone_id, purge_everything: false },
    { zone_id, purge_everything: true, files: ['https://a.example/'] },
    { zone_id, files: [] },
    { zone_id, files: ['/app.css'] },
    { zone_id: '../user/tokens', purge_everything: true },
    { zone_id: `${zone_id}/x`, purge_everything: true },
    { purge_everything: true },
  ])('of %j is refused', (input) => {
    expect(
      buildRequest(cloudflare, operation('cloudflare.purge_cache', input), credentials, context),
    ).toMatchObject({
      ok: false,
      code: 'input_invalid',
    });
  });
});

it('sends only a purge again, of all that a webhook may post', () => {
  expect(isSafeToRepeat(cloudflare, webhook({ path }))).toBe(true);
  expect(isSafeToRepeat(cloudflare, webhook({ path: `/client/v4/zones/${zone_id}/dns_records` }))).toBe(
    false,
  );
});

it('says in Cloudflare’s words what is wrong, and knows a refused token by its code', () => {
  expect(cloudflare.judge(answer(400, failed(1012, 'Request must contain one of …')), judging(true))).toEqual(
    {
      outcome: 'failed',
      retry: false,
      code: 'cloudflare_1012',
      message: 'Cloudflare: Request must contain one of …',
    },
  );
  expect(cloudflare.judge(answer(400, failed(6003, 'Invalid request headers')), judging(true))).toMatchObject(
    {
      flagConnection: true,
    },
  );
});

it('rests the connection when the last request was spent, even when that succeeded', () => {
  expect(cloudflare.rateLimit(answer(200, {}, { ratelimit: '"default";r=0;t=30' }), now)).toBe(30_000);
  expect(cloudflare.rateLimit(answer(200, {}, { ratelimit: '"default";r=50;t=30' }), now)).toBeNull();
});

it('tests the token as cloudflare’s own SDK does', async () => {
  const ours = await contract.testWire();
  const theirs = await contract.vendor.catches(() => client().user.tokens.verify());
  expect({ ...essence(ours), contentType: null }).toEqual({ ...essence(theirs), contentType: null });
  const report = (status: string) =>
    reportOf(cloudflare, { status: 200, body: { success: true, result: { status } } });
  expect(report('active')).toMatchObject({ ok: true });
  expect(report('expired')).toMatchObject({ ok: false, code: 'token_expired' });
  expect(reportOf(cloudflare, { status: 401, body: failed(1000, 'Invalid API Token') })).toEqual({
    ok: false,
    code: 'cloudflare_1000',
    message: 'Cloudflare: Invalid API Token',
  });
});
