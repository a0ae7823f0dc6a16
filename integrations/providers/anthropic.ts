// Anthropic's Messages API: an answer in words, or as JSON of a given schema.
import { z } from 'zod';
import type { Json, JsonObject } from '../../engine/json.ts';
import { isJsonObject } from '../../engine/json.ts';
import { at, readBody, textAt } from '../answer.ts';
import { headerText } from '../credential-text.ts';
import { defineOperation, defineProvider } from '../define-provider.ts';
import { failureByStatus } from '../judge-status.ts';
import type { Answer, JudgeContext, Verdict } from '../provider.ts';
import { get, JSON_TYPE, jsonPost, webhookRequest } from '../request-parts.ts';
import { budgetRest, parseResetDate, parseRetryAfter } from '../retry-after.ts';
import { TEST_JUDGING, testReport } from '../test-report.ts';

const API = 'https://api.anthropic.com';
const MESSAGES = '/v1/messages';
// The version the official SDK sends since its 1.0, and with it the key as a bearer token (before: `x-api-key`).
const API_VERSION = '2026-10-21';
const CREATE_MESSAGE = 'anthropic.create_message';

const credentials = z.strictObject({ api_key: headerText });

type AnthropicCredentials = z.output<typeof credentials>;

const ownHeaders = ({ api_key }: AnthropicCredentials): Record<string, string> => ({
  authorization: `Bearer ${api_key}`,
  'anthropic-version': API_VERSION,
  accept: JSON_TYPE,
  'content-type': JSON_TYPE,
});

const createMessage = defineOperation({
  title: 'Ask Claude',
  help: 'One question, one answer. With an `output_schema` the answer is JSON of that shape and stands parsed in `response.body.output`. Sending it again costs tokens and does nothing else.',
  idempotent: true,
  example: {
    model: 'claude-haiku-4-5',
    prompt: 'How severe is this error? Disk full on db-1.',
    output_schema: {
      type: 'object',
      properties: { severity: { type: 'string', enum: ['low', 'medium', 'high'] } },
      required: ['severity'],
      additionalProperties: false,
    },
  },
  input: z
    .strictObject({
      model: z.string().min(1).max(200).describe('The model’s id.'),
      prompt: z.string().min(1).optional().describe('The question: one message of the user.'),
      messages: z
        .array(
          z.strictObject({
            role: z.enum(['user', 'assistant']),
            content: z.union(
              [z.string().min(1), z.array(z.record(z.string(), z.json())).min(1)],
              'must be a text or a list of content blocks',
            ),
          }),
        )
        .min(1)
        .optional()
        .describe('A whole conversation, instead of a prompt.'),
      system: z.string().min(1).optional().describe('Instructions for every turn.'),
      max_tokens: z.int().positive().default(4096).describe('How long the answer may be at most, in tokens.'),
      output_schema: z
        .record(z.string(), z.json())
        .optional()
        .describe('A JSON Schema that the answer has to fit; objects need `additionalProperties: false`.'),
      stop_sequences: z
        .array(z.string().min(1))
        .max(4)
        .optional()
        .describe('Texts at which the answer ends.'),
    })
    .refine((input) => (input.prompt === undefined) !== (input.messages === undefined), {
      message: 'needs exactly one of `prompt` and `messages`',
    }),
  request({ prompt, messages, output_schema, ...more }, given: AnthropicCredentials) {
    const schema = output_schema && {
      output_config: { format: { type: 'json_schema', schema: output_schema } },
    };
    const conversation = messages ?? [{ role: 'user', content: prompt }];
    return jsonPost(API + MESSAGES, ownHeaders(given), { ...more, messages: conversation, ...schema });
  },
});

function judge(answer: Answer, context: JudgeContext): Verdict {
  const body = readBody(answer);
  if (answer.status < 200 || answer.status >= 300 || textAt(body, 'type') === 'error') {
    return failure(answer, context, body);
  }
  const id = textAt(body, 'id');
  const messageId = id === undefined ? {} : { messageId: id };
  if (context.operation !== CREATE_MESSAGE || !isJsonObject(body))
    return { outcome: 'succeeded', ...messageId };
  return judgeMessage(body, messageId);
}

/** An answer that cannot be used is a failure: whoever asked would otherwise act on half of it. */
function judgeMessage(body: JsonObject, messageId: { messageId?: string }): Verdict {
  const stopped = textAt(body, 'stop_reason');
  if (stopped === 'refusal') {
    const message = 'Anthropic: the model refused to answer';
    return { outcome: 'failed', retry: false, code: 'anthropic_refusal', message };
  }
  const text = textOf(body);
  const output = parsed(text);
  const cutOff = stopped === 'max_tokens' || stopped === 'model_context_window_exceeded';
  if (output === undefined && cutOff && /^\s*[[{]/.test(text)) {
    const message = 'Anthropic: the JSON was cut off at `max_tokens`';
    return { outcome: 'failed', retry: false, code: 'anthropic_cut_off', message };
  }
  return { outcome: 'succeeded', output: { ...body, output: output ?? null }, ...messageId };
}

function textOf(body: JsonObject): string {
  if (!Array.isArray(body.content)) return '';
  return body.content
    .map((block) => (textAt(block, 'type') === 'text' ? (textAt(block, 'text') ?? '') : ''))
    .join('');
}

/** The text as JSON where it is an object or a list: a bare number or word is an answer in words. */
function parsed(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function failure(answer: Answer, context: JudgeContext, body: Json): Verdict {
  const type = textAt(body, 'error', 'type');
  const said = textAt(body, 'error', 'message');
  const failed = failureByStatus(
    answer,
    context,
    {
      code: type === undefined ? undefined : `anthropic_${type}`,
      message: said === undefined ? undefined : `Anthropic: ${said}`,
    },
    rateLimit(answer, context.now),
  );
  // Anthropic knows better than the status whether there is any point.
  return answer.headers['x-should-retry'] === 'false' ? { ...failed, retry: false } : failed;
}

const BUDGETS = ['requests', 'tokens', 'input-tokens', 'output-tokens'].map((name) => ({
  remaining: `anthropic-ratelimit-${name}-remaining`,
  reset: `anthropic-ratelimit-${name}-reset`,
}));

// 529: overloaded, said of everybody at once.
const RESTING = new Set([429, 503, 529]);

function rateLimit(answer: Answer, now: Date): number | null {
  const { headers, status } = answer;
  if (RESTING.has(status)) {
    const asked = milliseconds(headers['retry-after-ms']) ?? parseRetryAfter(headers['retry-after'], now);
    if (asked !== null) return asked;
  }
  return budgetRest(answer, now, BUDGETS, status === 429, parseResetDate);
}

function milliseconds(value: string | undefined): number | null {
  const text = value?.trim() ?? '';
  // Through the parser of seconds, which knows the bounds.
  return /^\d+(?:\.\d+)?$/.test(text)
    ? parseRetryAfter(String(Math.ceil(Number(text)) / 1000), new Date(0))
    : null;
}

export const anthropic = defineProvider<AnthropicCredentials>({
  id: 'anthropic',
  title: 'Anthropic',
  docsUrl: 'https://platform.claude.com/docs/en/api/messages',
  fields: [
    {
      name: 'api_key',
      label: 'API key',
      help: 'Starts with `sk-ant-`; the key of a workspace of its own keeps the spending visible.',
      secret: true,
      link: 'https://platform.claude.com/settings/keys',
      example: 'sk-ant-api03-0000000000',
    },
  ],
  credentials,
  origins: () => [API],
  request: (input, given) => webhookRequest(input, API, ownHeaders(given)),
  webhook: {
    help: '`path` is behind `https://api.anthropic.com`.',
    example: {
      path: MESSAGES,
      body: { model: 'claude-haiku-4-5', max_tokens: 1024, messages: [{ role: 'user', content: 'Hello' }] },
    },
  },
  operations: { create_message: createMessage },
  // Asking twice costs twice and changes nothing; of other POSTs (batches, files) that is not so.
  safeToRepeat: ({ path }) => path === MESSAGES || path === `${MESSAGES}/count_tokens`,
  judge,
  rateLimit,
  test: {
    request: (given) => get(`${API}/v1/models`, ownHeaders(given)),
    describe(answer) {
      const models = at(readBody(answer), 'data');
      const count = Array.isArray(models) ? models.length : 0;
      return testReport(
        judge(answer, TEST_JUDGING),
        `The key is valid; it may use ${count} models at least.`,
      );
    },
  },
  // The limits depend on the organisation's tier and its answers say what is left; this is for the smallest.
  limits: { concurrency: 4, perSecond: 1, burst: 5 },
});
