// Jira Cloud's REST API v3: issues, and whatever else a token may do.
import { z } from 'zod';
import { isJsonObject, type Json } from '../../engine/json.ts';
import { at, inWords, readBody, textAt } from '../answer.ts';
import { headerText } from '../credential-text.ts';
import { defineOperation, defineProvider } from '../define-provider.ts';
import { failureByStatus } from '../judge-status.ts';
import type { Answer, JudgeContext, Verdict } from '../provider.ts';
import { basic, get, JSON_TYPE, jsonPost, webhookRequest } from '../request-parts.ts';
import { budgetRest, parseResetDate, retryAfterHeader } from '../retry-after.ts';
import { TEST_JUDGING, testReport } from '../test-report.ts';

// Jira's own limit of a text field.
const MAX_TEXT_CHARACTERS = 32_767;

const credentials = z.strictObject({
  site: z
    .string()
    .regex(
      /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/,
      'must be the name before `.atlassian.net`, letters, digits and hyphens only',
    ),
  email: z.email('must be an e-mail address').max(254),
  api_token: headerText,
});

type JiraCredentials = z.output<typeof credentials>;

const origin = ({ site }: JiraCredentials): string => `https://${site.toLowerCase()}.atlassian.net`;

const ownHeaders = ({ email, api_token }: JiraCredentials): Record<string, string> => ({
  authorization: basic(email, api_token),
  accept: JSON_TYPE,
  'content-type': JSON_TYPE,
});

/** Plain text as an Atlassian document: an empty line begins a paragraph, a single line break stays one. */
function documentOf(text: string): Json {
  const paragraphs = text.split(/\n{2,}/).map((paragraph) => ({
    type: 'paragraph',
    content: paragraph.split('\n').flatMap((line, index): Json[] => [
      ...(index === 0 ? [] : [{ type: 'hardBreak' }]),
      // A text node must not be empty.
      ...(line === '' ? [] : [{ type: 'text', text: line }]),
    ]),
  }));
  return { type: 'doc', version: 1, content: paragraphs };
}

const createIssue = defineOperation({
  title: 'Create an issue',
  help: 'Jira offers no idempotency key, so an issue that may exist is not created again.',
  example: {
    project: 'OPS',
    issue_type: 'Task',
    summary: 'Nightly backup failed',
    description: 'See job 7.',
    labels: ['pawl'],
  },
  input: z.strictObject({
    project: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9_]{0,254}$|^\d{1,20}$/, 'must be a project’s key or number')
      .describe('The project’s key, such as `OPS`, or its number.'),
    issue_type: z.string().min(1).max(255).default('Task').describe('The issue type’s name.'),
    summary: z
      .string()
      .min(1)
      .max(255)
      .regex(/^[^\r\n]*$/, 'must be one line')
      .describe('The title, one line.'),
    description: z
      .union(
        [z.string().max(MAX_TEXT_CHARACTERS), z.looseObject({ type: z.literal('doc') })],
        'must be a text or an Atlassian document',
      )
      .optional()
      .describe('A text, or an Atlassian document (`{"type": "doc", …}`) sent as it stands.'),
    labels: z
      .array(z.string().regex(/^\S{1,255}$/, 'must hold no space'))
      .max(100)
      .optional()
      .describe('Labels, without spaces.'),
    priority: z.string().min(1).optional().describe('The priority’s name.'),
    assignee_id: z.string().min(1).optional().describe('The account id.'),
    parent: z.string().min(1).optional().describe('The key of the issue or epic it is part of.'),
    fields: z.record(z.string(), z.json()).optional().describe('Further fields as Jira’s API has them.'),
  }),
  request(input, given: JiraCredentials) {
    const { project, priority, assignee_id, parent, description } = input;
    const fields = {
      ...input.fields,
      project: /^\d+$/.test(project) ? { id: project } : { key: project },
      issuetype: { name: input.issue_type },
      summary: input.summary,
      description: typeof description === 'string' ? documentOf(description) : description,
      labels: input.labels,
      priority: priority === undefined ? undefined : { name: priority },
      assignee: assignee_id === undefined ? undefined : { id: assignee_id },
      parent: parent === undefined ? undefined : { key: parent },
    };
    return jsonPost(`${origin(given)}/rest/api/3/issue`, ownHeaders(given), { fields });
  },
});

function judge(answer: Answer, context: JudgeContext): Verdict {
  const body = readBody(answer);
  if (answer.status >= 200 && answer.status < 300) {
    const id = textAt(body, 'key') ?? textAt(body, 'id');
    return { outcome: 'succeeded', ...(id === undefined ? {} : { messageId: id }) };
  }
  return failureByStatus(answer, context, { message: sentence(body) }, rateLimit(answer, context.now));
}

function sentence(body: Json): string | undefined {
  const general = at(body, 'errorMessages');
  const fields = at(body, 'errors');
  const parts = [
    ...(Array.isArray(general) ? general.map(inWords) : []),
    ...(isJsonObject(fields)
      ? Object.entries(fields).map(([field, wrong]) => `${field}: ${inWords(wrong)}`)
      : []),
  ];
  const said = parts.length > 0 ? parts.join('; ') : textAt(body, 'message');
  return said === undefined ? undefined : `Jira: ${said}`;
}

const rateLimit = (answer: Answer, now: Date): number | null =>
  retryAfterHeader(answer, now) ??
  budgetRest(
    answer,
    now,
    [{ remaining: 'x-ratelimit-remaining', reset: 'x-ratelimit-reset' }],
    answer.status === 429,
    parseResetDate,
  );

export const jira = defineProvider<JiraCredentials>({
  id: 'jira',
  title: 'Jira',
  docsUrl: 'https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/',
  fields: [
    {
      name: 'site',
      label: 'Site',
      help: 'The name before `.atlassian.net` in the address of your Jira.',
      secret: false,
      example: 'acme',
    },
    {
      name: 'email',
      label: 'E-mail address',
      help: 'Of the Atlassian account whose token it is.',
      secret: false,
      example: 'ops@example.com',
    },
    {
      name: 'api_token',
      label: 'API token',
      help: 'An API token (without scopes) of that account, which may create issues in the project.',
      secret: true,
      link: 'https://id.atlassian.com/manage-profile/security/api-tokens',
      example: 'ATATT3xFfGF0000000000000000000000000000',
    },
  ],
  credentials,
  origins: (given) => [origin(given)],
  request: (input, given) => webhookRequest(input, origin(given), ownHeaders(given)),
  webhook: {
    help: '`path` is behind `https://<site>.atlassian.net`.',
    example: {
      path: '/rest/api/3/issue',
      body: {
        fields: { project: { key: 'OPS' }, issuetype: { name: 'Task' }, summary: 'Nightly backup failed' },
      },
    },
  },
  operations: { create_issue: createIssue },
  // There is no idempotency key: a POST after a 5xx may make a second issue.
  safeToRepeat: false,
  judge,
  rateLimit,
  test: {
    request: (given) => get(`${origin(given)}/rest/api/3/myself`, ownHeaders(given)),
    describe: (answer) =>
      testReport(
        judge(answer, TEST_JUDGING),
        `The token is that of ${textAt(readBody(answer), 'displayName') ?? 'a user without a name'}.`,
      ),
  },
  // Atlassian publishes no number for this; ten at once stays clear of its limit of concurrent requests.
  limits: { concurrency: 10, perSecond: 5, burst: 20 },
});
