// The pieces signatures are checked with. Signatures are compared as text against the one right text: decoding them first
// would let several spellings of the same bytes pass.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { Refused } from './refused.ts';

export type HmacAlgorithm = 'sha1' | 'sha256' | 'sha512';
export type HmacEncoding = 'hex' | 'base64';

/** The signature of the parts, one after the other. A key in text counts as its UTF-8 bytes. */
export function hmac(
  algorithm: HmacAlgorithm,
  key: string | Uint8Array,
  parts: readonly (string | Uint8Array)[],
  encoding: HmacEncoding,
): string {
  const mac = createHmac(algorithm, key);
  for (const part of parts) mac.update(part);
  return mac.digest(encoding);
}

/**
 * Whether any signature given is any of those expected. All pairs are compared in full, so neither which one matched nor
 * how much of it shows in the time taken.
 */
export function anyMatches(given: readonly string[], expected: readonly string[]): boolean {
  let found = false;
  for (const candidate of given) {
    for (const right of expected) found = sameText(candidate, right) || found;
  }
  return found;
}

/** Of digests, because timingSafeEqual wants equal lengths and the length of a shared secret is secret too. */
function sameText(left: string, right: string): boolean {
  return timingSafeEqual(
    createHash('sha256').update(left).digest(),
    createHash('sha256').update(right).digest(),
  );
}

/** What follows the prefix. @throws Refused `header_malformed` where something else stands there, or nothing follows */
export function afterPrefix(value: string, prefix: string): string {
  if (!value.startsWith(prefix) || value.length === prefix.length) throw new Refused('header_malformed');
  return value.slice(prefix.length);
}

// A sender lists one for each secret in use; a long list is somebody who wants us to compute.
const MAX_SIGNATURES = 16;

/** `v1` as nearly all senders write them. */
export const v1Signatures = (items: readonly string[], between: '=' | ','): string[] =>
  signaturesOf(items, between, ['v1']).map(({ signature }) => signature);

/**
 * The signatures of these versions in a header that lists several, each behind its version and `between`. Other versions are
 * passed over. @throws Refused `header_malformed` where none is left, the list is endless, or any part of it is not of this
 * form, as when two headers were joined into one
 */
export function signaturesOf(
  items: readonly string[],
  between: '=' | ',',
  versions: readonly string[],
): { version: string; signature: string }[] {
  if (items.length > MAX_SIGNATURES) throw new Refused('header_malformed');
  const found: { version: string; signature: string }[] = [];
  for (const item of items) {
    const [, version = '', separator, signature] = VERSIONED.exec(item) ?? [];
    if (separator !== between || signature === undefined) throw new Refused('header_malformed');
    if (versions.includes(version)) found.push({ version, signature });
  }
  if (found.length === 0) throw new Refused('header_malformed');
  return found;
}

const VERSIONED = /^([a-z][a-z0-9]*)([=,])([A-Za-z0-9+/_-]+={0,2})$/;

// Ten digits until the year 2286; the limit keeps the number exact.
const UNIX_SECONDS = /^[0-9]{1,12}$/;

/**
 * Refuses what was signed too long ago, or in the future. Both ends of the window belong to it.
 * @throws Refused `timestamp_malformed`, `outside_window`
 */
export function assertRecent(unixSeconds: string, now: Date, windowSeconds: number): void {
  if (!UNIX_SECONDS.test(unixSeconds)) throw new Refused('timestamp_malformed');
  assertWithin(Number(unixSeconds) * 1000, now, windowSeconds);
}

/** The same for a time in milliseconds. @throws Refused `outside_window` */
export function assertWithin(unixMilliseconds: number, now: Date, windowSeconds: number): void {
  // Written so that NaN is outside.
  if (!(Math.abs(now.getTime() - unixMilliseconds) <= windowSeconds * 1000))
    throw new Refused('outside_window');
}

/** What nearly all senders recommend: enough for a slow network and clocks that differ. */
export const USUAL_WINDOW_SECONDS = 300;
