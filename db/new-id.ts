// Makes the ids of rows: UUIDv7, each greater than the one before it.
import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';
import type { Clock } from './clock.ts';

/** For what is given its ids: so it decides the same again when it is given the same. */
export interface Ids {
  next(): string;
}

const ID_BYTES = 16;
/** Asking the system for the bytes of one id costs more than making it: a fifteenth of the API's time went there. */
const pool = new Uint8Array(256 * ID_BYTES);
/** Starts below this, and so never runs over within a millisecond. */
const SEQUENCE_START_BITS = 31;

let taken = pool.length;

/** By the machine's clock: for what is in no order with what other processes make. */
export const newId = inOrderOf(() => Date.now());

/**
 * By the database's clock, as all processes have it: of two transitions of a job the later one is to have the greater id, whichever
 * machines they were made on, and whatever the clocks of these say.
 */
export const createIds = (clock: Clock): Ids => ({ next: inOrderOf(() => clock.now().getTime()) });

/** Each greater than the one before it from the same function. */
function inOrderOf(now: () => number): () => string {
  let msecs = 0;
  let seq = 0;
  return () => {
    const random = nextRandom();
    const at = now();
    if (at > msecs) {
      msecs = at;
      seq = new DataView(random.buffer, random.byteOffset).getUint32(0) >>> (32 - SEQUENCE_START_BITS);
    } else seq++;
    return v7({ msecs, seq, random });
  };
}

/** No byte is given twice. */
function nextRandom(): Uint8Array {
  if (taken === pool.length) {
    randomFillSync(pool);
    taken = 0;
  }
  taken += ID_BYTES;
  return pool.subarray(taken - ID_BYTES, taken);
}
