// Tells every process that something it may have cached has changed. Lost messages are made good: caches expire by
// themselves, ciphertext is checked by version, and whoever was disconnected is told that everything may have changed.
import type { Sql } from './client.ts';

/**
 * - `connection:<tenant id>:<connection id>`: credentials, settings or `enabled` changed, or it is gone
 * - `api_key:<tenant id>`: a key or a role of the tenant changed
 * - `everything`: not sent; what a listener is told after it was disconnected
 */
export type Change = `connection:${string}:${string}` | `api_key:${string}` | 'everything';

const CHANNEL = 'pawl_changed';

/** After the commit, as a statement of its own: NOTIFY inside a transaction takes a lock that all commits share. */
export async function announceChange(sql: Sql, change: Change): Promise<void> {
  await sql`select pg_notify(${CHANNEL}, ${change})`;
}

/** Holds one connection of its own. @returns ends it */
export async function listenForChanges(
  sql: Sql,
  onChange: (payload: string) => void,
): Promise<() => Promise<void>> {
  let first = true;
  const { unlisten } = await sql.listen(CHANNEL, onChange, () => {
    // Called again whenever the connection had to be made anew.
    if (!first) onChange('everything' satisfies Change);
    first = false;
  });
  return unlisten;
}
