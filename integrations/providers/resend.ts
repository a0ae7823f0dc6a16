// Resend's API: mail, with an idempotency key.
import { z } from 'zod';
import { at, readBody, textAt } from '../answer.ts';
import { headerText } from '../credential-text.ts';
import { defineOperation, defineProvider } from '../define-provider.ts';
import { failureByStatus } from '../judge-status.ts';
import type { Answer, JudgeContext, Verdict } from '../provider.ts';
import { get, JSON_TYPE, jsonPost, webhookRequest } from '../request-parts.ts';
import { budgetRest, retryAfterHeader } from '../retry-after.ts';
import { TEST_JUDGING, testReport } from '../test-report.ts';

const API = 'https://api.resend.com';
// Resend's own limit of recipients in one request.
const MAX_RECIPIENTS = 50;

const credentials = z.strictObject({ api_key: headerText });

type ResendCredentials = z.output<typeof credentials>;

const ownHeaders = ({ api_key }: ResendCredentials): Record<string, string> => ({
  authorization: `Bearer ${api_key}`,
  accept: JSON_TYPE,
  'content-type': JSON_TYPE,
});

const address = z
  .string()
  .regex(
    /^(?:[^<>\r\n]{1,200} <[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/,
    'must be `name@example.com` or `Name <name@example.com>`',
  );
const addresses = z.union(
  [address, z.array(address).min(1).max(MAX_RECIPIENTS)],
  'must be an address or a list of addresses',
);

const sendEmail = defineOperation({
  title: 'Send an e-mail',
  help: 'Resend takes the action’s run as its idempotency key, so sending it again within a day sends no second mail.',
  idempotent: true,
  example: {
    from: 'Pawl <pawl@example.com>',
    to: ['ops@example.com'],
    subject: 'Nightly backup failed',
    text: 'See job 7.',
  },
  input: z
    .strictObject({
      from: address.describe('A sender of a verified domain.'),
      to: addresses.describe('One recipient or several; several see each other.'),
      cc: addresses.optional().describe('Copies.'),
      bcc: addresses.optional().describe('Blind copies.'),
      reply_to: addresses.optional().describe('Where answers go.'),
      subject: z.string().min(1).max(998).describe('The subject.'),
      text: z.string().min(1).optional().describe('The plain-text body.'),
      html: z.string().min(1).optional().describe('The HTML body.'),
      tags: z
        .array(
          z.strictObject({
            name: z.string().regex(/^[A-Za-z0-9_-]{1,256}$/),
            value: z.string().regex(/^[A-Za-z0-9_-]{1,256}$/),
          }),
        )
        .optional()
        .describe('To find it by: letters, digits, `_` and `-`.'),
      scheduled_at: z.iso.datetime({ offset: true }).optional().describe('When to send it (ISO 8601).'),
    })
    .refine((input) => input.text !== undefined || input.html !== undefined, {
      message: 'needs `text` or `html`',
    }),
  request: (input, given: ResendCredentials) => jsonPost(`${API}/emails`, ownHeaders(given), input),
});

function judge(answer: Answer, context: JudgeContext): Verdict {
  const body = readBody(answer);
  if (answer.status >= 200 && answer.status < 300) {
    const messageId = textAt(body, 'id');
    return { outcome: 'succeeded', ...(messageId === undefined ? {} : { messageId }) };
  }
  const name = textAt(body, 'name');
  const said = textAt(body, 'message');
  const failed = failureByStatus(
    answer,
    context,
    {
      code: name === undefined ? undefined : `resend_${name}`,
      message: said === undefined ? undefined : `Resend: ${said}`,
    },
    rateLimit(answer, context.now),
  );
  // The same key is still being worked on: what comes next is its answer.
  return name === 'concurrent_idempotent_requests' ? { ...failed, retry: true } : failed;
}

const rateLimit = (answer: Answer, now: Date): number | null =>
  retryAfterHeader(answer, now) ??
  budgetRest(
    answer,
    now,
    [{ remaining: 'ratelimit-remaining', reset: 'ratelimit-reset' }],
    answer.status === 429,
  );

export const resend = defineProvider<ResendCredentials>({
  id: 'resend',
  title: 'Resend',
  docsUrl: 'https://resend.com/docs/api-reference/emails/send-email',
  fields: [
    {
      name: 'api_key',
      label: 'API key',
      help: 'Starts with `re_`; “sending access” is enough.',
      secret: true,
      link: 'https://resend.com/api-keys',
      example: 're_000000000000000000000000',
    },
  ],
  credentials,
  origins: () => [API],
  request: (input, given) => webhookRequest(input, API, ownHeaders(given)),
  webhook: {
    help: '`path` is behind `https://api.resend.com`.',
    example: {
      path: '/emails',
      body: { from: 'pawl@example.com', to: ['ops@example.com'], subject: 'Hello', text: 'Hello.' },
    },
  },
  operations: { send_email: sendEmail },
  // Resend keeps idempotency keys for mail, for a day.
  safeToRepeat: ({ path }) => path === '/emails' || path === '/emails/batch',
  judge,
  rateLimit,
  test: {
    request: (given) => get(`${API}/domains`, ownHeaders(given)),
    describe(answer) {
      // A key that may send and nothing else is refused here in these words, which says that it is known.
      if (textAt(readBody(answer), 'name') === 'restricted_api_key') {
        return { ok: true, code: 'ok', message: 'The key is valid and may only send.' };
      }
      const domains = at(readBody(answer), 'data');
      const count = Array.isArray(domains) ? domains.length : 0;
      return testReport(judge(answer, TEST_JUDGING), `The key is valid; there are ${count} domains.`);
    },
  },
  // Resend takes two requests a second of a team by default.
  limits: { concurrency: 4, perSecond: 2, burst: 2 },
});
