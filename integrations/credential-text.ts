// The texts credentials are made of, as schemas: what fits a header or a URL, refused with a sentence and no value.
import { z } from 'zod';
import { pathProblem } from './target-url.ts';

// Longer than any key in use; headers of a request share 16 KiB at most receivers.
const MAX_SECRET_LENGTH = 8192;
const MAX_URL_LENGTH = 2048;

const REFUSED_IN_URL = /[\s\\@?#]/;

/** A key or token that goes into a header: visible ASCII, single spaces inside, none around it. */
export const headerText = z
  .string()
  .max(MAX_SECRET_LENGTH, `must have at most ${MAX_SECRET_LENGTH} characters`)
  .regex(
    /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/,
    'must be visible ASCII, not empty, without spaces or line breaks around it',
  );

/** An absolute http(s) URL to append paths to: no user name, query, fragment, `..`; at most 2048 characters. */
export const baseUrl = z
  .string()
  .max(MAX_URL_LENGTH, `must have at most ${MAX_URL_LENGTH} characters`)
  .superRefine((text, context) => {
    const wrong = baseUrlProblem(text);
    if (wrong !== null) context.addIssue({ code: 'custom', message: wrong });
  });

/** A path behind a base URL, as an action's `path`. */
export const relativePath = z
  .string()
  .max(MAX_URL_LENGTH, `must have at most ${MAX_URL_LENGTH} characters`)
  .superRefine((text, context) => {
    const wrong = pathProblem(text);
    if (wrong !== null) context.addIssue({ code: 'custom', message: wrong });
  });

function baseUrlProblem(text: string): string | null {
  const match = /^https?:\/\/[^/]+(.*)$/is.exec(text);
  const url = match === null ? null : URL.parse(text);
  if (match === null || url === null) return 'must be an absolute URL such as https://api.example.com';
  if (REFUSED_IN_URL.test(text)) {
    return 'must not hold a user name, a query, a fragment, a backslash or white space';
  }
  const wrong = pathProblem(match[1] ?? '');
  return wrong === null ? null : `has a path that cannot be used: ${wrong}`;
}
