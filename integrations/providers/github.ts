// GitHub's REST API, github.com or one's own server: issues, and whatever else a token may do.
import { z } from 'zod';
import { at, readBody, textAt } from '../answer.ts';
import { baseUrl, headerText } from '../credential-text.ts';
import { defineOperation, defineProvider } from '../define-provider.ts';
import { failureByStatus, throttled } from '../judge-status.ts';
import type { Answer, JudgeContext, RequestContext, Verdict } from '../provider.ts';
import { get, JSON_TYPE, jsonPost, webhookRequest } from '../request-parts.ts';
import { budgetRest, parseRetryAfter, retryAfterHeader } from '../retry-after.ts';
import { TEST_JUDGING, testReport } from '../test-report.ts';

const DEFAULT_BASE_URL = 'https://api.github.com';
// The version the answers below are judged by; GitHub supports it until March 2028 at least.
const API_VERSION = '2022-11-28';
// GitHub's advice for a secondary limit that names no time.
const SECONDARY_LIMIT_REST_MS = 60_000;
const MAX_BODY_CHARACTERS = 65_536;

const credentials = z.strictObject({
  token: headerText,
  base_url: baseUrl.default(DEFAULT_BASE_URL),
  webhook_secret: z.string().min(1).max(255).optional(),
});

type GitHubCredentials = z.output<typeof credentials>;

const ownHeaders = ({ token }: GitHubCredentials): Record<string, string> => ({
  authorization: `Bearer ${token}`,
  accept: 'application/vnd.github+json',
  'content-type': JSON_TYPE,
  'x-github-api-version': API_VERSION,
});

const api = ({ base_url }: GitHubCredentials): string => base_url.replace(/\/$/, '');

/** Found by a search of issue bodies when nobody knows whether the request went through. */
const marker = ({ idempotencyKey }: RequestContext): string => `<!-- pawl:${idempotencyKey} -->`;

const createIssue = defineOperation({
  title: 'Create an issue',
  help: 'GitHub offers no idempotency key, so an issue that may exist is not created again; its body ends in an invisible `<!-- pawl:<action run id> -->` to find it by.',
  example: {
    owner: 'octo-org',
    repo: 'api',
    title: 'Nightly backup failed',
    body: 'See job 7.',
    labels: ['bug'],
  },
  input: z.strictObject({
    owner: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,100}$/, 'must be the name of a user or an organisation')
      .describe('The user or organisation that owns the repository.'),
    repo: z
      .string()
      .regex(/^(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}$/, 'must be the name of a repository, without its owner')
      .describe('The repository’s name.'),
    title: z.string().min(1).max(256).describe('The title.'),
    body: z
      .string()
      .max(MAX_BODY_CHARACTERS - 100)
      .optional()
      .describe('The text, in Markdown.'),
    labels: z
      .array(z.string().min(1))
      .max(100)
      .optional()
      .describe('Labels; those that do not exist are made.'),
    assignees: z.array(z.string().min(1)).max(10).optional().describe('Login names.'),
    milestone: z.int().positive().optional().describe('The milestone’s number.'),
    type: z.string().min(1).optional().describe('The issue type, where the organisation has them.'),
  }),
  request({ owner, repo, body, ...issue }, given: GitHubCredentials, context) {
    const text = body === undefined ? marker(context) : `${body}\n\n${marker(context)}`;
    return jsonPost(`${api(given)}/repos/${owner}/${repo}/issues`, ownHeaders(given), {
      ...issue,
      body: text,
    });
  },
});

function judge(answer: Answer, context: JudgeContext): Verdict {
  const body = readBody(answer);
  if (answer.status >= 200 && answer.status < 300) {
    const id = textAt(body, 'html_url') ?? textAt(body, 'node_id');
    return { outcome: 'succeeded', ...(id === undefined ? {} : { messageId: id }) };
  }
  const said = textAt(body, 'message');
  const message =
    said === undefined ? undefined : `GitHub: ${said}${fieldErrors(at(body, 'errors') ?? null)}`;
  const rest = rateLimit(answer, context.now);
  if (isLimited(answer)) {
    return throttled({ code: 'github_rate_limited', message: message ?? 'GitHub: too many requests' }, rest);
  }
  return failureByStatus(answer, context, { message });
}

function fieldErrors(errors: Parameters<typeof at>[0]): string {
  if (!Array.isArray(errors)) return '';
  const parts = errors.flatMap((error) => {
    const what = textAt(error, 'message') ?? textAt(error, 'code');
    if (what === undefined) return [];
    const field = textAt(error, 'field');
    return [field === undefined ? what : `${field}: ${what}`];
  });
  return parts.length === 0 ? '' : ` (${parts.join('; ')})`;
}

/** GitHub refuses for the rate with 429 or 403; what tells such a 403 from a missing permission is its headers, or its words. */
function isLimited({ status, headers, body }: Answer): boolean {
  if (status === 429) return true;
  if (status !== 403) return false;
  if (headers['retry-after'] !== undefined || headers['x-ratelimit-remaining']?.trim() === '0') return true;
  return /rate limit/i.test(textAt(readBody({ body }), 'message') ?? '');
}

function rateLimit(answer: Answer, now: Date): number | null {
  const limited = isLimited(answer);
  const asked = limited ? parseRetryAfter(answer.headers['retry-after'], now) : retryAfterHeader(answer, now);
  if (asked !== null) return asked;
  // A secondary limit comes with budget left, whose reset then says nothing about it.
  const reset = budgetRest(
    answer,
    now,
    [{ remaining: 'x-ratelimit-remaining', reset: 'x-ratelimit-reset' }],
    false,
  );
  return reset ?? (limited ? SECONDARY_LIMIT_REST_MS : null);
}

export const github = defineProvider<GitHubCredentials>({
  id: 'github',
  title: 'GitHub',
  docsUrl: 'https://docs.github.com/rest/issues/issues#create-an-issue',
  fields: [
    {
      name: 'token',
      label: 'Access token',
      help: 'A fine-grained token with “Issues: read and write” on the repositories, or a classic one with `repo`. To fill the gaps of a source, “Webhooks: read and write”, or `admin:org_hook` for the webhook of an organisation.',
      secret: true,
      link: 'https://github.com/settings/personal-access-tokens',
      example: 'github_pat_00000000000000000000000',
    },
    {
      name: 'base_url',
      label: 'API',
      help: 'Where the API of your own GitHub is: `https://HOST/api/v3` for Enterprise Server, `https://api.NAME.ghe.com` for Enterprise Cloud with data residency.',
      secret: false,
      optional: true,
      default: DEFAULT_BASE_URL,
      example: 'https://github.example.com/api/v3',
    },
    {
      name: 'webhook_secret',
      label: 'Webhook secret',
      help: 'Not used to send. It is kept beside the token for whoever sets up webhooks; what GitHub sends is checked with the secret of a source, so give it there too.',
      secret: true,
      optional: true,
      link: 'https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries',
      example: 'example-of-a-webhook-secret',
    },
  ],
  credentials,
  origins: ({ base_url }) => [new URL(base_url).origin],
  request: (input, given) => webhookRequest(input, given.base_url, ownHeaders(given)),
  webhook: {
    help: '`path` is behind the address of the API, `https://api.github.com` unless the connection has another.',
    example: { path: '/repos/octo-org/api/issues', body: { title: 'Nightly backup failed' } },
  },
  operations: { create_issue: createIssue },
  // There is no idempotency key: a POST after a 5xx may make a second issue.
  safeToRepeat: false,
  judge,
  rateLimit,
  test: {
    request: (given) => get(`${api(given)}/user`, ownHeaders(given)),
    describe: (answer) =>
      testReport(
        judge(answer, TEST_JUDGING),
        `The token is that of ${textAt(readBody(answer), 'login') ?? 'a user without a name'}.`,
      ),
  },
  // GitHub asks for one request that changes something a second, and 80 a minute that create content.
  limits: { concurrency: 10, perSecond: 1, burst: 10 },
});
