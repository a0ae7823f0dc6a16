// Twilio's REST API of one account: SMS and whatever else lives under /2010-04-01/Accounts/{sid}.
import { z } from 'zod';
import type { OutboundRequest } from '../../egress/request.ts';
import type { Json } from '../../engine/json.ts';
import { at, readBody, textAt } from '../answer.ts';
import { headerText } from '../credential-text.ts';
import { defineOperation, defineProvider } from '../define-provider.ts';
import { type Failure, failureByStatus } from '../judge-status.ts';
import type { Answer, JudgeContext, WebhookInput } from '../provider.ts';
import { basic, bodyOf, FORM, formEncode, headersOf, methodOf } from '../request-parts.ts';
import { parseRetryAfter } from '../retry-after.ts';
import { targetUrl } from '../target-url.ts';

const API = 'https://api.twilio.com';
// "Too many requests"; Twilio has sent it with other statuses than 429 too.
const TOO_MANY_REQUESTS = 20429;

const credentials = z.strictObject({
  account_sid: z.string().regex(/^AC[0-9a-fA-F]{32}$/, 'must be `AC` and 32 hexadecimal characters'),
  auth_token: headerText,
});

type TwilioCredentials = z.output<typeof credentials>;

const accountUrl = ({ account_sid }: TwilioCredentials): string =>
  `${API}/2010-04-01/Accounts/${account_sid}`;

const ownHeaders = ({ account_sid, auth_token }: TwilioCredentials): Record<string, string> => ({
  authorization: basic(account_sid, auth_token),
  accept: 'application/json',
});

function request(input: WebhookInput, given: TwilioCredentials): OutboundRequest {
  const method = methodOf(input);
  const headers = headersOf(input.headers, ownHeaders(given));
  const body = bodyOf(method, input.body, headers, FORM);
  return { method, url: targetUrl(accountUrl(given), input.path, input.query), headers, body };
}

const sendMessageInput = z
  .strictObject({
    to: z
      .string()
      .min(1)
      .describe('The recipient: an E.164 number, or a channel address such as `whatsapp:+15551234567`.'),
    from: z
      .string()
      .min(1)
      .optional()
      .describe('Your Twilio number, short code, alphanumeric sender or channel address.'),
    messaging_service_sid: z
      .string()
      .regex(/^MG[0-9a-fA-F]{32}$/)
      .optional()
      .describe('A messaging service that picks the sender.'),
    body: z.string().min(1).max(1600).optional().describe('The text, at most 1600 characters.'),
    media_url: z
      .array(z.url())
      .max(10)
      .optional()
      .describe('Up to ten public URLs of media (MMS, WhatsApp).'),
    content_sid: z
      .string()
      .regex(/^HX[0-9a-fA-F]{32}$/)
      .optional()
      .describe('A content template.'),
    content_variables: z
      .record(z.string(), z.string())
      .optional()
      .describe('Values for the content template.'),
    status_callback: z.url().optional().describe('Where Twilio reports delivery.'),
  })
  .refine((input) => (input.from === undefined) !== (input.messaging_service_sid === undefined), {
    message: 'needs exactly one of `from` and `messaging_service_sid`',
  })
  .refine(
    (input) => input.body !== undefined || input.media_url !== undefined || input.content_sid !== undefined,
    {
      message: 'needs at least one of `body`, `media_url` and `content_sid`',
    },
  );

const sendMessage = defineOperation({
  title: 'Send a message',
  help: 'An SMS, MMS or WhatsApp message. Twilio offers no idempotency key, so a message that may have gone out is not sent again.',
  example: { to: '+15551234567', from: '+15557654321', body: 'Job 7 is done.' },
  input: sendMessageInput,
  request: (input, given: TwilioCredentials) => ({
    method: 'POST',
    url: `${accountUrl(given)}/Messages.json`,
    headers: { ...ownHeaders(given), 'content-type': FORM },
    body: formEncode({
      To: input.to,
      From: input.from ?? null,
      MessagingServiceSid: input.messaging_service_sid ?? null,
      Body: input.body ?? null,
      MediaUrl: input.media_url ?? null,
      ContentSid: input.content_sid ?? null,
      ContentVariables: input.content_variables ?? null,
      StatusCallback: input.status_callback ?? null,
    }),
  }),
});

function judge(answer: Answer, context: JudgeContext) {
  const body = readBody(answer);
  if (answer.status < 200 || answer.status >= 300) return failure(answer, context, body);
  const messageId = textAt(body, 'sid');
  return { outcome: 'succeeded' as const, ...(messageId === undefined ? {} : { messageId }) };
}

function failure(answer: Answer, context: JudgeContext, body: Json): Failure {
  const code = at(body, 'code');
  const message = textAt(body, 'message');
  const failed = failureByStatus(answer, context, {
    code: typeof code === 'number' ? `twilio_${code}` : undefined,
    message: message === undefined ? undefined : `Twilio: ${message}`,
  });
  if (code !== TOO_MANY_REQUESTS || failed.retry) return failed;
  const retryAfterMs = parseRetryAfter(answer.headers['retry-after'], context.now);
  const { flagConnection: _, ...throttled } = failed;
  return { ...throttled, retry: true, ...(retryAfterMs === null ? {} : { retryAfterMs }) };
}

export const twilio = defineProvider<TwilioCredentials>({
  id: 'twilio',
  title: 'Twilio',
  docsUrl: 'https://www.twilio.com/docs/messaging/api/message-resource',
  fields: [
    {
      name: 'account_sid',
      label: 'Account SID',
      help: 'Starts with `AC`; on the first page of the Twilio console.',
      secret: false,
      link: 'https://console.twilio.com/',
      example: 'AC00000000000000000000000000000000',
    },
    {
      name: 'auth_token',
      label: 'Auth token',
      help: 'Beside the account SID in the console.',
      secret: true,
      link: 'https://console.twilio.com/',
      example: '00000000000000000000000000000000',
    },
  ],
  credentials,
  origins: () => [API],
  request,
  webhook: {
    help: '`path` is relative to the account, behind `/2010-04-01/Accounts/<sid>`. The body is sent as a form.',
    example: {
      path: '/Messages.json',
      body: { To: '+15551234567', From: '+15557654321', Body: 'Job 7 is done.' },
    },
  },
  operations: { send_message: sendMessage },
  // A message is sent twice when a 5xx came after Twilio took it: there is no idempotency key.
  safeToRepeat: false,
  judge,
  test: {
    request: (given) => ({
      method: 'GET',
      url: `${accountUrl(given)}.json`,
      headers: ownHeaders(given),
      body: null,
    }),
    describe(answer) {
      const body = readBody(answer);
      if (answer.status !== 200) {
        const { code, message } = failure(
          answer,
          { now: new Date(0), safeToRepeat: false, operation: null },
          body,
        );
        return { ok: false, code, message };
      }
      const status = textAt(body, 'status') ?? 'unknown';
      const name = textAt(body, 'friendly_name') ?? 'without a name';
      const ok = status === 'active';
      return { ok, code: ok ? 'ok' : `account_${status}`, message: `The account “${name}” is ${status}.` };
    },
  },
  // Twilio answers 429 (20429) to an account with too many requests at once; this stays well under it.
  limits: { concurrency: 25 },
});
