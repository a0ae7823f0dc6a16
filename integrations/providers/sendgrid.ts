// SendGrid's v3 API: mail.
import { z } from 'zod';
import type { Json } from '../../engine/json.ts';
import { at, readBody, textAt } from '../answer.ts';
import { headerText } from '../credential-text.ts';
import { defineOperation, defineProvider } from '../define-provider.ts';
import { type Failure, failureByStatus } from '../judge-status.ts';
import type { Answer, JudgeContext, Verdict } from '../provider.ts';
import { bodyOf, headersOf, JSON_TYPE, methodOf } from '../request-parts.ts';
import { parseReset, retryAfterHeader } from '../retry-after.ts';
import { targetUrl } from '../target-url.ts';

const API = 'https://api.sendgrid.com';
// SendGrid's own limit of recipients in one request.
const MAX_RECIPIENTS = 1000;

const credentials = z.strictObject({ api_key: headerText });

type SendGridCredentials = z.output<typeof credentials>;

const ownHeaders = ({ api_key }: SendGridCredentials): Record<string, string> => ({
  authorization: `Bearer ${api_key}`,
  accept: JSON_TYPE,
});

const address = z
  .union(
    [z.email(), z.strictObject({ email: z.email(), name: z.string().optional() })],
    'must be an e-mail address, or `{email, name}`',
  )
  .describe('An e-mail address, or `{email, name}`.');
const addresses = z.union(
  [address, z.array(address).min(1).max(MAX_RECIPIENTS)],
  'must be an address or a list of addresses',
);

const sendMailInput = z
  .strictObject({
    to: addresses.describe('One recipient or several; several see each other.'),
    cc: addresses.optional(),
    bcc: addresses.optional(),
    from: address.describe('A verified sender.'),
    reply_to: address.optional(),
    subject: z.string().min(1).optional().describe('Not needed with a template that has one.'),
    text: z.string().min(1).optional().describe('The plain-text body.'),
    html: z.string().min(1).optional().describe('The HTML body.'),
    template_id: z.string().min(1).optional().describe('A dynamic template (`d-…`).'),
    dynamic_template_data: z.record(z.string(), z.json()).optional().describe('Values for the template.'),
    categories: z.array(z.string().min(1).max(255)).max(10).optional(),
  })
  .refine(
    (input) => input.text !== undefined || input.html !== undefined || input.template_id !== undefined,
    {
      message: 'needs at least one of `text`, `html` and `template_id`',
    },
  )
  .refine((input) => input.subject !== undefined || input.template_id !== undefined, {
    message: 'needs a `subject`, unless a template brings one',
  });

type Address = z.output<typeof address>;

const person = (given: Address): { email: string; name?: string | undefined } =>
  typeof given === 'string' ? { email: given } : given;
const people = (given: Address | Address[]) => (Array.isArray(given) ? given : [given]).map(person);

function mail(input: z.output<typeof sendMailInput>): object {
  // text/plain has to come first; what is undefined does not reach the JSON.
  const content = [
    { type: 'text/plain', value: input.text },
    { type: 'text/html', value: input.html },
  ].filter((part) => part.value !== undefined);
  return {
    personalizations: [
      {
        to: people(input.to),
        cc: input.cc && people(input.cc),
        bcc: input.bcc && people(input.bcc),
        dynamic_template_data: input.dynamic_template_data,
      },
    ],
    from: person(input.from),
    reply_to: input.reply_to && person(input.reply_to),
    subject: input.subject,
    content: content.length > 0 ? content : undefined,
    template_id: input.template_id,
    categories: input.categories,
  };
}

const sendMail = defineOperation({
  title: 'Send an e-mail',
  help: 'Through /v3/mail/send. SendGrid offers no idempotency key, so a mail that may have gone out is not sent again.',
  example: {
    to: 'ops@example.com',
    from: { email: 'pawl@example.com', name: 'Pawl' },
    subject: 'Nightly backup failed',
    text: 'See job 7.',
  },
  input: sendMailInput,
  request: (input, given: SendGridCredentials) => ({
    method: 'POST',
    url: `${API}/v3/mail/send`,
    headers: { ...ownHeaders(given), 'content-type': JSON_TYPE },
    body: JSON.stringify(mail(input)),
  }),
});

/** Rests as `Retry-After` says, or until `X-RateLimit-Reset` after 429 and after the last request of a window. */
function rateLimit(answer: Answer, now: Date): number | null {
  const { headers, status } = answer;
  const asked = retryAfterHeader(answer, now);
  if (asked !== null) return asked;
  const exhausted = status === 429 || headers['x-ratelimit-remaining']?.trim() === '0';
  return exhausted ? parseReset(headers['x-ratelimit-reset'], now) : null;
}

function judge(answer: Answer, context: JudgeContext): Verdict {
  if (answer.status < 200 || answer.status >= 300) return failure(answer, context);
  const messageId = answer.headers['x-message-id'];
  return { outcome: 'succeeded', ...(messageId === undefined ? {} : { messageId }) };
}

function failure(answer: Answer, context: JudgeContext): Failure {
  return failureByStatus(
    answer,
    context,
    { message: errorsOf(readBody(answer)) },
    rateLimit(answer, context.now),
  );
}

function errorsOf(body: Json): string | undefined {
  const errors = at(body, 'errors');
  if (!Array.isArray(errors)) return undefined;
  const sentences = errors.flatMap((error) => {
    const message = textAt(error, 'message');
    const field = textAt(error, 'field');
    return message === undefined ? [] : [field === undefined ? message : `${message} (${field})`];
  });
  return sentences.length === 0 ? undefined : `SendGrid: ${sentences.join('; ')}`;
}

export const sendgrid = defineProvider<SendGridCredentials>({
  id: 'sendgrid',
  title: 'SendGrid',
  docsUrl: 'https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send',
  fields: [
    {
      name: 'api_key',
      label: 'API key',
      help: 'Starts with `SG.`; it needs the permission “Mail Send” and is shown once, when it is made.',
      secret: true,
      link: 'https://app.sendgrid.com/settings/api_keys',
      example: 'SG.0000000000000000000000.0000000000',
    },
  ],
  credentials,
  origins: () => [API],
  request(input, given) {
    const method = methodOf(input);
    const headers = headersOf(input.headers, ownHeaders(given));
    const body = bodyOf(method, input.body, headers);
    return { method, url: targetUrl(API, input.path, input.query), headers, body };
  },
  webhook: {
    help: '`path` is behind `https://api.sendgrid.com`.',
    example: {
      path: '/v3/mail/send',
      body: {
        personalizations: [{ to: [{ email: 'ops@example.com' }] }],
        from: { email: 'pawl@example.com' },
        subject: 'Hello',
        content: [{ type: 'text/plain', value: 'Hello.' }],
      },
    },
  },
  operations: { send_mail: sendMail },
  // A mail is sent twice when a 5xx came after SendGrid took it: there is no idempotency key.
  safeToRepeat: false,
  judge,
  rateLimit,
  test: {
    request: (given) => ({ method: 'GET', url: `${API}/v3/scopes`, headers: ownHeaders(given), body: null }),
    describe(answer) {
      if (answer.status !== 200) {
        const { code, message } = failure(answer, { now: new Date(0), safeToRepeat: false, operation: null });
        return { ok: false, code, message };
      }
      const scopes = at(readBody(answer), 'scopes');
      if (Array.isArray(scopes) && scopes.includes('mail.send')) {
        return { ok: true, code: 'ok', message: 'The key is valid and may send mail.' };
      }
      return {
        ok: false,
        code: 'scope_missing',
        message: 'The key is valid but lacks the permission “Mail Send”.',
      };
    },
  },
  // SendGrid publishes 600 requests a minute for most routes and none for mail/send; this is polite to both.
  limits: { concurrency: 25 },
});
