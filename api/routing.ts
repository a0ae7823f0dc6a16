// What every route is made of: a router that refuses bad input alike everywhere, the guard that asks for a permission,
// and the shapes of bodies, answers and lists.
import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { PawlError } from '../engine/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../engine/json.ts';
import { UUID } from '../engine/uuid.ts';
import { problemsOf } from '../integrations/zod-problems.ts';
import {
  type ConnectionPermission,
  connectionsOpenTo,
  mayDo,
  type Permission,
} from './auth/decide-access.ts';
import type { AppEnv } from './deps.ts';

/** One per resource. Invalid input never reaches a handler: 422 with every problem, or 404 for an id that is none. */
export function createRouter(): OpenAPIHono<AppEnv> {
  return new OpenAPIHono<AppEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      if (result.target === 'param') throw notFound(unknownThing(result.error));
      const prefix = result.target === 'json' ? '' : `/${result.target}`;
      throw invalidRequest(result.error, prefix);
    },
  });
}

/** For input that is validated by hand. Pointers start with `prefix`; the body's own with nothing. */
export function invalidRequest(error: z.ZodError, prefix = ''): PawlError {
  return new PawlError('InvalidInput', 'invalid_request', 'The request does not have the expected shape.', {
    problems: problemsOf(error, prefix),
  });
}

/** What can be asked for by id. Another tenant's answers exactly like one that never was. */
export type Thing =
  | 'api_key'
  | 'action_run'
  | 'connection'
  | 'connection_test'
  | 'delivery'
  | 'endpoint'
  | 'gap_filler'
  | 'group'
  | 'group_member'
  | 'inbound_event'
  | 'invitation'
  | 'job'
  | 'member'
  | 'metering_export'
  | 'provider'
  | 'quota'
  | 'role_assignment'
  | 'scope'
  | 'signing_key'
  | 'subscription'
  | 'supply'
  | 'source'
  | 'trigger'
  | 'workflow'
  | 'workflow_version';

export function notFound(thing: Thing): PawlError {
  return new PawlError('NotFound', `${thing}_not_found`, `There is no such ${thing.replaceAll('_', ' ')}.`);
}

/** An id in a path. What is not a UUID names nothing: 404, as for an unknown one. */
export function idOf(thing: Thing) {
  return z.guid({ error: thing }).toLowerCase().openapi({ example: '019a5c3e-7b6e-7cc3-9d4f-8a4b5c6d7e8f' });
}

/** `idOf` leaves its thing in the issue's message. */
const unknownThing = (error: z.ZodError): Thing => (error.issues[0]?.message ?? 'job') as Thing;

/**
 * Who may call a route: spread it into `createRoute`. A route under /api/v1 without one fails a test.
 * - `guarded('job.read')`: a role in the organisation must allow it.
 * - `guarded('connection.read', { connection: 'id' })`: or a role on the connection that path parameter names.
 * - `guarded('connection.read', 'some')`: or a role on any connection; the handler narrows what is shown.
 * - `guarded('subscription.write', 'some', 'job.read')`: and a role in the organisation must allow the last as well.
 */
export function guarded(permission: Permission): Guarded;
export function guarded(
  permission: ConnectionPermission,
  on: { connection: string } | 'some',
  also?: Permission,
): Guarded;
export function guarded(
  permission: Permission,
  on?: { connection: string } | 'some',
  also?: Permission,
): Guarded {
  const guard: MiddlewareHandler<AppEnv> = (c, next) => {
    const principal = c.get('principal');
    const id = typeof on === 'object' ? c.req.param(on.connection)?.toLowerCase() : undefined;
    const somewhere =
      on === 'some' && connectionsOpenTo(principal, permission as ConnectionPermission).length > 0;
    if (!somewhere && !mayDo(principal, permission, id)) throw forbidden(permission);
    if (also && !mayDo(principal, also)) throw forbidden(also);
    return next() as Promise<never>;
  };
  return {
    middleware: guard,
    'x-permission': permission,
    ...(also && { 'x-permission-also': also }),
    security: [{ bearer: [] }, { session: [] }],
  };
}

export interface Guarded {
  middleware: MiddlewareHandler<AppEnv>;
  'x-permission': Permission;
  'x-permission-also'?: Permission;
  security: ({ bearer: string[] } | { session: string[] })[];
}

export function forbidden(permission: Permission): PawlError {
  return new PawlError('Forbidden', 'forbidden', `This needs the permission ${permission}.`, {
    details: { permission },
  });
}

/** A JSON request body. */
export function body<S extends z.ZodType>(schema: S) {
  return { required: true, content: { 'application/json': { schema } } } as const;
}

/** A JSON answer. */
export function answer<S extends z.ZodType>(schema: S, description: string) {
  return { description, content: { 'application/json': { schema } } } as const;
}

/** Any JSON object, passed on as it is. */
export const jsonObject = z
  .custom<JsonObject>(isJsonObject, {
    error: ({ input }) => (input === undefined ? 'is required' : 'must be a JSON object'),
  })
  .openapi({ type: 'object', additionalProperties: true });

/** Any JSON value, passed on as it is; absent is not a value. */
export const json = z
  .custom<Json>((value) => value !== undefined, { error: 'is required' })
  .openapi({
    type: ['object', 'array', 'string', 'number', 'boolean', 'null'],
    description: 'Any JSON value.',
  });

// Years that every part of the system can write.
const EARLIEST = new Date('1970-01-01T00:00:00Z');
const LATEST = new Date('9999-12-31T00:00:00Z');

/** RFC 3339 with an offset, as a Date. */
export const time = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .pipe(z.date().min(EARLIEST).max(LATEST))
  .openapi({ type: 'string', format: 'date-time' });

// A page that is large enough to be worth a round trip, and one that still fits a screen.
const PAGE_MAX = 200;
const PAGE_DEFAULT = 50;

/** Spread into the query of a list: `z.strictObject({ ...pageQuery, status: … })`. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT),
  cursor: z.string().max(1_000).optional().openapi({ description: '`next_cursor` of the page before.' }),
};

/** The schema of a page of `item`. */
export function page<S extends z.ZodType>(item: S) {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() });
}

/**
 * Makes a page of rows of which one more than `limit` was asked for.
 * @param keyOf what the next page begins after: the values the list is ordered by
 */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  present: (row: Row) => Item,
  keyOf: (row: Row) => readonly string[],
): { items: Item[]; next_cursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items: shown.map(present), next_cursor: more ? writeCursor(keyOf(last)) : null };
}

export function writeCursor(key: readonly string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/**
 * The key a page begins after; null for the first page.
 * @param parts what each value of the key must look like
 * @throws PawlError InvalidInput `invalid_cursor`
 */
export function readCursor(cursor: string | undefined, parts: readonly RegExp[]): string[] | null {
  if (cursor === undefined) return null;
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const fits =
      Array.isArray(key) &&
      key.length === parts.length &&
      key.every((value, i) => typeof value === 'string' && parts[i]?.test(value));
    if (fits && writeCursor(key) === cursor) return key;
  } catch {
    // Not JSON: refused below.
  }
  throw new PawlError('InvalidInput', 'invalid_cursor', 'The cursor is none that this list gave.', {
    problems: [
      { pointer: '/query/cursor', code: 'invalid_cursor', message: 'It is not a cursor.', severity: 'error' },
    ],
  });
}

export const ID_PART = UUID;

/** Cursor of lists ordered by id alone. */
export function readIdCursor(cursor: string | undefined): string | null {
  return readCursor(cursor, [ID_PART])?.[0] ?? null;
}
