import { Gitlab } from '@gitbeaker/rest';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../engine/json.ts';
import { buildRequest } from '../build-request.ts';
import { allowedOrigins } from '../catalogue.ts';
import { describeContract, exampleCalls, reportOf } from '../contract.testkit.ts';
import { answer, context, judging, now, operation, requestOf } from '../integrations.testkit.ts';
import { essence } from '../vendor.testkit.ts';
import { gitlab } from './gitlab.ts';

const credentials = { token: 'glpat-s3cret', base_url: 'https://gitlab.example.com' };
const reset = String(now.getTime() / 1000 + 25);

const contract = describeContract({
  provider: gitlab,
  credentials,
  calls: exampleCalls(gitlab),
  origins: /^https:\/\/gitlab\.example\.com$/,
  accepted: { status: 201, body: { iid: 7, web_url: 'https://gitlab.example.com/acme/api/-/issues/7' } },
  unauthorized: { status: 401, body: { message: '401 Unauthorized' } },
  limits: {
    'Retry-After': { status: 429, body: 'Retry later\n', headers: { 'retry-after': '9' }, waitMs: 9000 },
    'RateLimit-Reset': {
      status: 429,
      body: 'Retry later\n',
      headers: { 'ratelimit-remaining': '0', 'ratelimit-reset': reset },
      waitMs: 25_000,
    },
    both: {
      status: 429,
      headers: { 'retry-after': '9', 'ratelimit-remaining': '0', 'ratelimit-reset': reset },
      waitMs: 9000,
    },
    neither: { status: 429, waitMs: null },
  },
  repeatable: [],
});

const call = operation('gitlab.create_issue', {
  project: 'acme/api',
  title: 'Backup failed',
  description: 'See job 7.',
  labels: ['ops', 'backup'],
  assignee_ids: [1, 2],
});

describe('gitlab.create_issue', () => {
  it('is a POST to the project’s issues, with the project’s path encoded', async () => {
    expect(await contract.wireOf(call)).toMatchObject({
      method: 'POST',
      path: '/api/v4/projects/acme%2Fapi/issues',
      query: [],
      headers: { 'private-token': 'glpat-s3cret', 'content-type': 'application/json' },
      body: { title: 'Backup failed', description: 'See job 7.', labels: 'ops,backup', assignee_ids: [1, 2] },
    });
  });

  it('is what @gitbeaker/rest sends', async () => {
    const ours = await contract.wireOf(call);
    const client = new Gitlab({ host: contract.vendor.origin, token: credentials.token });
    const theirs = await contract.vendor.catches(() =>
      client.Issues.create('acme/api', 'Backup failed', {
        description: 'See job 7.',
        labels: 'ops,backup',
        assigneeIds: [1, 2],
      }),
    );
    expect(essence(ours, ['private-token'])).toEqual(essence(theirs, ['private-token']));
  });

  it('takes a project by number, and no path that climbs', () => {
    const built = (project: Json) =>
      buildRequest(gitlab, operation('gitlab.create_issue', { project, title: 't' }), credentials, context);
    for (const project of [7, '7']) {
      expect(built(project)).toMatchObject({
        ok: true,
        request: { url: 'https://gitlab.example.com/api/v4/projects/7/issues' },
      });
    }
    for (const project of [
      '',
      'api',
      '/api',
      'a//b',
      'a/b?c',
      'a/b#c',
      'a/b%2e',
      'a/..',
      '../a',
      'a/./b',
      0,
      -1,
      1.5,
    ]) {
      expect(built(project)).toMatchObject({ ok: false, code: 'input_invalid' });
    }
  });
});

it('goes to gitlab.com unless another server is named, which may live under a path', () => {
  expect(allowedOrigins('gitlab', { token: 'x' })).toEqual(['https://gitlab.com']);
  const own = { token: 'x', base_url: 'https://git.example.com/gitlab/' };
  expect(requestOf(gitlab, call, own).url).toBe(
    'https://git.example.com/gitlab/api/v4/projects/acme%2Fapi/issues',
  );
});

it('says in GitLab’s words what is wrong', () => {
  const verdict = (status: number, body: Json) => gitlab.judge(answer(status, body), judging(false));
  expect(verdict(400, { message: { title: ["can't be blank", 'is too long'] } })).toMatchObject({
    message: "GitLab: title can't be blank, is too long",
    retry: false,
  });
  expect(verdict(400, { error: 'title is missing' })).toMatchObject({ message: 'GitLab: title is missing' });
  expect(
    verdict(403, {
      error: 'insufficient_scope',
      error_description: 'The request requires higher privileges.',
    }),
  ).toMatchObject({ message: 'GitLab: The request requires higher privileges.', flagConnection: true });
  expect(gitlab.judge(answer(201, { web_url: 'https://x/7' }), judging(false))).toMatchObject({
    messageId: 'https://x/7',
  });
});

it('tests the token as @gitbeaker/rest does', async () => {
  const ours = await contract.testWire();
  const client = new Gitlab({ host: contract.vendor.origin, token: credentials.token });
  const theirs = await contract.vendor.catches(() => client.PersonalAccessTokens.show());
  expect(ours.path).toBe('/api/v4/personal_access_tokens/self');
  expect({ ...essence(ours, ['private-token']), contentType: null }).toEqual({
    ...essence(theirs, ['private-token']),
    contentType: null,
  });
  expect(reportOf(gitlab, { status: 200, body: { name: 'pawl', scopes: ['api'] } })).toMatchObject({
    ok: true,
  });
  expect(reportOf(gitlab, { status: 200, body: { name: 'pawl', scopes: ['read_api'] } })).toMatchObject({
    ok: false,
    code: 'scope_missing',
  });
  expect(reportOf(gitlab, { status: 401, body: { message: '401 Unauthorized' } })).toMatchObject({
    ok: false,
  });
});
