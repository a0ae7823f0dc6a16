// GitLab's REST API, gitlab.com or one's own server: issues, and whatever else a token may do.
import { z } from 'zod';
import { isJsonObject, type Json } from '../../engine/json.ts';
import { at, inWords, readBody, textAt } from '../answer.ts';
import { baseUrl, headerText } from '../credential-text.ts';
import { defineOperation, defineProvider } from '../define-provider.ts';
import { failureByStatus } from '../judge-status.ts';
import type { Answer, JudgeContext, Verdict } from '../provider.ts';
import { get, JSON_TYPE, jsonPost, webhookRequest } from '../request-parts.ts';
import { budgetRest, retryAfterHeader } from '../retry-after.ts';
import { TEST_JUDGING, testReport } from '../test-report.ts';

const DEFAULT_BASE_URL = 'https://gitlab.com';
// GitLab's own limit of a description.
const MAX_DESCRIPTION_CHARACTERS = 1_048_576;

const credentials = z.strictObject({
  token: headerText,
  base_url: baseUrl.default(DEFAULT_BASE_URL),
  webhook_secret: z.string().min(1).max(255).optional(),
});

type GitLabCredentials = z.output<typeof credentials>;

const ownHeaders = ({ token }: GitLabCredentials): Record<string, string> => ({
  'private-token': token,
  accept: JSON_TYPE,
  'content-type': JSON_TYPE,
});

const api = ({ base_url }: GitLabCredentials): string => `${base_url.replace(/\/$/, '')}/api/v4`;

const createIssue = defineOperation({
  title: 'Create an issue',
  help: 'GitLab offers no idempotency key, so an issue that may exist is not created again.',
  example: {
    project: 'acme/api',
    title: 'Nightly backup failed',
    description: 'See job 7.',
    labels: ['ops'],
  },
  input: z.strictObject({
    project: z
      .union(
        [z.int().positive(), z.string().regex(/^\d+$|^\w[\w.-]*(?:\/\w[\w.-]*)+$/)],
        'must be the project’s number or its path, `group/project`',
      )
      .describe('The project’s number, or its path such as `group/project`.'),
    title: z.string().min(1).max(255).describe('The title.'),
    description: z.string().max(MAX_DESCRIPTION_CHARACTERS).optional().describe('The text, in Markdown.'),
    labels: z
      .array(
        z
          .string()
          .min(1)
          .regex(/^[^,]+$/, 'must not hold a comma'),
      )
      .max(100)
      .optional()
      .describe('Labels; those that do not exist are made.'),
    assignee_ids: z.array(z.int().positive()).max(100).optional().describe('User ids.'),
    milestone_id: z.int().positive().optional().describe('The milestone’s id.'),
    due_date: z.iso.date().optional().describe('`YYYY-MM-DD`.'),
    confidential: z.boolean().optional().describe('Whether only members see it.'),
    issue_type: z.enum(['issue', 'incident', 'test_case', 'task']).optional().describe('Default `issue`.'),
  }),
  request({ project, labels, ...issue }, given: GitLabCredentials) {
    const url = `${api(given)}/projects/${encodeURIComponent(project)}/issues`;
    return jsonPost(url, ownHeaders(given), { ...issue, labels: labels?.join(',') });
  },
});

function judge(answer: Answer, context: JudgeContext): Verdict {
  const body = readBody(answer);
  if (answer.status >= 200 && answer.status < 300) {
    const id = textAt(body, 'web_url');
    return { outcome: 'succeeded', ...(id === undefined ? {} : { messageId: id }) };
  }
  const said =
    sentence(at(body, 'message') ?? null) ?? textAt(body, 'error_description') ?? textAt(body, 'error');
  return failureByStatus(
    answer,
    context,
    { message: said === undefined ? undefined : `GitLab: ${said}` },
    rateLimit(answer, context.now),
  );
}

/** GitLab says what is wrong as a text, or as lists by field. */
function sentence(message: Json): string | undefined {
  if (typeof message === 'string' && message !== '') return message;
  if (!isJsonObject(message)) return undefined;
  const parts = Object.entries(message).map(
    ([field, wrong]) => `${field} ${Array.isArray(wrong) ? wrong.map(inWords).join(', ') : inWords(wrong)}`,
  );
  return parts.length === 0 ? undefined : parts.join('; ');
}

const rateLimit = (answer: Answer, now: Date): number | null =>
  retryAfterHeader(answer, now) ??
  budgetRest(
    answer,
    now,
    [{ remaining: 'ratelimit-remaining', reset: 'ratelimit-reset' }],
    answer.status === 429,
  );

export const gitlab = defineProvider<GitLabCredentials>({
  id: 'gitlab',
  title: 'GitLab',
  docsUrl: 'https://docs.gitlab.com/api/issues/#new-issue',
  fields: [
    {
      name: 'token',
      label: 'Access token',
      help: 'A personal, group or project access token with the scope `api`.',
      secret: true,
      link: 'https://gitlab.com/-/user_settings/personal_access_tokens',
      example: 'glpat-00000000000000000000',
    },
    {
      name: 'base_url',
      label: 'Server',
      help: 'The address of your own GitLab, without `/api/v4`.',
      secret: false,
      optional: true,
      default: DEFAULT_BASE_URL,
      example: 'https://gitlab.example.com',
    },
    {
      name: 'webhook_secret',
      label: 'Webhook secret',
      help: 'Not used to send. It is kept beside the token for whoever sets up webhooks; what GitLab sends is checked with the secret of a source, so give it there too.',
      secret: true,
      optional: true,
      link: 'https://docs.gitlab.com/user/project/integrations/webhooks/',
      example: 'example-of-a-webhook-secret',
    },
  ],
  credentials,
  origins: ({ base_url }) => [new URL(base_url).origin],
  request: (input, given) => webhookRequest(input, given.base_url, ownHeaders(given)),
  webhook: {
    help: '`path` is behind the server’s address and starts with `/api/v4`; a project’s path in it is written `group%2Fproject`.',
    example: { path: '/api/v4/projects/acme%2Fapi/issues', body: { title: 'Nightly backup failed' } },
  },
  operations: { create_issue: createIssue },
  // There is no idempotency key: a POST after a 5xx may make a second issue.
  safeToRepeat: false,
  judge,
  rateLimit,
  test: {
    request: (given) => get(`${api(given)}/personal_access_tokens/self`, ownHeaders(given)),
    describe(answer) {
      const verdict = judge(answer, TEST_JUDGING);
      const body = readBody(answer);
      const scopes = at(body, 'scopes');
      if (verdict.outcome === 'succeeded' && !(Array.isArray(scopes) && scopes.includes('api'))) {
        return { ok: false, code: 'scope_missing', message: 'The token is valid but lacks the scope `api`.' };
      }
      return testReport(verdict, `The token “${textAt(body, 'name') ?? 'without a name'}” is valid.`);
    },
  },
  // gitlab.com takes 200 new issues a minute of one user; three a second stays under it.
  limits: { concurrency: 10, perSecond: 3, burst: 20 },
});
