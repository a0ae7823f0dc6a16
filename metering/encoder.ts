// How a page of the ledger becomes a piece of a file.
import type { LedgerPage } from './ledger-page.ts';

/** Call `page` for each, then `end`: the bytes of all calls together are the file. */
export interface Encoder {
  page(page: LedgerPage): Uint8Array;
  end(): Uint8Array;
}
