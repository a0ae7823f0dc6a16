// Who wakes whom. LISTEN has a connection of its own; NOTIFY is sent outside the commits it announces, many in one.
// Polling is always on, so a lost notification costs time and nothing else.
import type { Sql } from 'postgres';
import { openClient } from './driver.ts';

/** `queued`: shards with something to claim. `tests`: a connection test waits. `changed`: what caches must forget. */
export type Channel = 'pawl_queued' | 'pawl_tests' | 'pawl_changed';

export interface Notifier {
  /** Wakes workers; calls while one is under way share the next. */
  queued(shards: Iterable<number>): void;
  changed(what: string): Promise<void>;
  test(): Promise<void>;
}

export function createNotifier(sql: Sql, onError: (error: unknown) => void): Notifier {
  let waiting = new Set<number>();
  let busy = false;

  async function flush(): Promise<void> {
    busy = true;
    try {
      while (waiting.size > 0) {
        const shards = [...waiting].join(',');
        waiting = new Set();
        await notify('pawl_queued', shards);
      }
    } catch (error) {
      onError(error);
    } finally {
      busy = false;
    }
  }

  const notify = (channel: Channel, payload: string) => sql`select pg_notify(${channel}, ${payload})`;

  return {
    queued(shards) {
      for (const shard of shards) waiting.add(shard);
      if (!busy) void flush();
    },
    changed: async (what) => void (await notify('pawl_changed', what)),
    test: async () => void (await notify('pawl_tests', '')),
  };
}

export interface Listener {
  stop(): Promise<void>;
}

/**
 * Listens on a connection of its own, which comes back by itself.
 * @param onGap called when notifications may have been missed: at first, and after each reconnection
 */
export async function listen(
  url: string,
  hear: Partial<Record<Channel, (payload: string) => void>>,
  onGap: () => void,
): Promise<Listener> {
  const sql = openClient(url, {
    max: 1,
    onnotice: () => {},
    connection: { application_name: 'pawl listen' },
  });
  for (const [channel, heard] of Object.entries(hear)) await sql.listen(channel, heard, onGap);
  return { stop: () => sql.end({ timeout: 1 }) };
}
