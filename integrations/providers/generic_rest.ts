// Any HTTP API: an action's path behind a base URL, with one Authorization header.
import { z } from 'zod';
import { baseUrl, headerText, relativePath } from '../credential-text.ts';
import { defineProvider } from '../define-provider.ts';
import { failureByStatus } from '../judge-status.ts';
import type { TestReport } from '../provider.ts';
import { bodyOf, headersOf, methodOf } from '../request-parts.ts';
import { targetUrl } from '../target-url.ts';

const credentials = z.strictObject({
  base_url: baseUrl,
  auth_header: headerText.optional(),
  test_path: relativePath.optional(),
});

type GenericRestCredentials = z.output<typeof credentials>;

const authorisation = ({ auth_header }: GenericRestCredentials): Record<string, string> =>
  auth_header === undefined ? {} : { authorization: auth_header };

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
    const method = methodOf(input);
    const headers = headersOf(input.headers, authorisation(given));
    const body = bodyOf(method, input.body, headers);
    return { method, url: targetUrl(given.base_url, input.path, input.query), headers, body };
  },

  webhook: {
    help: '`path` is appended to the base URL.',
    example: { path: '/jobs', body: { id: 7 } },
  },

  operations: {},

  test: {
    request: (given) => ({
      method: 'GET',
      url: targetUrl(given.base_url, given.test_path ?? ''),
      headers: authorisation(given),
      body: null,
    }),
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
