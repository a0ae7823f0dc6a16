// Somebody at a browser: keeps cookies, and sends along what a page of ours would.
import { expect } from 'vitest';
import type { Answer, RequestOptions } from './answer.testkit.ts';
import type { createApi } from './app.ts';

export interface Browser {
  /** Paths are relative to /api/v1 unless they start with /api/. */
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it asked for, and the compiler cannot
  call<T = any>(method: string, path: string, options?: RequestOptions): Promise<Answer<T>>;
  /** What is sent with each request, as things stand. */
  headers(): Record<string, string>;
  /** By name, as the server set them. */
  readonly cookies: ReadonlyMap<string, string>;
}

const ORIGIN = 'http://localhost';
export const PASSWORD = 'a password that is long enough';

/** @param app whose requests go to http://localhost unless a path is a whole URL */
export function openBrowser(app: ReturnType<typeof createApi>): Browser {
  const cookies = new Map<string, string>();
  const headersNow = () => ({
    origin: ORIGIN,
    'x-pawl-request': '1',
    ...(cookies.size > 0 && {
      cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
    }),
  });
  return {
    cookies,
    headers: headersNow,
    async call(method, path, { body, headers } = {}) {
      const response = await app.request(path.startsWith('/api/') ? path : `/api/v1${path}`, {
        method,
        headers: {
          ...headersNow(),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      for (const cookie of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
        if (value === '' || /max-age=0(?:;|$)/i.test(cookie)) cookies.delete(name);
        else cookies.set(name, value);
      }
      const text = await response.text();
      const isJson = text !== '' && /json/.test(response.headers.get('content-type') ?? '');
      return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
    },
  };
}

/** Makes an account, and is signed in with it. @returns the user's id */
export async function signUp(browser: Browser, email: string, invitation?: string): Promise<string> {
  const { status, body } = await browser.call('POST', '/api/auth/sign-up/email', {
    body: { email, password: PASSWORD, name: email.split('@')[0] ?? '' },
    headers: invitation === undefined ? {} : { 'x-pawl-invitation': invitation },
  });
  expect([status, body.code], email).toEqual([200, undefined]);
  return body.user.id;
}

/** Makes an account and joins by an invitation's token. @returns the user's id */
export async function join(browser: Browser, email: string, token: string): Promise<string> {
  const id = await signUp(browser, email, token);
  const { status, body } = await browser.call('POST', '/api/auth/organization/accept-invitation', {
    body: { invitationId: token },
  });
  expect([status, body.code], email).toEqual([200, undefined]);
  return id;
}
