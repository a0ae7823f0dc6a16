// Linear's GraphQL API: issues, and whatever else a key may do.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { isJsonObject, type Json } from '../../engine/json.ts';
import { at, readBody, textAt } from '../answer.ts';
import { headerText } from '../credential-text.ts';
import { defineOperation, defineProvider } from '../define-provider.ts';
import { failureByStatus, throttled } from '../judge-status.ts';
import type { Answer, JudgeContext, Verdict, WebhookInput } from '../provider.ts';
import { JSON_TYPE, jsonPost, webhookRequest } from '../request-parts.ts';
import { budgetRest, parseRetryAfter } from '../retry-after.ts';
import { TEST_JUDGING, testReport } from '../test-report.ts';

const API = 'https://api.linear.app';
const GRAPHQL = `${API}/graphql`;
const CREATE_ISSUE =
  'mutation CreateIssue($input: IssueCreateInput!) { issueCreate(input: $input) { success issue { id identifier url } } }';

const credentials = z.strictObject({ api_key: headerText });

type LinearCredentials = z.output<typeof credentials>;

// A personal key stands alone; `Bearer` is for OAuth tokens, and Linear refuses a key behind it.
const ownHeaders = ({ api_key }: LinearCredentials): Record<string, string> => ({
  authorization: api_key,
  accept: JSON_TYPE,
  'content-type': JSON_TYPE,
});

/** Linear takes the new issue's id from the client, as a version 4 UUID: the same key gives the same one. */
function issueId(idempotencyKey: string): string {
  const bytes = createHash('sha256').update(`linear.create_issue:${idempotencyKey}`).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const id = z.string().min(1).max(100);

const createIssue = defineOperation({
  title: 'Create an issue',
  help: 'The issue’s id is made from the action’s run, so sending it again cannot make a second issue.',
  idempotent: true,
  example: {
    team_id: '9cfb482a-81e3-4154-b5b9-2c805e70a02d',
    title: 'Nightly backup failed',
    description: 'See job 7.',
    priority: 2,
  },
  input: z.strictObject({
    team_id: id.describe('The team’s id.'),
    title: z.string().min(1).max(255).describe('The title.'),
    description: z.string().max(100_000).optional().describe('The text, in Markdown.'),
    priority: z.int().min(0).max(4).optional().describe('0 none, 1 urgent, 2 high, 3 medium, 4 low.'),
    state_id: id.optional().describe('The workflow state.'),
    assignee_id: id.optional().describe('The user.'),
    project_id: id.optional().describe('The project.'),
    label_ids: z.array(id).max(50).optional().describe('Labels.'),
    parent_id: id.optional().describe('The issue it is part of.'),
    due_date: z.iso.date().optional().describe('`YYYY-MM-DD`.'),
  }),
  request(input, given: LinearCredentials, { idempotencyKey }) {
    const issue = {
      id: issueId(idempotencyKey),
      teamId: input.team_id,
      title: input.title,
      description: input.description,
      priority: input.priority,
      stateId: input.state_id,
      assigneeId: input.assignee_id,
      projectId: input.project_id,
      labelIds: input.label_ids,
      parentId: input.parent_id,
      dueDate: input.due_date,
    };
    return jsonPost(GRAPHQL, ownHeaders(given), { query: CREATE_ISSUE, variables: { input: issue } });
  },
});

function judge(answer: Answer, context: JudgeContext): Verdict {
  const body = readBody(answer);
  const errors = at(body, 'errors');
  const [first] = Array.isArray(errors) ? errors : [];
  if (answer.status >= 200 && answer.status < 300 && first === undefined) {
    const created = at(body, 'data', 'issueCreate') ?? null;
    if (at(created, 'success') === false) {
      const message = 'Linear: the issue was not created';
      return { outcome: 'failed', retry: false, code: 'linear_not_created', message };
    }
    const messageId = textAt(created, 'issue', 'identifier') ?? textAt(created, 'issue', 'id');
    return { outcome: 'succeeded', ...(messageId === undefined ? {} : { messageId }) };
  }
  return failure(answer, context, first ?? null);
}

/** GraphQL's errors come with 200 or 400; what they mean is in their `extensions`. */
function failure(answer: Answer, context: JudgeContext, error: Json): Verdict {
  const kind = textAt(error, 'extensions', 'code') ?? textAt(error, 'extensions', 'type');
  const code = kind?.toLowerCase().replace(/[^a-z]+/g, '_');
  const said = textAt(error, 'extensions', 'userPresentableMessage') ?? textAt(error, 'message');
  const message = said === undefined ? undefined : `Linear: ${said}`;
  if (isLimited(answer)) {
    const words = { code: 'linear_ratelimited', message: message ?? 'Linear: too many requests' };
    return throttled(words, rateLimit(answer, context.now));
  }
  const refused = code === 'authentication_error' || code === 'forbidden';
  const internal = code === 'internal_server_error' || code === 'internal_error';
  const byStatus = failureByStatus(answer, context, {
    code: code === undefined ? undefined : `linear_${code}`,
    message,
  });
  return {
    ...byStatus,
    retry: byStatus.retry || (internal && context.safeToRepeat),
    ...(refused ? { flagConnection: true } : {}),
  };
}

/** Refused for the rate: 429 before the API, and behind it an error of that name, usually with 400. */
function isLimited(answer: Answer): boolean {
  if (answer.status === 429) return true;
  const errors = at(readBody(answer), 'errors');
  if (!Array.isArray(errors)) return false;
  return errors.some((error) =>
    [textAt(error, 'extensions', 'code'), textAt(error, 'extensions', 'type')].some(
      (name) => name?.toUpperCase() === 'RATELIMITED',
    ),
  );
}

const BUDGETS = ['requests', 'complexity', 'endpoint-requests'].map((name) => ({
  remaining: `x-ratelimit-${name}-remaining`,
  reset: `x-ratelimit-${name}-reset`,
}));

function rateLimit(answer: Answer, now: Date): number | null {
  // The body is read only where the status is one that a refusal comes with: this is asked of every answer.
  const limited = answer.status !== 200 && isLimited(answer);
  const asked = limited ? parseRetryAfter(answer.headers['retry-after'], now) : null;
  return asked ?? budgetRest(answer, now, BUDGETS, limited);
}

/** A query changes nothing; a mutation may be sent twice where the client names what it makes. */
function safeToRepeat({ body }: WebhookInput): boolean {
  if (!isJsonObject(body)) return false;
  const query = textAt(body, 'query');
  if (query === undefined) return false;
  return (
    !/\b(?:mutation|subscription)\b/.test(query) || textAt(body, 'variables', 'input', 'id') !== undefined
  );
}

export const linear = defineProvider<LinearCredentials>({
  id: 'linear',
  title: 'Linear',
  docsUrl: 'https://linear.app/developers/graphql',
  fields: [
    {
      name: 'api_key',
      label: 'Personal API key',
      help: 'Starts with `lin_api_`; it needs write access, and to the team where issues are to go.',
      secret: true,
      link: 'https://linear.app/settings/account/security',
      example: 'lin_api_0000000000000000000000000000000000000000',
    },
  ],
  credentials,
  origins: () => [API],
  request: (input, given) => webhookRequest(input, API, ownHeaders(given)),
  webhook: {
    help: '`path` is `/graphql`, the body `{query, variables}`. A mutation is sent again after a 5xx only when `variables.input.id` is given.',
    example: { path: '/graphql', body: { query: '{ viewer { id name } }' } },
  },
  operations: { create_issue: createIssue },
  safeToRepeat,
  judge,
  rateLimit,
  test: {
    request: (given) => jsonPost(GRAPHQL, ownHeaders(given), { query: '{ viewer { id name } }' }),
    describe: (answer) =>
      testReport(
        judge(answer, TEST_JUDGING),
        `The key is that of ${textAt(readBody(answer), 'data', 'viewer', 'name') ?? 'a user without a name'}.`,
      ),
  },
  // Linear counts by the hour (thousands of requests for a key); this keeps a burst from spending it all.
  limits: { concurrency: 10, perSecond: 5, burst: 50 },
});
