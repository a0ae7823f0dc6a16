// Cloudflare's API v4: purging a zone's cache, and whatever else a token may do.
import { z } from 'zod';
import { isJsonObject, type Json } from '../../engine/json.ts';
import { at, readBody, textAt } from '../answer.ts';
import { headerText } from '../credential-text.ts';
import { defineOperation, defineProvider } from '../define-provider.ts';
import { failureByStatus } from '../judge-status.ts';
import type { Answer, JudgeContext, Verdict } from '../provider.ts';
import { get, JSON_TYPE, jsonPost, webhookRequest } from '../request-parts.ts';
import { parseReset, retryAfterHeader } from '../retry-after.ts';
import { TEST_JUDGING, testReport } from '../test-report.ts';

const ORIGIN = 'https://api.cloudflare.com';
const API = `${ORIGIN}/client/v4`;
// Of an enterprise zone; smaller plans are refused earlier by Cloudflare itself.
const MAX_PURGED_AT_ONCE = 500;

const credentials = z.strictObject({ api_token: headerText });

type CloudflareCredentials = z.output<typeof credentials>;

const ownHeaders = ({ api_token }: CloudflareCredentials): Record<string, string> => ({
  authorization: `Bearer ${api_token}`,
  accept: JSON_TYPE,
  'content-type': JSON_TYPE,
});

const some = (item: z.ZodType<string>, help: string) =>
  z.array(item).min(1).max(MAX_PURGED_AT_ONCE).optional().describe(help);

const purgeCache = defineOperation({
  title: 'Purge the cache',
  help: 'Of a zone: everything, or what the lists name. Purging twice is purging once.',
  idempotent: true,
  example: { zone_id: '023e105f4ecef8ad9ca31a8372d0c353', files: ['https://www.example.com/app.css'] },
  input: z
    .strictObject({
      zone_id: z
        .string()
        .regex(/^[0-9a-f]{32}$/, 'must be 32 hexadecimal characters')
        .describe('The zone’s id, on its overview page.'),
      purge_everything: z.literal(true).optional().describe('Everything in the zone.'),
      files: some(z.url(), 'URLs.'),
      tags: some(z.string().min(1).max(1024), 'Cache tags.'),
      hosts: some(z.string().min(1).max(253), 'Host names.'),
      prefixes: some(z.string().min(1).max(1024), 'URL prefixes, without a scheme.'),
    })
    .refine(
      ({ zone_id: _, ...what }) => Object.values(what).filter((value) => value !== undefined).length === 1,
      {
        message: 'needs exactly one of `purge_everything`, `files`, `tags`, `hosts` and `prefixes`',
      },
    ),
  request: ({ zone_id, ...what }, given: CloudflareCredentials) =>
    jsonPost(`${API}/zones/${zone_id}/purge_cache`, ownHeaders(given), what),
});

// Cloudflare's codes for a token that is malformed, unknown, or not allowed to do this.
const REFUSED_CREDENTIAL = new Set([1000, 6003, 6111, 9106, 9109, 10000]);

function judge(answer: Answer, context: JudgeContext): Verdict {
  const body = readBody(answer);
  const { status } = answer;
  const errors = errorsOf(body);
  const [first] = errors;
  if (status >= 200 && status < 300 && at(body, 'success') !== false) {
    const messageId = textAt(body, 'result', 'id');
    return { outcome: 'succeeded', ...(messageId === undefined ? {} : { messageId }) };
  }
  const words = {
    code: first?.code === undefined ? undefined : `cloudflare_${first.code}`,
    message:
      first === undefined ? undefined : `Cloudflare: ${errors.map(({ message }) => message).join('; ')}`,
  };
  const failed = failureByStatus(answer, context, words, rateLimit(answer, context.now));
  if (status < 500 && errors.some(({ code }) => code !== undefined && REFUSED_CREDENTIAL.has(code))) {
    return { ...failed, flagConnection: true };
  }
  return failed;
}

function errorsOf(body: Json): { code: number | undefined; message: string }[] {
  const errors = at(body, 'errors');
  if (!Array.isArray(errors)) return [];
  return errors.filter(isJsonObject).map((error) => ({
    code: typeof error.code === 'number' ? error.code : undefined,
    message: textAt(error, 'message') ?? 'an error without words',
  }));
}

/** `Ratelimit: "default";r=0;t=30` (one item a policy): requests left, seconds until there are more. */
function rateLimit(answer: Answer, now: Date): number | null {
  const asked = retryAfterHeader(answer, now);
  if (asked !== null) return asked;
  const spent: number[] = [];
  const left: number[] = [];
  for (const item of (answer.headers.ratelimit ?? '').split(',')) {
    const ms = parseReset(/;\s*t=(\d+)/.exec(item)?.[1], now);
    if (ms !== null) (/;\s*r=0(?:;|\s|$)/.test(item) ? spent : left).push(ms);
  }
  if (spent.length > 0) return Math.max(...spent);
  return answer.status === 429 && left.length > 0 ? Math.min(...left) : null;
}

export const cloudflare = defineProvider<CloudflareCredentials>({
  id: 'cloudflare',
  title: 'Cloudflare',
  docsUrl: 'https://developers.cloudflare.com/api/resources/cache/methods/purge/',
  fields: [
    {
      name: 'api_token',
      label: 'API token',
      help: 'An API token of a user with the permission “Zone → Cache Purge” for the zones.',
      secret: true,
      link: 'https://dash.cloudflare.com/profile/api-tokens',
      example: '0000000000000000000000000000000000000000',
    },
  ],
  credentials,
  origins: () => [ORIGIN],
  request: (input, given) => webhookRequest(input, ORIGIN, ownHeaders(given)),
  webhook: {
    help: '`path` is behind `https://api.cloudflare.com` and starts with `/client/v4`.',
    example: {
      path: '/client/v4/zones/023e105f4ecef8ad9ca31a8372d0c353/purge_cache',
      body: { purge_everything: true },
    },
  },
  operations: { purge_cache: purgeCache },
  // Purging twice is purging once; of other POSTs nothing is known.
  safeToRepeat: ({ path }) => /^\/client\/v4\/zones\/[^/]+\/purge_cache$/.test(path),
  judge,
  rateLimit,
  test: {
    request: (given) => get(`${API}/user/tokens/verify`, ownHeaders(given)),
    describe(answer) {
      const verdict = judge(answer, TEST_JUDGING);
      const status = textAt(readBody(answer), 'result', 'status');
      if (verdict.outcome === 'succeeded' && status !== 'active') {
        return {
          ok: false,
          code: `token_${status ?? 'unknown'}`,
          message: `The token is ${status ?? 'unknown'}.`,
        };
      }
      return testReport(verdict, 'The token is active.');
    },
  },
  // Cloudflare takes 1200 requests in five minutes from a user, over all tokens.
  limits: { concurrency: 8, perSecond: 4, burst: 20 },
});
