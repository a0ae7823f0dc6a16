// What a page of somebody else's cannot do: a browser sends our cookies along with its requests, but tells their origin,
// and lets it set no header of its own without asking first.
import { PawlError } from '../../engine/errors.ts';

export const OWN_REQUEST_HEADER = 'x-pawl-request';

const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * For a request that a cookie speaks for, or that asks for one. Reading is free: no answer is readable from elsewhere.
 * @param ownOrigin the configured one, or that of the host the request names: a cookie belongs to a host
 * @throws PawlError Forbidden `foreign_origin`
 */
export function requireOwnOrigin({ method, headers }: Request, ownOrigin: string): void {
  if (READING.has(method)) return;
  if (headers.get('origin') === ownOrigin && headers.get(OWN_REQUEST_HEADER) === '1') return;
  throw new PawlError(
    'Forbidden',
    'foreign_origin',
    `With a session, send \`Origin: ${ownOrigin}\` (browsers do) and \`X-Pawl-Request: 1\`.`,
  );
}
