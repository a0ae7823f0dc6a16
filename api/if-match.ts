// Settings that two people change at once: who names what he saw, by `If-Match`, overwrites nothing else.
import { createHash } from 'node:crypto';
import { PawlError } from '../engine/errors.ts';

/** @param said what there is to change; another spelling is another tag. @returns with its quotes */
export const etagOf = (...said: readonly unknown[]): string =>
  `"${createHash('sha256').update(JSON.stringify(said)).digest('base64url').slice(0, 22)}"`;

/**
 * @param header as RFC 9110 has it: tags, or `*` for whatever there is; absent: everything matches
 * @param there the tag of what is there; null: nothing is
 * @throws PawlError Conflict `settings_changed`
 */
export function requireMatch(header: string | undefined, there: string | null): void {
  if (header === undefined) return;
  if (!names(header, there)) throw changed(there);
}

/**
 * The opposite: `*` is for whoever saw nothing there, and refuses whatever there is.
 * @param header tags, or `*`; absent: everything goes
 * @throws PawlError Conflict `settings_changed`
 */
export function requireNoMatch(header: string | undefined, there: string | null): void {
  if (header !== undefined && names(header, there)) throw changed(there);
}

/**
 * Whether a cache has what is there: as `If-None-Match` of a GET asks. Tags are compared weakly (RFC 9110), as proxies that
 * compress mark them so.
 */
export function isAmong(header: string | undefined, there: string): boolean {
  return header !== undefined && names(header.replaceAll('W/"', '"'), there);
}

function names(header: string, there: string | null): boolean {
  const tags = header.split(',').map((tag) => tag.trim());
  return there !== null && (tags.includes('*') || tags.includes(there));
}

function changed(there: string | null): PawlError {
  const message = 'Somebody has changed this since you read it. Read it again, then decide.';
  return new PawlError('Conflict', 'settings_changed', message, { details: { etag: there } });
}

export const ifMatchHeader = {
  name: 'If-Match',
  in: 'header',
  required: false,
  description:
    'The `etag` of what is to be changed: refused with `settings_changed` when it is another by now.',
  schema: { type: 'string' },
} as const;

export const ifNoneMatchHeader = {
  ...ifMatchHeader,
  name: 'If-None-Match',
  description: '`*`: refused with `settings_changed` when there is one already.',
} as const;
