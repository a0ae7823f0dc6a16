// Slack: one incoming webhook, or the Web API with a bot's token.
import { z } from 'zod';
import type { OutboundRequest } from '../../egress/request.ts';
import { isJsonObject, type Json } from '../../engine/json.ts';
import { at, readBody, textAt } from '../answer.ts';
import { headerText } from '../credential-text.ts';
import { defineOperation, defineProvider } from '../define-provider.ts';
import { type Failure, failureByStatus, throttled } from '../judge-status.ts';
import type { Answer, JudgeContext, Verdict, WebhookInput } from '../provider.ts';
import { Refusal } from '../refusal.ts';
import { jsonPost, webhookRequest } from '../request-parts.ts';
import { parseRetryAfter } from '../retry-after.ts';
import { TEST_JUDGING, testReport } from '../test-report.ts';

const API = 'https://slack.com';
const POST_MESSAGE = '/api/chat.postMessage';
// Without the charset Slack answers every call with the warning `missing_charset`.
const CONTENT_TYPE = 'application/json; charset=utf-8';
const NO_TEST = 'An incoming webhook can only post: there is nothing to ask it that nobody would see.';

const credentials = z
  .strictObject({
    bot_token: headerText.optional(),
    default_channel: z.string().min(1).max(100).optional(),
    webhook_url: z
      .string()
      .regex(
        /^https:\/\/hooks\.slack(?:-gov)?\.com\/(?:services|workflows|triggers)\/[A-Za-z0-9_/-]{1,400}$/,
        'must be the URL that Slack shows: https://hooks.slack.com/services/…',
      )
      .optional(),
  })
  .refine((given) => (given.webhook_url === undefined) !== (given.bot_token === undefined), {
    message: 'needs exactly one of `webhook_url` and `bot_token`',
  })
  .refine((given) => given.webhook_url === undefined || given.default_channel === undefined, {
    path: ['default_channel'],
    message: 'goes with a bot token; a webhook has its channel',
  });

type SlackCredentials = z.output<typeof credentials>;

const botHeaders = (given: SlackCredentials): Record<string, string> => ({
  authorization: `Bearer ${given.bot_token}`,
  accept: 'application/json',
  'content-type': CONTENT_TYPE,
});

function request(input: WebhookInput, given: SlackCredentials): OutboundRequest {
  if (given.webhook_url !== undefined) {
    if (!['', '/'].includes(input.path) || input.query !== '') {
      throw new Refusal('path_invalid', 'An incoming webhook is one URL; leave the path and the query out.');
    }
    return webhookRequest({ ...input, path: '' }, given.webhook_url, { 'content-type': CONTENT_TYPE });
  }
  if (!input.path.startsWith('/api/')) {
    throw new Refusal('path_invalid', 'The path of a Slack method starts with `/api/`.');
  }
  return webhookRequest(withChannel(input, given), API, botHeaders(given));
}

/** The default channel, where a message is posted that names none. */
function withChannel(input: WebhookInput, { default_channel }: SlackCredentials): WebhookInput {
  const { body } = input;
  const posts = input.path === POST_MESSAGE && isJsonObject(body) && body.channel === undefined;
  return posts && default_channel !== undefined
    ? { ...input, body: { channel: default_channel, ...body } }
    : input;
}

const postMessage = defineOperation({
  title: 'Post a message',
  help: 'To a channel, as text or blocks. Slack offers no idempotency key, so a message that may have gone out is not sent again.',
  example: { channel: 'C0123456789', text: 'Deploy of api 1.4.2 finished.' },
  input: z
    .strictObject({
      channel: z
        .string()
        .min(1)
        .max(100)
        .optional()
        .describe(
          'A channel’s id or name; without it the connection’s default. An incoming webhook has its own.',
        ),
      text: z
        .string()
        .min(1)
        .max(40_000)
        .optional()
        .describe('The message, in Slack’s mrkdwn; beside blocks, what notifications show.'),
      blocks: z.array(z.record(z.string(), z.json())).min(1).max(50).optional().describe('Block Kit.'),
      thread_ts: z.string().min(1).optional().describe('The `ts` of the message to answer in a thread.'),
      unfurl_links: z.boolean().optional().describe('Whether links are shown with a preview.'),
    })
    .refine((input) => input.text !== undefined || input.blocks !== undefined, {
      message: 'needs `text` or `blocks`',
    }),
  request(input, given: SlackCredentials) {
    const { channel, ...message } = input;
    if (given.webhook_url !== undefined) {
      if (channel !== undefined) {
        throw new Refusal(
          'input_invalid',
          'An incoming webhook posts to its own channel; leave `channel` out.',
        );
      }
      return jsonPost(given.webhook_url, { 'content-type': CONTENT_TYPE }, message);
    }
    const target = channel ?? given.default_channel;
    if (target === undefined) {
      throw new Refusal('input_invalid', 'Neither the action nor the connection names a channel.');
    }
    return jsonPost(API + POST_MESSAGE, botHeaders(given), { channel: target, ...message });
  },
});

const RATE_LIMITED = new Set(['ratelimited', 'rate_limited']);
const REFUSED_CREDENTIAL = new Set([
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'missing_scope',
  'no_permission',
  'not_allowed_token_type',
  'org_login_required',
  'ekm_access_denied',
  // Of incoming webhooks.
  'invalid_token',
  'no_service',
  'no_service_id',
  'no_team',
  'team_disabled',
]);
// Slack may or may not have posted.
const SERVER_ERRORS = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'rollup_error',
]);

function judge(answer: Answer, context: JudgeContext): Verdict {
  const body = readBody(answer);
  const error = errorOf(answer, body);
  if (error === null) {
    const messageId = textAt(body, 'ts');
    return { outcome: 'succeeded', ...(messageId === undefined ? {} : { messageId }) };
  }
  const words = { code: `slack_${error}`, message: `Slack: ${error}${neededScope(body)}` };
  const byStatus = failureByStatus(answer, context, error === '' ? {} : words);
  if (RATE_LIMITED.has(error)) {
    return throttled(words, parseRetryAfter(answer.headers['retry-after'], context.now));
  }
  return {
    ...byStatus,
    retry: byStatus.retry || (SERVER_ERRORS.has(error) && context.safeToRepeat),
    ...(REFUSED_CREDENTIAL.has(error) ? { flagConnection: true } : {}),
  } satisfies Failure;
}

/** Slack's word for what went wrong, empty where it has none; null for a success. */
function errorOf({ status }: Answer, body: Json): string | null {
  if (isJsonObject(body)) {
    if (body.ok === true && status < 300) return null;
    const error = textAt(body, 'error');
    return error !== undefined && ERROR_WORD.test(error) ? error : 'unexpected_answer';
  }
  if (status >= 200 && status < 300) return body === 'ok' ? null : 'unexpected_answer';
  return typeof body === 'string' && ERROR_WORD.test(body) ? body : '';
}

const ERROR_WORD = /^[a-z_]{2,60}$/;

function neededScope(body: Json): string {
  const needed = textAt(body, 'needed');
  return needed === undefined ? '' : ` (the token lacks \`${needed}\`)`;
}

export const slack = defineProvider<SlackCredentials>({
  id: 'slack',
  title: 'Slack',
  docsUrl: 'https://docs.slack.dev/reference/methods/chat.postMessage',
  fields: [
    {
      name: 'bot_token',
      label: 'Bot token',
      help: 'Starts with `xoxb-`; its app needs the scope `chat:write` and must be a member of the channel. Give this or a webhook URL.',
      secret: true,
      optional: true,
      link: 'https://api.slack.com/apps',
      example: 'xoxb-0000000000-example',
    },
    {
      name: 'default_channel',
      label: 'Default channel',
      help: 'Where the bot posts when an action names no channel.',
      secret: false,
      optional: true,
      example: 'C0123456789',
    },
    {
      name: 'webhook_url',
      label: 'Incoming webhook URL',
      help: 'Posts to one channel, chosen when the webhook was made. Give this or a bot token, not both.',
      secret: true,
      optional: true,
      link: 'https://api.slack.com/apps',
      masked: 'https://hooks.slack.com/services/***',
      example: 'https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX',
    },
  ],
  credentials,
  origins: ({ webhook_url }) => [webhook_url === undefined ? API : new URL(webhook_url).origin],
  request,
  webhook: {
    help: 'With a bot token, `path` is that of a Web API method behind `https://slack.com`; the default channel is filled in for `/api/chat.postMessage`. With an incoming webhook, `path` is empty (`""`).',
    example: { path: POST_MESSAGE, body: { channel: 'C0123456789', text: 'Deploy finished.' } },
  },
  operations: { post_message: postMessage },
  // A message is posted twice when a 5xx came after Slack took it: there is no idempotency key.
  safeToRepeat: false,
  judge,
  test: {
    notWith: { field: 'webhook_url', why: NO_TEST },
    request(given) {
      return { method: 'POST', url: `${API}/api/auth.test`, headers: botHeaders(given), body: '{}' };
    },
    describe(answer) {
      const body = readBody(answer);
      const [user, team] = [textAt(body, 'user'), textAt(body, 'team')];
      return testReport(
        judge(answer, TEST_JUDGING),
        `The token is that of ${user ?? 'a user without a name'} in ${team ?? 'a team without a name'}${at(body, 'bot_id') === undefined ? ', not of a bot' : ''}.`,
      );
    },
  },
  // Slack takes about one message a second for a channel, and short bursts.
  limits: { concurrency: 4, perSecond: 1, burst: 5 },
});
