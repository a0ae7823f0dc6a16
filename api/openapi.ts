// The API's description of itself (OpenAPI 3.1), made from the schemas that validate.
import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { AppEnv } from './deps.ts';

export type OpenApiDocument = ReturnType<OpenAPIHono<AppEnv>['getOpenAPI31Document']>;

const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().openapi({ description: 'What happened, as a sentence.' }),
    code: z.string().openapi({ description: 'Stable: decide by it, not by the sentence.' }),
    problems: z
      .array(
        z.object({
          pointer: z.string().openapi({
            description:
              'JSON pointer into the body; `/query/…` and `/header/…` for the rest of the request.',
          }),
          code: z.string(),
          message: z.string(),
          severity: z.enum(['error', 'warning']),
        }),
      )
      .optional(),
    request_id: z.string(),
  })
  .openapi('Problem', { description: 'RFC 9457. Some codes bring members of their own.' });

const TAGS = [
  { name: 'Workflows', description: 'State machines, their versions, and what they would do.' },
  { name: 'Jobs', description: 'Running state machines: start them, send them events, watch them.' },
  {
    name: 'Actions',
    description: 'What transitions set off: requests, their answers, and what to do when one failed.',
  },
  { name: 'Connections', description: 'Stored credentials of external systems.' },
  { name: 'Sources', description: 'Where other systems send their events.' },
  { name: 'Inbound events', description: 'What they sent, and what came of it.' },
  { name: 'Triggers', description: 'What is to happen when an event arrives.' },
  {
    name: 'Notifications',
    description: 'Scopes, what connections are supplied to, who subscribed to what, and what was delivered.',
  },
  { name: 'Metering', description: 'What attempts came to.' },
  { name: 'Audit', description: 'What happened to jobs and settings.' },
  { name: 'Access', description: 'Members, invitations, groups, API keys and roles.' },
];

const DESCRIPTION = `State machines that commit every transition to Postgres, and a worker that fires what they carry.

Send \`Authorization: Bearer …\` with an API key (\`pawl_…\`) or a token of your identity provider, or the cookie of a
session: people sign in at \`/api/auth\` (docs/access.md). Errors are problem
documents (RFC 9457) with a stable \`code\`. Lists take \`limit\` and \`cursor\` and answer \`items\` and
\`next_cursor\`, newest first. A page with fewer than \`limit\` may have one too: the rest has not been
looked at. \`PATCH\` is a JSON merge patch (RFC 7396): what it leaves out stays, and null takes away what need not be
there. \`settings\` and \`config\` are merged member by member; an \`action\`, the message to an \`endpoint\` and a
\`layout\` are one value each, in which null may stand, and are replaced as they are given. What is not yours answers like what does not exist: 404.`;

export function describeApi(app: OpenAPIHono<AppEnv>, version: string): OpenApiDocument {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key, or a JWT of your identity provider.',
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-pawl.session_token',
    description:
      'The session of a person who signed in at /api/auth. Whatever changes something needs its Origin and ' +
      '`X-Pawl-Request: 1`; `X-Pawl-Tenant` says which organisation is meant. Over plain http the name is `pawl.session_token`.',
  });
  app.openAPIRegistry.register('Problem', problemSchema);
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Pawl', version, description: DESCRIPTION, license: { name: 'MIT' } },
    servers: [{ url: '/' }],
    tags: TAGS,
  });
  for (const { operation } of operationsOf(document)) {
    operation.responses = { ...operation.responses, default: PROBLEM_ANSWER };
  }
  return document;
}

const PROBLEM_ANSWER = {
  description: 'Refused, or failed.',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

export interface DescribedOperation {
  method: string;
  path: string;
  operation: Operation;
}

type PathItem = NonNullable<OpenApiDocument['paths']>[string];
type Operation = NonNullable<PathItem['get']>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** Every operation of the document, in its order. */
export function operationsOf(document: OpenApiDocument): DescribedOperation[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation ? [{ method, path, operation }] : [];
    }),
  );
}
