// Two requests that ask for the same have the same checksum.
import { createHash } from 'node:crypto';
import { canonicalJson } from '../engine/canonical-json.ts';
import type { Json } from '../engine/json.ts';

/** SHA-256 of the canonical JSON, in hex. */
export const checksumOf = (value: Json): string =>
  createHash('sha256').update(canonicalJson(value)).digest('hex');
