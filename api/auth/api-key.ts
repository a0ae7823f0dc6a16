// What an API key looks like and what is kept of it. Pure but for the random bytes.
import { hash, randomBytes } from 'node:crypto';

/** A key just made. `key` is shown once and never stored. */
export interface NewApiKey {
  key: string;
  /** The first characters of `key`: enough to recognise it in a list, far too few to guess it. */
  prefix: string;
  /** SHA-256. The secret is random and long: a slow hash would add nothing. */
  hash: Buffer;
}

const PREFIX_CHARS = 12;
// A multiple of three, so that secret and tenant id are two separate runs of characters.
const SECRET_BYTES = 24;
const TENANT_BYTES = 16;
const KEY = /^pawl_[A-Za-z0-9_-]{54}$/;

/**
 * `pawl_` and, in base64url, 24 random bytes and the 16 of the tenant's id: the tenant is known before anything is
 * looked up. The random ones come first, so that a tenant's keys differ in their prefix.
 */
export function newApiKey(tenantId: string): NewApiKey {
  const bytes = Buffer.concat([randomBytes(SECRET_BYTES), Buffer.from(tenantId.replaceAll('-', ''), 'hex')]);
  const key = `pawl_${bytes.toString('base64url')}`;
  return { key, prefix: key.slice(0, PREFIX_CHARS), hash: hash('sha256', key, 'buffer') };
}

/** Whose key it is and what to look for; null for text that is no API key at all. */
export function readApiKey(text: string): { tenantId: string; hash: Buffer } | null {
  if (!KEY.test(text)) return null;
  const bytes = Buffer.from(text.slice('pawl_'.length), 'base64url');
  if (bytes.length !== SECRET_BYTES + TENANT_BYTES) return null;
  const hex = bytes.toString('hex', SECRET_BYTES);
  const tenantId = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
  return { tenantId, hash: hash('sha256', text, 'buffer') };
}
