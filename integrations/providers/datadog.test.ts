import { client, v1, v2 } from '@datadog/datadog-api-client';
import { describe, expect, it } from 'vitest';
import { buildRequest } from '../build-request.ts';
import { allowedOrigins, validateCredentials } from '../catalogue.ts';
import { describeContract, exampleCalls, reportOf } from '../contract.testkit.ts';
import { answer, context, judging, now, operation } from '../integrations.testkit.ts';
import { essence } from '../vendor.testkit.ts';
import { datadog } from './datadog.ts';

const credentials = { api_key: 'dd-s3cret', site: 'datadoghq.eu' };
const nowSeconds = now.getTime() / 1000;

const contract = describeContract({
  provider: datadog,
  credentials,
  calls: exampleCalls(datadog),
  origins:
    /^https:\/\/api\.(?:(?:us3|us5|ap1|ap2)\.)?(?:datadoghq\.com|datadoghq\.eu|ddog-gov\.com|us2\.ddog-gov\.com)$/,
  accepted: { status: 202, body: { errors: [] } },
  refusedWith2xx: { errors: { status: 202, body: { errors: ['Payload is not valid'] } } },
  unauthorized: { status: 403, body: { errors: ['Forbidden'] } },
  limits: {
    'X-RateLimit-Reset': {
      status: 429,
      body: { errors: ['Too many requests'] },
      headers: {
        'x-ratelimit-limit': '10',
        'x-ratelimit-period': '60',
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': '6',
      },
      waitMs: 6000,
    },
    'Retry-After': { status: 429, headers: { 'retry-after': '3' }, waitMs: 3000 },
    neither: { status: 429, waitMs: null },
  },
  repeatable: [],
});

const configuration = () =>
  client.createConfiguration({
    baseServer: new client.BaseServerConfiguration(contract.vendor.origin, {}),
    authMethods: { apiKeyAuth: credentials.api_key },
  });

describe('datadog.submit_metric', () => {
  const call = operation('datadog.submit_metric', {
    metric: 'backup.duration',
    value: 42.5,
    type: 'count',
    timestamp: nowSeconds - 30,
    interval: 60,
    unit: 'second',
    tags: ['env:prod', 'job:7'],
    host: 'db-1',
  });
  const series = {
    metric: 'backup.duration',
    type: 1,
    points: [{ timestamp: nowSeconds - 30, value: 42.5 }],
    interval: 60,
    unit: 'second',
    tags: ['env:prod', 'job:7'],
    resources: [{ type: 'host', name: 'db-1' }],
  } as const;

  it('is one point of one series', async () => {
    expect(await contract.wireOf(call)).toMatchObject({
      method: 'POST',
      path: '/api/v2/series',
      query: [],
      headers: { 'dd-api-key': 'dd-s3cret', 'content-type': 'application/json' },
      body: { series: [series] },
    });
  });

  it('is what @datadog/datadog-api-client sends', async () => {
    const ours = await contract.wireOf(call);
    const body = {
      series: [
        { ...series, tags: [...series.tags], points: [...series.points], resources: [...series.resources] },
      ],
    };
    const theirs = await contract.vendor.catches(() =>
      new v2.MetricsApi(configuration()).submitMetrics({ body }),
    );
    expect(essence(ours, ['dd-api-key'])).toEqual(essence(theirs, ['dd-api-key']));
  });

  it('is of now where it does not say, and never of a time that Datadog drops', async () => {
    const wire = await contract.wireOf(operation('datadog.submit_metric', { metric: 'a', value: 1 }));
    expect(wire.body).toEqual({
      series: [{ metric: 'a', type: 3, points: [{ timestamp: nowSeconds, value: 1 }] }],
    });
    const built = (timestamp: number) =>
      buildRequest(
        datadog,
        operation('datadog.submit_metric', { metric: 'a', value: 1, timestamp }),
        credentials,
        context,
      ).ok;
    expect([nowSeconds - 3600, nowSeconds + 600].map(built)).toEqual([true, true]);
    expect([nowSeconds - 3601, nowSeconds + 601, 0, nowSeconds * 1000].map(built)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});

it('goes to a site of Datadog and nowhere else', () => {
  expect(allowedOrigins('datadog', { api_key: 'x' })).toEqual(['https://api.datadoghq.com']);
  expect(allowedOrigins('datadog', { api_key: 'x', site: 'us2.ddog-gov.com' })).toEqual([
    'https://api.us2.ddog-gov.com',
  ]);
  for (const site of [
    '',
    'evil.example',
    'datadoghq.com.evil.example',
    'datadoghq.com/',
    'DATADOGHQ.COM',
    'x@datadoghq.com',
  ]) {
    expect(validateCredentials('datadog', { api_key: 'x', site })).toMatchObject([
      { pointer: '/credentials/site' },
    ]);
  }
});

it('reads errors in both their forms', () => {
  expect(
    datadog.judge(answer(400, { errors: ['a', { title: 'b', detail: 'c' }] }), judging(false)),
  ).toMatchObject({
    message: 'Datadog: a; c',
    retry: false,
  });
  expect(datadog.judge(answer(202, { errors: [] }), judging(false))).toEqual({ outcome: 'succeeded' });
});

it('tests the key as @datadog/datadog-api-client does', async () => {
  const ours = await contract.testWire();
  const theirs = await contract.vendor.catches(() => new v1.AuthenticationApi(configuration()).validate());
  expect({ ...essence(ours, ['dd-api-key']), contentType: null }).toEqual({
    ...essence(theirs, ['dd-api-key']),
    contentType: null,
  });
  expect(reportOf(datadog, { status: 200, body: { valid: true } })).toMatchObject({ ok: true });
  expect(reportOf(datadog, { status: 200, body: { valid: false } })).toMatchObject({
    ok: false,
    code: 'key_invalid',
  });
  expect(reportOf(datadog, { status: 403, body: { errors: ['Forbidden'] } })).toMatchObject({ ok: false });
});
