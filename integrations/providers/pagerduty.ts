// PagerDuty's Events API v2: alerts, by the routing key of one service.
import { z } from 'zod';
import type { OutboundRequest } from '../../egress/request.ts';
import { isJsonObject, type Json } from '../../engine/json.ts';
import { at, inWords, readBody, textAt } from '../answer.ts';
import { defineOperation, defineProvider } from '../define-provider.ts';
import { failureByStatus } from '../judge-status.ts';
import type { Answer, JudgeContext, RequestContext, Verdict, WebhookInput } from '../provider.ts';
import { Refusal } from '../refusal.ts';
import { JSON_TYPE, jsonPost, webhookRequest } from '../request-parts.ts';
import { budgetRest, retryAfterHeader } from '../retry-after.ts';

const HOSTS = { us: 'https://events.pagerduty.com', eu: 'https://events.eu.pagerduty.com' } as const;
const ENQUEUE = '/v2/enqueue';
// PagerDuty refuses larger events.
const MAX_EVENT_BYTES = 512 * 1024;
const MAX_DEDUP_KEY_CHARACTERS = 255;

const credentials = z.strictObject({
  routing_key: z
    .string()
    .regex(/^[A-Za-z0-9]{16,64}$/, 'must be an integration key, letters and digits only'),
  region: z.enum(['us', 'eu'], 'must be `us` or `eu`').default('us'),
});

type PagerDutyCredentials = z.output<typeof credentials>;

const host = ({ region }: PagerDutyCredentials): string => HOSTS[region];
const OWN_HEADERS = { accept: JSON_TYPE, 'content-type': JSON_TYPE };

/** The key stands in the body; an event that names no `dedup_key` gets the action's own, so it may be sent again. */
function request(
  input: WebhookInput,
  { routing_key, ...rest }: PagerDutyCredentials,
  context: RequestContext,
): OutboundRequest {
  const { body } = input;
  if (!isJsonObject(body)) throw new Refusal('body_invalid', 'An event is a JSON object.');
  if (Object.hasOwn(body, 'routing_key')) {
    throw new Refusal(
      'body_invalid',
      'The `routing_key` comes from the connection; an action cannot set it.',
    );
  }
  const dedup = input.path === ENQUEUE ? { dedup_key: context.idempotencyKey } : {};
  const event = { ...dedup, ...body, routing_key };
  return bounded(webhookRequest({ ...input, body: event }, host({ routing_key, ...rest }), OWN_HEADERS));
}

function bounded(built: OutboundRequest): OutboundRequest {
  if (Buffer.byteLength(built.body ?? '') > MAX_EVENT_BYTES) {
    throw new Refusal('body_invalid', 'PagerDuty takes events of 512 KB at most.');
  }
  return built;
}

const dedupKey = z.string().min(1).max(MAX_DEDUP_KEY_CHARACTERS);

const enqueue = (given: PagerDutyCredentials, event: object): OutboundRequest =>
  bounded(jsonPost(host(given) + ENQUEUE, OWN_HEADERS, { routing_key: given.routing_key, ...event }));

const trigger = defineOperation({
  title: 'Trigger an alert',
  help: 'Opens an alert, or adds to the one with the same `dedup_key`. Without one it is the action’s run, so sending it again opens nothing twice.',
  idempotent: true,
  example: {
    summary: 'Nightly backup failed',
    source: 'pawl',
    severity: 'critical',
    dedup_key: 'backup-2025-03-01',
    custom_details: { job: '7' },
  },
  input: z.strictObject({
    summary: z.string().min(1).max(1024).describe('What happened, in one sentence.'),
    source: z.string().min(1).max(255).default('pawl').describe('The system it happened to.'),
    severity: z.enum(['critical', 'error', 'warning', 'info']).describe('How bad it is.'),
    dedup_key: dedupKey.optional().describe('What the alert is known by, to resolve it later.'),
    timestamp: z.iso.datetime({ offset: true }).optional().describe('When it happened (ISO 8601).'),
    component: z.string().optional().describe('The part that is broken.'),
    group: z.string().optional().describe('The cluster or group it belongs to.'),
    class: z.string().optional().describe('The kind of event.'),
    custom_details: z.record(z.string(), z.json()).optional().describe('Whatever else should be seen.'),
    client: z.string().optional().describe('The name of the client that is shown.'),
    client_url: z.url().optional().describe('Where that name links to.'),
    links: z
      .array(z.strictObject({ href: z.url(), text: z.string().optional() }))
      .optional()
      .describe('Links shown on the alert.'),
  }),
  request({ dedup_key, client, client_url, links, ...payload }, given: PagerDutyCredentials, context) {
    return enqueue(given, {
      event_action: 'trigger',
      dedup_key: dedup_key ?? context.idempotencyKey,
      payload,
      client,
      client_url,
      links,
    });
  },
});

/** An operation that moves the alert of a `dedup_key`: doing it twice is doing it once. */
const follow = (action: 'acknowledge' | 'resolve', title: string) =>
  defineOperation({
    title,
    help: 'The alert that was triggered with the same `dedup_key`.',
    idempotent: true,
    example: { dedup_key: 'backup-2025-03-01' },
    input: z.strictObject({ dedup_key: dedupKey.describe('That of the event that triggered the alert.') }),
    request: ({ dedup_key }, given: PagerDutyCredentials) =>
      enqueue(given, { event_action: action, dedup_key }),
  });

function judge(answer: Answer, context: JudgeContext): Verdict {
  const body = readBody(answer);
  const refused = textAt(body, 'status') === 'invalid event';
  if (answer.status >= 200 && answer.status < 300 && !refused) {
    const messageId = textAt(body, 'dedup_key');
    return { outcome: 'succeeded', ...(messageId === undefined ? {} : { messageId }) };
  }
  const message = sentence(body);
  const failed = failureByStatus(answer, context, { message }, rateLimit(answer, context.now));
  // A wrong key is a 400 like any other wrong field: only the words tell.
  return /routing[_ ]key/i.test(message ?? '') ? { ...failed, flagConnection: true } : failed;
}

function sentence(body: Json): string | undefined {
  const errors = at(body, 'errors');
  const parts = [textAt(body, 'message'), ...(Array.isArray(errors) ? errors.map(inWords) : [])];
  const said = parts.filter((part) => part !== undefined).join('; ');
  return said === '' ? undefined : `PagerDuty: ${said}`;
}

const rateLimit = (answer: Answer, now: Date): number | null =>
  retryAfterHeader(answer, now) ??
  budgetRest(
    answer,
    now,
    [{ remaining: 'ratelimit-remaining', reset: 'ratelimit-reset' }],
    answer.status === 429,
  );

export const pagerduty = defineProvider<PagerDutyCredentials>({
  id: 'pagerduty',
  title: 'PagerDuty',
  docsUrl: 'https://developer.pagerduty.com/docs/events-api-v2-overview',
  fields: [
    {
      name: 'routing_key',
      label: 'Integration key',
      help: 'Of an “Events API v2” integration of the service: 32 letters and digits.',
      secret: true,
      link: 'https://support.pagerduty.com/main/docs/services-and-integrations',
      example: 'R0000000000000000000000000000000',
    },
    {
      name: 'region',
      label: 'Service region',
      help: '`us`, or `eu` where the address of your PagerDuty has `.eu.` in it.',
      secret: false,
      optional: true,
      default: 'us',
      example: 'us',
    },
  ],
  credentials,
  origins: (given) => [host(given)],
  request,
  webhook: {
    help: '`path` is `/v2/enqueue` (or `/v2/change/enqueue`). The routing key is put into the body, and a `dedup_key` where an event has none.',
    example: {
      path: ENQUEUE,
      body: {
        event_action: 'trigger',
        payload: { summary: 'Nightly backup failed', source: 'pawl', severity: 'critical' },
      },
    },
  },
  operations: {
    trigger,
    acknowledge: follow('acknowledge', 'Acknowledge an alert'),
    resolve: follow('resolve', 'Resolve an alert'),
  },
  // Every event has a `dedup_key`; change events know none.
  safeToRepeat: ({ path }) => path === ENQUEUE,
  judge,
  rateLimit,
  test: {
    unavailable:
      'Every call to PagerDuty’s Events API is an event that somebody may be paged for. To try the connection, run `pagerduty.trigger` with severity `info` and a `dedup_key`, then `pagerduty.resolve` with the same one.',
  },
  // PagerDuty counts events by the minute for each integration key; two a second is well under it.
  limits: { concurrency: 4, perSecond: 2, burst: 20 },
});
