// Names of events: the id a delivery is known by, and the type triggers select by.
import { createHash } from 'node:crypto';

const MAX_CHARACTERS = 200;
const PRINTABLE_ASCII = /^[\x21-\x7e]+$/;

/** The sender's id; an id that is too long or oddly written becomes its hash, which is as unique. */
export function deliveryId(given: string): string {
  return given.length <= MAX_CHARACTERS && PRINTABLE_ASCII.test(given) ? given : hashId(given);
}

/** An id made from what was signed, where the sender names none. Attempts of one delivery carry the same bytes. */
export function hashId(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return `sha256:${hash.digest('hex')}`;
}

/** The parts that are there, joined with dots: `issues.opened`. `untyped` where none is. */
export function eventType(...parts: readonly (string | undefined)[]): string {
  const type = parts
    .filter((part) => part !== undefined)
    .join('.')
    .replaceAll(CONTROL, '')
    .slice(0, MAX_CHARACTERS)
    // Cutting may have halved a surrogate pair.
    .toWellFormed();
  return type === '' ? 'untyped' : type;
}

const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/gu;
