// The one rule by status, where the provider's body has nothing to add: what is a success, what may be sent again.
import type { Answer, JudgeContext, Verdict } from './provider.ts';
import { parseRetryAfter } from './retry-after.ts';

export type Failure = Extract<Verdict, { outcome: 'failed' }>;

// The receiver says that it did not process the request: Request Timeout, Too Early, Too Many Requests.
const NOT_PROCESSED = new Set([408, 425, 429]);

/** What a provider read out of the body; both replace what the status alone would say. */
interface FailureWords {
  code?: string | undefined;
  message?: string | undefined;
}

/**
 * 2xx succeeded. 401 and 403 flag the connection. 408, 425 and 429 may be sent again; no other 4xx, and no 3xx, as
 * redirects are not followed. 5xx only when the call is safe to repeat.
 */
export function judgeStatus(answer: Answer, context: JudgeContext): Verdict {
  const { status } = answer;
  return status >= 200 && status < 300 ? { outcome: 'succeeded' } : failureByStatus(answer, context);
}

/** The failing half of the rule, for a provider that has better words or knows the pause better. */
export function failureByStatus(
  answer: Answer,
  context: JudgeContext,
  words: FailureWords = {},
  retryAfterMs: number | null = parseRetryAfter(answer.headers['retry-after'], context.now),
): Failure {
  const { status } = answer;
  const retry = NOT_PROCESSED.has(status) || (status >= 500 && context.safeToRepeat);
  return {
    outcome: 'failed',
    retry,
    ...(retry && retryAfterMs !== null ? { retryAfterMs } : {}),
    code: words.code ?? `http_${status}`,
    message: words.message ?? sentence(status),
    ...(status === 401 || status === 403 ? { flagConnection: true } : {}),
  };
}

/** A refusal for the rate, whatever status it came with: it was not processed, so it is sent again after the pause. */
export function throttled(words: { code: string; message: string }, retryAfterMs: number | null): Failure {
  return {
    outcome: 'failed',
    retry: true,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
    ...words,
  };
}

// Those a customer meets; node:http's list would bring the network into this folder.
const STATUS_NAMES: Readonly<Record<number, string>> = {
  301: 'Moved Permanently',
  302: 'Found',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  425: 'Too Early',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

function sentence(status: number): string {
  const name = STATUS_NAMES[status];
  const answered = `The receiver answered ${status}${name === undefined ? '' : ` ${name}`}`;
  if (status >= 300 && status < 400) return `${answered}; redirects are not followed.`;
  if (status === 401 || status === 403) return `${answered}: it refused the credential.`;
  return `${answered}.`;
}
