import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../engine/json.ts';
import { isSafeToRepeat } from '../build-request.ts';
import { describeContract, exampleCalls, reportOf } from '../contract.testkit.ts';
import { answer, judging, now, operation, webhook } from '../integrations.testkit.ts';
import { essence } from '../vendor.testkit.ts';
import { anthropic } from './anthropic.ts';

const credentials = { api_key: 'sk-ant-s3cret' };
const error = (type: string, message = 'x'): Json => ({ type: 'error', error: { type, message } });
const said = (text: string, stop_reason = 'end_turn'): Json => ({
  id: 'msg_1',
  type: 'message',
  content: [{ type: 'text', text }],
  stop_reason,
});
const limited = error('rate_limit_error', 'This request would exceed your rate limit.');

const contract = describeContract({
  provider: anthropic,
  credentials,
  calls: exampleCalls(anthropic),
  origins: /^https:\/\/api\.anthropic\.com$/,
  accepted: { status: 200, body: said('{"severity":"high"}') },
  refusedWith2xx: { 'an error': { status: 200, body: error('api_error') } },
  unauthorized: { status: 401, body: error('authentication_error', 'invalid API key') },
  limits: {
    'retry-after': { status: 429, body: limited, headers: { 'retry-after': '13' }, waitMs: 13_000 },
    'retry-after-ms': {
      status: 429,
      body: limited,
      headers: { 'retry-after-ms': '1500', 'retry-after': '2' },
      waitMs: 1500,
    },
    'a spent budget of tokens': {
      status: 429,
      body: limited,
      headers: {
        'anthropic-ratelimit-requests-remaining': '40',
        'anthropic-ratelimit-requests-reset': '2025-03-01T12:00:01Z',
        'anthropic-ratelimit-input-tokens-remaining': '0',
        'anthropic-ratelimit-input-tokens-reset': '2025-03-01T12:00:21Z',
      },
      waitMs: 21_000,
    },
    overloaded: {
      status: 529,
      body: error('overloaded_error', 'Overloaded'),
      headers: { 'retry-after': '4' },
      waitMs: 4000,
    },
    'no header': { status: 429, body: limited, waitMs: null },
  },
  repeatable: ['a webhook', 'anthropic.create_message'],
});

const client = () =>
  new Anthropic({ apiKey: credentials.api_key, baseURL: contract.vendor.origin, maxRetries: 0 });
const COMPARED = ['authorization', 'x-api-key', 'anthropic-version', 'accept'];
const schema = {
  type: 'object',
  properties: { severity: { type: 'string' } },
  required: ['severity'],
  additionalProperties: false,
};

describe('anthropic.create_message', () => {
  it('asks one question', async () => {
    const call = operation('anthropic.create_message', { model: 'claude-haiku-4-5', prompt: 'How bad?' });
    expect(await contract.wireOf(call)).toMatchObject({
      method: 'POST',
      path: '/v1/messages',
      query: [],
      headers: { authorization: 'Bearer sk-ant-s3cret', 'anthropic-version': '2026-10-21' },
      body: {
        model: 'claude-haiku-4-5',
        max_tokens: 4096,
        messages: [{ role: 'user', content: 'How bad?' }],
      },
    });
  });

  it('is what @anthropic-ai/sdk sends, schema included', async () => {
    const messages = [
      { role: 'user' as const, content: 'How bad?' },
      { role: 'assistant' as const, content: 'Which?' },
      { role: 'user' as const, content: [{ type: 'text' as const, text: 'Disk full.' }] },
    ];
    const shared = {
      model: 'claude-haiku-4-5',
      system: 'Be brief.',
      max_tokens: 100,
      stop_sequences: ['END'],
    };
    const ours = await contract.wireOf(
      operation('anthropic.create_message', { ...shared, messages, output_schema: schema }),
    );
    const theirs = await contract.vendor.catches(() =>
      client().messages.create({
        ...shared,
        messages,
        output_config: { format: { type: 'json_schema', schema } },
      }),
    );
    expect(essence(ours, COMPARED)).toEqual(essence(theirs, COMPARED));
  });
});

describe('Claude’s answer', () => {
  const judge = (body: Json, operationId: string | null = 'anthropic.create_message') =>
    anthropic.judge(answer(200, body), judging(true, operationId));

  it('stands parsed beside its text where it is JSON', () => {
    expect(judge(said('{"severity":"high"}'))).toEqual({
      outcome: 'succeeded',
      messageId: 'msg_1',
      output: { ...(said('{"severity":"high"}') as object), output: { severity: 'high' } },
    });
    expect(judge(said('Quite bad.'))).toMatchObject({ output: { output: null } });
    expect(judge(said('42'))).toMatchObject({ output: { output: null } });
    const inParts = {
      ...(said('') as object),
      content: [
        { type: 'thinking', thinking: 'hm' },
        { type: 'text', text: '{"a":' },
        { type: 'text', text: '1}' },
      ],
    };
    expect(judge(inParts)).toMatchObject({ output: { output: { a: 1 } } });
  });

  it('is a failure where it was refused or its JSON was cut off', () => {
    expect(judge(said('No.', 'refusal'))).toMatchObject({
      outcome: 'failed',
      retry: false,
      code: 'anthropic_refusal',
    });
    expect(judge(said('{"severity":', 'max_tokens'))).toMatchObject({
      outcome: 'failed',
      retry: false,
      code: 'anthropic_cut_off',
    });
    expect(judge(said('It is quite', 'max_tokens'))).toMatchObject({ outcome: 'succeeded' });
    expect(judge(said('{"a":1}', 'max_tokens'))).toMatchObject({ output: { output: { a: 1 } } });
  });

  it('is left as it is for a webhook', () => {
    expect(judge(said('{"severity":"high"}'), null)).toEqual({ outcome: 'succeeded', messageId: 'msg_1' });
  });

  it('says in its words what is wrong', () => {
    expect(
      anthropic.judge(
        answer(400, error('invalid_request_error', 'max_tokens: must be positive')),
        judging(true),
      ),
    ).toEqual({
      outcome: 'failed',
      retry: false,
      code: 'anthropic_invalid_request_error',
      message: 'Anthropic: max_tokens: must be positive',
    });
    const hopeless = answer(500, error('api_error'), { 'x-should-retry': 'false' });
    expect(anthropic.judge(hopeless, judging(true))).toMatchObject({ retry: false });
  });

  it('rests the connection when a budget was spent by a success', () => {
    const headers = {
      'anthropic-ratelimit-tokens-remaining': '0',
      'anthropic-ratelimit-tokens-reset': '2025-03-01T12:00:30Z',
    };
    expect(anthropic.rateLimit(answer(200, {}, headers), now)).toBe(30_000);
  });
});

it('sends only a message again, of all that a webhook may post', () => {
  expect(isSafeToRepeat(anthropic, webhook({ path: '/v1/messages' }))).toBe(true);
  expect(isSafeToRepeat(anthropic, webhook({ path: '/v1/messages/batches' }))).toBe(false);
});

it('tests the key as @anthropic-ai/sdk lists models', async () => {
  const ours = await contract.testWire();
  const theirs = await contract.vendor.catches(() => client().models.list());
  expect({ ...essence(ours, COMPARED), contentType: null }).toEqual({
    ...essence(theirs, COMPARED),
    contentType: null,
  });
  expect(reportOf(anthropic, { status: 200, body: { data: [{ id: 'a' }, { id: 'b' }] } })).toMatchObject({
    ok: true,
  });
  expect(
    reportOf(anthropic, { status: 401, body: error('authentication_error', 'invalid API key') }),
  ).toEqual({
    ok: false,
    code: 'anthropic_authentication_error',
    message: 'Anthropic: invalid API key',
  });
});
