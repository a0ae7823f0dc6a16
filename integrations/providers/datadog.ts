// Datadog's API of one site: metrics.
import { z } from 'zod';
import type { Json } from '../../engine/json.ts';
import { at, readBody, textAt } from '../answer.ts';
import { headerText } from '../credential-text.ts';
import { defineOperation, defineProvider } from '../define-provider.ts';
import { failureByStatus } from '../judge-status.ts';
import type { Answer, JudgeContext, Verdict } from '../provider.ts';
import { Refusal } from '../refusal.ts';
import { get, JSON_TYPE, jsonPost, webhookRequest } from '../request-parts.ts';
import { budgetRest, retryAfterHeader } from '../retry-after.ts';
import { TEST_JUDGING, testReport } from '../test-report.ts';

// The sites there are; nothing else may follow `api.`, or the key could be sent anywhere.
const SITES = [
  'datadoghq.com',
  'us3.datadoghq.com',
  'us5.datadoghq.com',
  'datadoghq.eu',
  'ap1.datadoghq.com',
  'ap2.datadoghq.com',
  'ddog-gov.com',
  'us2.ddog-gov.com',
] as const;
// Older and later points are dropped by Datadog without a word.
const MAX_AGE_SECONDS = 3600;
const MAX_AHEAD_SECONDS = 600;

const credentials = z.strictObject({
  api_key: headerText,
  site: z.enum(SITES, `must be one of ${SITES.join(', ')}`).default('datadoghq.com'),
});

type DatadogCredentials = z.output<typeof credentials>;

const origin = ({ site }: DatadogCredentials): string => `https://api.${site}`;

const ownHeaders = ({ api_key }: DatadogCredentials): Record<string, string> => ({
  'dd-api-key': api_key,
  accept: JSON_TYPE,
  'content-type': JSON_TYPE,
});

const TYPES = { unspecified: 0, count: 1, rate: 2, gauge: 3 } as const;

const submitMetric = defineOperation({
  title: 'Submit a metric',
  help: 'One point of one metric. Points of the same metric, tags and second replace each other, so with a `timestamp` of its own an action may be marked `idempotent`.',
  example: { metric: 'backup.duration', value: 42.5, type: 'gauge', tags: ['env:prod'] },
  input: z.strictObject({
    metric: z
      .string()
      .regex(
        /^[A-Za-z][A-Za-z0-9_.]{0,199}$/,
        'must start with a letter and hold letters, digits, `_` and `.` only',
      )
      .describe('The metric’s name.'),
    value: z.number().describe('The point’s value.'),
    type: z
      .enum(['unspecified', 'count', 'rate', 'gauge'])
      .default('gauge')
      .describe('What kind of metric it is.'),
    timestamp: z
      .int()
      .optional()
      .describe(
        'Unix seconds, one hour ago at the earliest and ten minutes ahead at the latest. Default: now.',
      ),
    interval: z.int().positive().optional().describe('Seconds that a count or a rate is about.'),
    unit: z.string().min(1).optional().describe('The unit.'),
    tags: z.array(z.string().min(1).max(200)).max(100).optional().describe('`name:value` pairs.'),
    host: z.string().min(1).max(255).optional().describe('The host the point belongs to.'),
  }),
  request({ metric, value, type, timestamp, host, ...more }, given: DatadogCredentials, { now }) {
    const nowSeconds = Math.floor(now.getTime() / 1000);
    const at = timestamp ?? nowSeconds;
    if (at < nowSeconds - MAX_AGE_SECONDS || at > nowSeconds + MAX_AHEAD_SECONDS) {
      throw new Refusal(
        'input_invalid',
        'Datadog drops points that are more than an hour old or ten minutes ahead; mind the `timestamp`.',
      );
    }
    const series = {
      metric,
      type: TYPES[type],
      points: [{ timestamp: at, value }],
      resources: host === undefined ? undefined : [{ type: 'host', name: host }],
      ...more,
    };
    return jsonPost(`${origin(given)}/api/v2/series`, ownHeaders(given), { series: [series] });
  },
});

function judge(answer: Answer, context: JudgeContext): Verdict {
  const errors = errorsOf(readBody(answer));
  const message = errors === undefined ? undefined : `Datadog: ${errors}`;
  if (answer.status < 200 || answer.status >= 300) {
    return failureByStatus(answer, context, { message }, rateLimit(answer, context.now));
  }
  if (message === undefined) return { outcome: 'succeeded' };
  return { outcome: 'failed', retry: false, code: 'datadog_rejected', message };
}

/** Texts in the older answers, `{title, detail}` in the newer. */
function errorsOf(body: Json): string | undefined {
  const errors = at(body, 'errors');
  if (!Array.isArray(errors) || errors.length === 0) return undefined;
  return errors
    .map((error) =>
      typeof error === 'string' ? error : (textAt(error, 'detail') ?? textAt(error, 'title') ?? 'an error'),
    )
    .join('; ');
}

const rateLimit = (answer: Answer, now: Date): number | null =>
  retryAfterHeader(answer, now) ??
  budgetRest(
    answer,
    now,
    [{ remaining: 'x-ratelimit-remaining', reset: 'x-ratelimit-reset' }],
    answer.status === 429,
  );

export const datadog = defineProvider<DatadogCredentials>({
  id: 'datadog',
  title: 'Datadog',
  docsUrl: 'https://docs.datadoghq.com/api/latest/metrics/#submit-metrics',
  fields: [
    {
      name: 'api_key',
      label: 'API key',
      help: 'An API key of the organisation; an application key is not needed.',
      secret: true,
      link: 'https://app.datadoghq.com/organization-settings/api-keys',
      example: '00000000000000000000000000000000',
    },
    {
      name: 'site',
      label: 'Site',
      help: `Where your Datadog lives: ${SITES.join(', ')}.`,
      secret: false,
      optional: true,
      default: 'datadoghq.com',
      link: 'https://docs.datadoghq.com/getting_started/site/',
      example: 'datadoghq.eu',
    },
  ],
  credentials,
  origins: (given) => [origin(given)],
  request: (input, given) => webhookRequest(input, origin(given), ownHeaders(given)),
  webhook: {
    help: '`path` is behind `https://api.<site>`.',
    example: {
      path: '/api/v2/series',
      body: {
        series: [{ metric: 'backup.duration', type: 3, points: [{ timestamp: 1740830400, value: 42.5 }] }],
      },
    },
  },
  operations: { submit_metric: submitMetric },
  // Without a timestamp of its own, what is sent again is a second point: a count would count twice.
  safeToRepeat: false,
  judge,
  rateLimit,
  test: {
    request: (given) => get(`${origin(given)}/api/v1/validate`, ownHeaders(given)),
    describe(answer) {
      const verdict = judge(answer, TEST_JUDGING);
      if (verdict.outcome === 'succeeded' && at(readBody(answer), 'valid') !== true) {
        return {
          ok: false,
          code: 'key_invalid',
          message: 'Datadog does not know the key; is the site right?',
        };
      }
      return testReport(verdict, 'The key is valid.');
    },
  },
  // Datadog publishes no limit for metric payloads; this only keeps one connection from taking a worker's sockets.
  limits: { concurrency: 16 },
});
