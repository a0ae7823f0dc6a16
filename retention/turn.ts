// What only one process may do at a time asks before each step whether it is still that one.
import type { ReservedSql } from '../db/client.ts';

export interface Turn {
  /** Asked before each step. Throws when it is another's turn now, or nobody's. */
  goOn(): Promise<void>;
  /** The same within the transaction that takes something away: until it ends, nobody else's turn begins. */
  goOnWithin(sql: ReservedSql): Promise<void>;
}
