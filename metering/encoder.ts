// How a page of the ledger becomes a piece of a file.
import type { LedgerRow } from '../db/statements/export-rows.ts';

/** Call `page` for each, then `end`: the bytes of all calls together are the file. */
export interface Encoder {
  page(rows: readonly LedgerRow[]): Uint8Array;
  end(): Uint8Array;
}
