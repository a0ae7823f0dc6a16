import { createCloudClient } from 'jira.js';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../engine/json.ts';
import { buildRequest } from '../build-request.ts';
import { allowedOrigins, validateCredentials } from '../catalogue.ts';
import { describeContract, exampleCalls, reportOf } from '../contract.testkit.ts';
import { answer, context, judging, operation, requestOf } from '../integrations.testkit.ts';
import { essence } from '../vendor.testkit.ts';
import { jira } from './jira.ts';

const credentials = { site: 'acme', email: 'ops@example.com', api_token: 'ATATT-s3cret' };
const authorization = `Basic ${Buffer.from('ops@example.com:ATATT-s3cret').toString('base64')}`;

const contract = describeContract({
  provider: jira,
  credentials,
  calls: exampleCalls(jira),
  // Every Jira is a name below this one; which of them is the customer's own choice.
  origins: /^https:\/\/[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.atlassian\.net$/,
  accepted: {
    status: 201,
    body: { id: '10000', key: 'OPS-7', self: 'https://acme.atlassian.net/rest/api/3/issue/10000' },
  },
  unauthorized: { status: 401, body: 'Client must be authenticated to access this resource.' },
  limits: {
    'Retry-After': { status: 429, headers: { 'retry-after': '12' }, waitMs: 12_000 },
    'X-RateLimit-Reset to the minute': {
      status: 429,
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '2025-03-01T12:01Z' },
      waitMs: 60_000,
    },
    'X-RateLimit-Reset to the second': {
      status: 429,
      headers: { 'x-ratelimit-reset': '2025-03-01T12:00:07Z' },
      waitMs: 7000,
    },
    neither: { status: 429, waitMs: null },
  },
  repeatable: [],
});

const call = operation('jira.create_issue', {
  project: 'OPS',
  issue_type: 'Bug',
  summary: 'Backup failed',
  description: 'First line\nsecond line\n\nSecond paragraph',
  labels: ['backup'],
  priority: 'High',
  parent: 'OPS-1',
  fields: { customfield_10010: 3 },
});

const fields = {
  project: { key: 'OPS' },
  issuetype: { name: 'Bug' },
  summary: 'Backup failed',
  description: {
    type: 'doc',
    version: 1,
    content: [
      {
        type: 'paragraph',
        content: [
          { type: 'text', text: 'First line' },
          { type: 'hardBreak' },
          { type: 'text', text: 'second line' },
        ],
      },
      { type: 'paragraph', content: [{ type: 'text', text: 'Second paragraph' }] },
    ],
  },
  labels: ['backup'],
  priority: { name: 'High' },
  parent: { key: 'OPS-1' },
  customfield_10010: 3,
};

const client = () =>
  createCloudClient({
    host: contract.vendor.origin,
    auth: { type: 'basic', email: credentials.email, apiToken: credentials.api_token },
  });

describe('jira.create_issue', () => {
  it('is a POST of fields, with the description as an Atlassian document', async () => {
    expect(await contract.wireOf(call)).toMatchObject({
      method: 'POST',
      path: '/rest/api/3/issue',
      query: [],
      headers: { authorization, 'content-type': 'application/json' },
      body: { fields },
    });
  });

  it('is what jira.js sends', async () => {
    const ours = await contract.wireOf(call);
    const theirs = await contract.vendor.catches(() => client().issues.createIssue({ fields } as never));
    expect(essence(ours)).toEqual(essence(theirs));
  });

  it('takes a document as it stands, a project by number, and no text node without text', () => {
    const fieldsOf = (input: Json) =>
      JSON.parse(String(requestOf(jira, operation('jira.create_issue', input), credentials).body)).fields;
    const document = { type: 'doc', version: 1, content: [{ type: 'rule' }] };
    expect(fieldsOf({ project: '10001', summary: 's', description: document })).toEqual({
      project: { id: '10001' },
      issuetype: { name: 'Task' },
      summary: 's',
      description: document,
    });
    for (const description of ['', '\n', '\n\n\n', 'a\n\n\n\nb', '\na\n']) {
      const made = JSON.stringify(fieldsOf({ project: 'OPS', summary: 's', description }).description);
      expect(made).toContain('"type":"doc"');
      expect(made).not.toContain('"text":""');
    }
  });

  it('cannot be given another project by its further fields', () => {
    const input = { project: 'OPS', summary: 's', fields: { project: { key: 'SECRET' }, summary: 'other' } };
    expect(String(requestOf(jira, operation('jira.create_issue', input), credentials).body)).not.toMatch(
      /SECRET|other/,
    );
  });
});

it('knows a site from a host', () => {
  expect(allowedOrigins('jira', { ...credentials, site: 'Acme-2' })).toEqual([
    'https://acme-2.atlassian.net',
  ]);
  for (const site of [
    '',
    'acme.atlassian.net',
    'evil.example#',
    'a/b',
    'a.b',
    '-a',
    'a-',
    'a@b',
    'a:1',
    'ácme',
    'acme\n',
  ]) {
    expect(validateCredentials('jira', { ...credentials, site })).toMatchObject([
      { pointer: '/credentials/site' },
    ]);
    expect(buildRequest(jira, call, { ...credentials, site }, context)).toMatchObject({
      code: 'credentials_invalid',
    });
  }
});

it('says in Jira’s words what is wrong', () => {
  const body = { errorMessages: ['Specify a project.'], errors: { summary: 'You must specify a summary.' } };
  expect(jira.judge(answer(400, body), judging(false))).toMatchObject({
    message: 'Jira: Specify a project.; summary: You must specify a summary.',
    retry: false,
  });
  expect(jira.judge(answer(201, { key: 'OPS-7' }), judging(false))).toEqual({
    outcome: 'succeeded',
    messageId: 'OPS-7',
  });
});

it('tests the token as jira.js does', async () => {
  const ours = await contract.testWire();
  const theirs = await contract.vendor.catches(() => client().myself.getCurrentUser());
  expect({ ...essence(ours), contentType: null }).toEqual({ ...essence(theirs), contentType: null });
  expect(reportOf(jira, { status: 200, body: { displayName: 'Ada' } })).toEqual({
    ok: true,
    code: 'ok',
    message: 'The token is that of Ada.',
  });
  expect(reportOf(jira, { status: 401 })).toMatchObject({ ok: false, code: 'http_401' });
});
