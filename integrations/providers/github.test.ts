import { Octokit } from '@octokit/rest';
import { describe, expect, it } from 'vitest';
import { buildRequest } from '../build-request.ts';
import { describeContract, exampleCalls, reportOf } from '../contract.testkit.ts';
import { answer, context, judging, now, operation, webhook } from '../integrations.testkit.ts';
import { essence } from '../vendor.testkit.ts';
import { github } from './github.ts';

const epochSeconds = now.getTime() / 1000;
const credentials = { token: 'github_pat_s3cret' };
const limit = { message: 'API rate limit exceeded for user ID 1.' };
const secondary = { message: 'You have exceeded a secondary rate limit. Please wait a few minutes.' };

const contract = describeContract({
  provider: github,
  credentials,
  calls: exampleCalls(github),
  origins: /^https:\/\/api\.github\.com$/,
  accepted: { status: 201, body: { number: 7, html_url: 'https://github.com/octo-org/api/issues/7' } },
  unauthorized: { status: 401, body: { message: 'Bad credentials' } },
  limits: {
    '429 with Retry-After': {
      status: 429,
      body: secondary,
      headers: { 'retry-after': '17' },
      waitMs: 17_000,
    },
    '403 with Retry-After': {
      status: 403,
      body: secondary,
      headers: { 'retry-after': '17' },
      waitMs: 17_000,
    },
    '403 with a spent budget': {
      status: 403,
      body: limit,
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(epochSeconds + 40) },
      waitMs: 40_000,
    },
    '429 with a spent budget': {
      status: 429,
      body: limit,
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(epochSeconds + 40) },
      waitMs: 40_000,
    },
    'a secondary limit in words only': {
      status: 403,
      body: secondary,
      headers: { 'x-ratelimit-remaining': '4000', 'x-ratelimit-reset': String(epochSeconds + 3000) },
      waitMs: 60_000,
    },
  },
  repeatable: [],
});

const issue = {
  title: 'Backup failed',
  body: 'See job 7.',
  labels: ['bug'],
  assignees: ['octocat'],
  milestone: 3,
};
const call = operation('github.create_issue', { owner: 'octo-org', repo: 'api.js', ...issue });
const marked = { ...issue, body: `See job 7.\n\n<!-- pawl:${context.idempotencyKey} -->` };

describe('github.create_issue', () => {
  it('is a POST to the repository’s issues, marked with the run’s id', async () => {
    expect(await contract.wireOf(call)).toMatchObject({
      method: 'POST',
      path: '/repos/octo-org/api.js/issues',
      query: [],
      headers: {
        authorization: 'Bearer github_pat_s3cret',
        accept: 'application/vnd.github+json',
        'x-github-api-version': '2022-11-28',
        'content-type': 'application/json',
      },
      body: marked,
    });
    const bare = operation('github.create_issue', { owner: 'o', repo: 'r', title: 't' });
    expect((await contract.wireOf(bare)).body).toEqual({
      title: 't',
      body: `<!-- pawl:${context.idempotencyKey} -->`,
    });
  });

  it('is what @octokit/rest sends, with the present spelling of accept and authorization', async () => {
    const ours = await contract.wireOf(call);
    const octokit = new Octokit({ auth: credentials.token, baseUrl: contract.vendor.origin });
    const theirs = await contract.vendor.catches(() =>
      octokit.rest.issues.create({ owner: 'octo-org', repo: 'api.js', ...marked }),
    );
    expect(theirs.headers.authorization).toBe('token github_pat_s3cret');
    expect(essence(ours)).toEqual({
      ...essence(theirs),
      headers: { authorization: 'Bearer github_pat_s3cret' },
    });
  });

  it('cannot leave the repository', () => {
    for (const [owner, repo] of [
      ['octo-org', '..'],
      ['octo-org', '.'],
      ['octo-org', 'a/b'],
      ['a/b', 'r'],
      ['..', 'r'],
      ['octo-org', 'a%2f..'],
      ['octo-org', 'a?b'],
    ]) {
      const built = buildRequest(
        github,
        operation('github.create_issue', { owner: owner ?? '', repo: repo ?? '', title: 't' }),
        credentials,
        context,
      );
      expect(built).toMatchObject({ ok: false, code: 'input_invalid' });
    }
  });
});

it('asks a server of one’s own, by its whole address, and nobody else', async () => {
  const own = { ...credentials, base_url: 'https://github.example.com/api/v3/' };
  const built = [call, webhook({ path: '/zen' })].map((each) => buildRequest(github, each, own, context));
  expect(built.map((each) => (each.ok ? each.request.url : each.code))).toEqual([
    'https://github.example.com/api/v3/repos/octo-org/api.js/issues',
    'https://github.example.com/api/v3/zen',
  ]);
  expect((await contract.testWire(own)).path).toBe('/api/v3/user');
  expect(github.parseCredentials(credentials)).toMatchObject({
    ok: true,
    credentials: { base_url: 'https://api.github.com' },
  });
});

describe('GitHub’s answer', () => {
  it('gives the issue’s address', () => {
    expect(
      github.judge(answer(201, { html_url: 'https://github.com/o/r/issues/7' }), judging(false)),
    ).toEqual({
      outcome: 'succeeded',
      messageId: 'https://github.com/o/r/issues/7',
    });
  });

  it('says what is wrong with an input', () => {
    const body = {
      message: 'Validation Failed',
      errors: [
        { resource: 'Issue', field: 'title', code: 'missing_field' },
        { message: 'milestone is unknown' },
      ],
    };
    expect(github.judge(answer(422, body), judging(true))).toEqual({
      outcome: 'failed',
      retry: false,
      code: 'http_422',
      message: 'GitHub: Validation Failed (title: missing_field; milestone is unknown)',
    });
  });

  it('flags a token that lacks the permission', () => {
    const body = { message: 'Resource not accessible by personal access token' };
    const headers = { 'x-ratelimit-remaining': '4999', 'x-ratelimit-reset': String(epochSeconds + 3000) };
    expect(github.judge(answer(403, body, headers), judging(false))).toMatchObject({
      retry: false,
      flagConnection: true,
    });
    expect(github.rateLimit(answer(403, body, headers), now)).toBeNull();
  });

  it('rests the connection after the last request of the hour, even when that succeeded', () => {
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(epochSeconds + 40) };
    expect(github.rateLimit(answer(201, {}, headers), now)).toBe(40_000);
  });
});

it('tests the token as @octokit/rest would', async () => {
  const ours = await contract.testWire();
  const octokit = new Octokit({ auth: credentials.token, baseUrl: contract.vendor.origin });
  const theirs = await contract.vendor.catches(() => octokit.rest.users.getAuthenticated());
  expect(essence(ours, [])).toEqual({ ...essence(theirs, []), contentType: 'application/json' });
  expect(reportOf(github, { status: 200, body: { login: 'octocat' } })).toEqual({
    ok: true,
    code: 'ok',
    message: 'The token is that of octocat.',
  });
  expect(reportOf(github, { status: 401, body: { message: 'Bad credentials' } })).toEqual({
    ok: false,
    code: 'http_401',
    message: 'GitHub: Bad credentials',
  });
});

it('lets a webhook choose another media type, but no other version', () => {
  const with_ = (headers: Record<string, string>) =>
    buildRequest(github, webhook({ path: '/zen', headers }), credentials, context);
  expect(with_({ Accept: 'application/vnd.github.raw+json' })).toMatchObject({ ok: true });
  expect(with_({ 'X-GitHub-Api-Version': '2020-01-01' })).toMatchObject({ code: 'header_not_allowed' });
});
