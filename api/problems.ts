// Errors as the client sees them: RFC 9457 problem documents with a stable `code`.
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { type ErrorKind, isPawlError, PawlError } from '../engine/errors.ts';
import type { ApiDeps, AppEnv } from './deps.ts';
import { aboutRequest } from './observe.ts';

const PROBLEM_TYPE = 'https://pawl.dev/problems/';

const STATUS_BY_KIND: Readonly<Record<ErrorKind, { status: ContentfulStatusCode; title: string }>> = {
  InvalidInput: { status: 422, title: 'The request is not valid' },
  Unauthorized: { status: 401, title: 'Not signed in' },
  Forbidden: { status: 403, title: 'Not allowed' },
  NotFound: { status: 404, title: 'Not found' },
  Conflict: { status: 409, title: 'Not possible in the present state' },
  TooLarge: { status: 413, title: 'Too large' },
  TooMany: { status: 429, title: 'Too many requests' },
  Unavailable: { status: 503, title: 'Not available at the moment' },
  Corrupt: { status: 500, title: 'Stored data is damaged' },
};

// Where the kind says too little, or too much: inputs that are wrong in a way HTTP has a status of its own for, and what nobody foresaw.
const STATUS_BY_CODE: Readonly<Record<string, { status: ContentfulStatusCode; title: string }>> = {
  malformed_json: { status: 400, title: 'The body is not JSON' },
  body_incomplete: { status: 400, title: 'The body is not whole' },
  unsupported_media_type: { status: 415, title: 'Unsupported media type' },
  internal_error: { status: 500, title: 'An error on our side' },
};

/** Answers an error; what nobody foresaw is logged and says nothing but its request id. */
export function answerProblem(error: unknown, c: Context<AppEnv>, { log }: Pick<ApiDeps, 'log'>): Response {
  const known = asPawlError(error);
  const requestId = c.get('requestId');
  const { status, title } = STATUS_BY_CODE[known.code] ?? STATUS_BY_KIND[known.kind];
  if (status >= 500) {
    log.error({ err: error, ...aboutRequest(c), method: c.req.method, path: c.req.path }, known.code);
  }
  const body = {
    ...known.details,
    type: PROBLEM_TYPE + known.code,
    title,
    status,
    detail: known.message,
    code: known.code,
    ...(known.problems.length > 0 && { problems: known.problems }),
    request_id: requestId,
  };
  c.header('Content-Type', 'application/problem+json');
  if (status === 401) c.header('WWW-Authenticate', 'Bearer realm="pawl"');
  if (status === 503) c.header('Retry-After', '1');
  if (status === 429) c.header('Retry-After', String(known.details.retry_after_s ?? 1));
  return c.body(JSON.stringify(body), status);
}

function asPawlError(error: unknown): PawlError {
  if (isPawlError(error)) return error;
  if (error instanceof HTTPException && error.status === 415) return unsupportedMediaType();
  if (error instanceof HTTPException && error.status === 400) {
    return new PawlError('InvalidInput', 'malformed_json', 'The body is not valid JSON.');
  }
  if (isDatabaseAway(error)) {
    const message = 'The database does not answer. Nothing was lost; try again.';
    return new PawlError('Unavailable', 'database_unavailable', message, { cause: error });
  }
  const message = 'Something went wrong on our side. The request id says where to look.';
  return new PawlError('Corrupt', 'internal_error', message, { cause: error });
}

export function unsupportedMediaType(): PawlError {
  return new PawlError(
    'InvalidInput',
    'unsupported_media_type',
    'Send the body as JSON, with `Content-Type: application/json`.',
  );
}

// Connection classes of SQLSTATE (08), a server that is stopping or full (57P0x, 53), and the driver's own codes.
// 40001 and 40P01: two transactions were in each other's way and one was rolled back whole.
const DATABASE_AWAY =
  /^(?:08\w{3}|57P0\d|53\w{3}|40001|40P01|CONNECTION_\w+|CONNECT_TIMEOUT|ECONNREFUSED|ECONNRESET|EPIPE|ENOTFOUND|ETIMEDOUT)$/;

function isDatabaseAway(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && DATABASE_AWAY.test(code);
}
