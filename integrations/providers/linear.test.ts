import { LinearClient } from '@linear/sdk';
import { describe, expect, it } from 'vitest';
import { isSafeToRepeat } from '../build-request.ts';
import { describeContract, exampleCalls, reportOf } from '../contract.testkit.ts';
import { answer, context, judging, now, operation, webhook } from '../integrations.testkit.ts';
import { essence, type Wire } from '../vendor.testkit.ts';
import { linear } from './linear.ts';

const credentials = { api_key: 'lin_api_s3cret' };
const limited = { errors: [{ message: 'Rate limit exceeded', extensions: { code: 'RATELIMITED' } }] };
const resetMs = (seconds: number) => String(now.getTime() + seconds * 1000);

const contract = describeContract({
  provider: linear,
  credentials,
  calls: exampleCalls(linear),
  origins: /^https:\/\/api\.linear\.app$/,
  accepted: {
    status: 200,
    body: {
      data: {
        issueCreate: { success: true, issue: { id: 'u', identifier: 'OPS-7', url: 'https://linear.app/7' } },
      },
    },
  },
  refusedWith2xx: {
    errors: { status: 200, body: { errors: [{ message: 'Argument Validation Error' }], data: null } },
    'errors beside data': {
      status: 200,
      body: { data: { issueCreate: null }, errors: [{ message: 'Entity not found' }] },
    },
    'success is false': { status: 200, body: { data: { issueCreate: { success: false } } } },
  },
  unauthorized: {
    status: 401,
    body: { errors: [{ message: 'Authentication required', extensions: { code: 'AUTHENTICATION_ERROR' } }] },
  },
  limits: {
    '400 with a spent budget of requests': {
      status: 400,
      body: limited,
      headers: { 'x-ratelimit-requests-remaining': '0', 'x-ratelimit-requests-reset': resetMs(20) },
      waitMs: 20_000,
    },
    '400 with a spent budget of complexity': {
      status: 400,
      body: limited,
      headers: {
        'x-ratelimit-requests-remaining': '900',
        'x-ratelimit-requests-reset': resetMs(500),
        'x-ratelimit-complexity-remaining': '0',
        'x-ratelimit-complexity-reset': resetMs(35),
      },
      waitMs: 35_000,
    },
    'the older name': {
      status: 400,
      body: { errors: [{ message: 'x', extensions: { type: 'ratelimited' } }] },
      headers: { 'retry-after': '4' },
      waitMs: 4000,
    },
    '429 with Retry-After': { status: 429, headers: { 'retry-after': '5' }, waitMs: 5000 },
    'no header': { status: 400, body: limited, waitMs: null },
  },
  repeatable: ['a webhook', 'linear.create_issue'],
});

const call = operation('linear.create_issue', {
  team_id: 'team-1',
  title: 'Backup failed',
  description: 'See job 7.',
  priority: 2,
  label_ids: ['label-1'],
});

const issueOf = ({ body }: Wire) => (body as { variables: { input: { id: string } } }).variables.input;

describe('linear.create_issue', () => {
  it('is a mutation whose issue has an id of our making', async () => {
    const wire = await contract.wireOf(call);
    expect(wire).toMatchObject({
      method: 'POST',
      path: '/graphql',
      headers: { authorization: 'lin_api_s3cret', 'content-type': 'application/json' },
      body: {
        query:
          'mutation CreateIssue($input: IssueCreateInput!) { issueCreate(input: $input) { success issue { id identifier url } } }',
        variables: {
          input: {
            teamId: 'team-1',
            title: 'Backup failed',
            description: 'See job 7.',
            priority: 2,
            labelIds: ['label-1'],
          },
        },
      },
    });
    expect(issueOf(wire).id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('has the same id on every attempt, and another for another run', async () => {
    const first = issueOf(await contract.wireOf(call)).id;
    expect(issueOf(await contract.wireOf(call)).id).toBe(first);
    const operation_ = linear.operations.create_issue;
    const again = operation_?.build({ team_id: 't', title: 'x' }, credentials as never, {
      ...context,
      idempotencyKey: 'another',
    });
    expect(JSON.stringify(again)).not.toContain(first);
  });

  it('is what @linear/sdk sends, with a shorter list of what is asked back', async () => {
    const ours = await contract.wireOf(call);
    const client = new LinearClient({
      apiKey: credentials.api_key,
      apiUrl: `${contract.vendor.origin}/graphql`,
    });
    const theirs = await contract.vendor.catches(() => client.createIssue(issueOf(ours) as never));
    const { query } = theirs.body as { query: string };
    expect(query).toMatch(/mutation \w+\(\$input: IssueCreateInput!\) \{\s+issueCreate\(input: \$input\)/);
    expect({ ...essence(ours), body: { ...(ours.body as object), query } }).toEqual(essence(theirs));
  });
});

describe('a webhook to Linear', () => {
  it.each([
    [{ query: '{ viewer { id } }' }, true],
    [{ query: 'query { viewer { id } }' }, true],
    [{ query: 'mutation { issueCreate(input: {}) { success } }' }, false],
    [{ query: 'mutation($input: X!) { y }', variables: { input: { title: 'x' } } }, false],
    [{ query: 'mutation($input: X!) { y }', variables: { input: { id: 'u', title: 'x' } } }, true],
    [{ query: 'fragment F on X { y } mutation { y { ...F } }' }, false],
    [{}, false],
    ['{"query": "{ viewer { id } }"}', false],
    [undefined, false],
  ])('of %j is safe to repeat: %j', (body, expected) => {
    expect(isSafeToRepeat(linear, webhook({ path: '/graphql', body }))).toBe(expected);
  });
});

describe('Linear’s answer', () => {
  it('is read by its errors, not its status', () => {
    const errors = [
      {
        message: 'x',
        extensions: { type: 'invalid input', userPresentableMessage: 'The team does not exist.' },
      },
    ];
    expect(linear.judge(answer(200, { errors }), judging(true))).toEqual({
      outcome: 'failed',
      retry: false,
      code: 'linear_invalid_input',
      message: 'Linear: The team does not exist.',
    });
    const forbidden = { errors: [{ message: 'no', extensions: { code: 'FORBIDDEN' } }] };
    expect(linear.judge(answer(200, forbidden), judging(true))).toMatchObject({
      flagConnection: true,
      retry: false,
    });
    const internal = { errors: [{ message: 'oops', extensions: { code: 'INTERNAL_SERVER_ERROR' } }] };
    expect(linear.judge(answer(200, internal), judging(true))).toMatchObject({ retry: true });
    expect(linear.judge(answer(200, internal), judging(false))).toMatchObject({ retry: false });
  });

  it('rests the connection when the last request of the hour was spent', () => {
    const headers = { 'x-ratelimit-requests-remaining': '0', 'x-ratelimit-requests-reset': resetMs(60) };
    expect(linear.rateLimit(answer(200, {}, headers), now)).toBe(60_000);
  });
});

it('tests the key by asking who it is', async () => {
  expect(await contract.testWire()).toMatchObject({
    path: '/graphql',
    headers: { authorization: 'lin_api_s3cret' },
    body: { query: '{ viewer { id name } }' },
  });
  expect(reportOf(linear, { status: 200, body: { data: { viewer: { id: 'u', name: 'Ada' } } } })).toEqual({
    ok: true,
    code: 'ok',
    message: 'The key is that of Ada.',
  });
  expect(
    reportOf(linear, { status: 200, body: { errors: [{ message: 'Authentication required' }] } }),
  ).toMatchObject({
    ok: false,
  });
});
