// Any HTTP API: an action's path behind a base URL, with a secret in a header, in the query, or in both.
import { z } from 'zod';
import { baseUrl, headerText, relativePath } from '../credential-text.ts';
import { defineProvider } from '../define-provider.ts';
import { failureByStatus } from '../judge-status.ts';
import type { TestReport } from '../provider.ts';
import { Refusal } from '../refusal.ts';
import { get, mayCarryCredential, webhookRequest } from '../request-parts.ts';
import { targetUrl } from '../target-url.ts';

const credentials = z.strictObject({
  base_url: baseUrl,
  auth_header: headerText.optional(),
  auth_header_name: z
    .string()
    .max(100)
    .refine(mayCarryCredential, 'must be the name of a header that is not set for every request')
    .default('Authorization'),
  auth_query_value: headerText.optional(),
  auth_query_name: z
    .string()
    .regex(/^[A-Za-z0-9_.~-]{1,100}$/, 'must be letters, digits, `_`, `.`, `~` and `-`')
    .default('key'),
  test_path: relativePath.optional(),
});

type GenericRestCredentials = z.output<typeof credentials>;

const ownHeaders = ({ auth_header, auth_header_name }: GenericRestCredentials): Record<string, string> =>
  auth_header === undefined ? {} : { [auth_header_name.toLowerCase()]: auth_header };

/** The URL with what of the credentials belongs into its query. Throws Refusal `query_invalid` where the action set that itself. */
function withOwnQuery(
  url: string,
  { auth_query_name: name, auth_query_value: value }: GenericRestCredentials,
): string {
  if (value === undefined) return url;
  const whole = new URL(url);
  if (whole.searchParams.has(name))
    throw new Refusal('query_invalid', `\`${name}\` comes from the connection; an action cannot set it.`);
  const pair = `${name}=${encodeURIComponent(value)}`;
  whole.search = whole.search === '' ? pair : `${whole.search}&${pair}`;
  return whole.href;
}

export const genericRest = defineProvider<GenericRestCredentials>({
  id: 'generic_rest',
  title: 'REST API',
  docsUrl: 'https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Authorization',
  fields: [
    {
      name: 'base_url',
      label: 'Base URL',
      help: 'Every path of an action is appended to it, and nothing is ever sent anywhere else.',
      secret: false,
      example: 'https://api.example.com/v1',
    },
    {
      name: 'auth_header',
      label: 'Authorization header',
      help: 'The whole value, for instance `Bearer …`. Leave it out for an API without authentication.',
      secret: true,
      optional: true,
      example: 'Bearer 0000000000',
    },
    {
      name: 'auth_header_name',
      label: 'Name of that header',
      help: 'For an API that takes its key in a header of its own, such as `X-Api-Key`.',
      secret: false,
      optional: true,
      default: 'Authorization',
    },
    {
      name: 'auth_query_value',
      label: 'Key in the query',
      help: 'For an API that takes its key there: it is sent with every request. Leave it out otherwise.',
      secret: true,
      optional: true,
      example: '0000000000',
    },
    {
      name: 'auth_query_name',
      label: 'Name of that parameter',
      help: 'An action cannot set it.',
      secret: false,
      optional: true,
      default: 'key',
    },
    {
      name: 'test_path',
      label: 'Test path',
      help: 'The path that a test of the connection GETs; without it, the base URL itself.',
      secret: false,
      optional: true,
      example: '/health',
    },
  ],
  credentials,
  origins: ({ base_url }) => [new URL(base_url).origin],

  request(input, given) {
    const made = webhookRequest(input, given.base_url, ownHeaders(given));
    return { ...made, url: withOwnQuery(made.url, given) };
  },

  webhook: {
    help: '`path` is appended to the base URL.',
    example: { path: '/jobs', body: { id: 7 } },
  },

  operations: {},

  test: {
    request: (given) =>
      get(withOwnQuery(targetUrl(given.base_url, given.test_path ?? ''), given), ownHeaders(given)),
    describe: (answer): TestReport => {
      const { status } = answer;
      if (status >= 200 && status < 300)
        return { ok: true, code: 'ok', message: `The API answered ${status}.` };
      const { code, message } = failureByStatus(answer, {
        now: new Date(0),
        safeToRepeat: false,
        operation: null,
      });
      const hint = status === 404 || status === 405 ? ' Set a test path that answers a GET.' : '';
      return { ok: false, code, message: message + hint };
    },
  },

  // The receiver is unknown; the worker's own caps are the tighter bound.
  limits: { concurrency: 64 },
});
