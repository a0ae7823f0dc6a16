// Who wakes whom. LISTEN has a connection of its own; NOTIFY is sent outside the commits it announces, many in one.
// Polling is always on, so a lost notification costs time and nothing else.
import { setTimeout as pause } from 'node:timers/promises';
import type { Sql } from 'postgres';
import { openClient } from './driver.ts';

/**
 * `queued`: shards with something to claim. `tests`: a connection test waits. `changed`: what caches must forget.
 * `inbound`: events of sources wait. `workers`: one came or goes.
 */
export type Channel = 'pawl_queued' | 'pawl_tests' | 'pawl_inbound' | 'pawl_changed' | 'pawl_workers';

export interface Notifier {
  /** Wakes workers; calls while one is under way share the next. */
  queued(shards: Iterable<number>): void;
  changed(what: string): Promise<void>;
  /** All of them in one statement. */
  changedAll(what: readonly string[]): Promise<void>;
  test(): Promise<void>;
  workers(): Promise<void>;
  /** As `queued`. */
  inbound(): void;
}

export function createNotifier(sql: Sql, onError: (error: unknown) => void): Notifier {
  let waiting = new Set<number>();
  let inboundWaits = false;
  let busy = false;

  async function flush(): Promise<void> {
    busy = true;
    try {
      while (waiting.size > 0 || inboundWaits) {
        const shards = [...waiting].join(',');
        const inbound = inboundWaits;
        waiting = new Set();
        inboundWaits = false;
        if (shards !== '') await notify('pawl_queued', shards);
        if (inbound) await notify('pawl_inbound', '');
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
    async changedAll(what) {
      await sql`select pg_notify('pawl_changed', w) from unnest(${what as string[]}::text[]) as u (w)`;
    },
    test: async () => void (await notify('pawl_tests', '')),
    workers: async () => void (await notify('pawl_workers', '')),
    inbound() {
      inboundWaits = true;
      if (!busy) void flush();
    },
  };
}

export interface Listener {
  stop(): Promise<void>;
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Listens on a connection of its own. When that is lost there is another, however long the database is away; the driver's
 * own way of listening again gives up when the first try fails, and may end the process.
 * @param onGap called when notifications may have been missed: at first, and after each loss
 * @throws what the first connection fails with
 */
export async function listen(
  url: string,
  hear: Partial<Record<Channel, (payload: string) => void>>,
  onGap: () => void,
): Promise<Listener> {
  let ear = await listenOnce(url, hear);
  onGap();
  const stopped = new AbortController();
  const listening = keepListening();

  async function keepListening(): Promise<void> {
    await ear.lost;
    for (let pauseMs = FIRST_PAUSE_MS; !stopped.signal.aborted; ) {
      try {
        ear = await listenOnce(url, hear);
        if (stopped.signal.aborted) return ear.close();
        onGap();
        pauseMs = FIRST_PAUSE_MS;
        await ear.lost;
      } catch {
        await pause(pauseMs, undefined, { signal: stopped.signal }).catch(() => {});
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      }
    }
  }

  return {
    async stop() {
      stopped.abort();
      await ear.close();
      await listening;
    },
  };
}

interface Ear {
  /** Resolves when the connection is gone. */
  lost: Promise<void>;
  close(): Promise<void>;
}

async function listenOnce(
  url: string,
  hear: Partial<Record<Channel, (payload: string) => void>>,
): Promise<Ear> {
  const lost = Promise.withResolvers<void>();
  const options = {
    max: 1,
    max_lifetime: null,
    onnotice: () => {},
    connection: { application_name: 'pawl listen' },
    // Seconds. A server that is gone without a word is noticed.
    keep_alive: 20,
    connect_timeout: 10,
    onclose: () => lost.resolve(),
    // What the driver's own `listen` is made of; its types leave it out.
    onnotify: (channel: string, payload: string) => hear[channel as Channel]?.(payload),
  };
  const sql = openClient(url, options);
  const close = () => sql.end({ timeout: 1 }).catch(() => {});
  try {
    for (const channel of Object.keys(hear)) await sql`listen ${sql(channel)}`;
  } catch (error) {
    await close();
    throw error;
  }
  void lost.promise.then(close);
  return { lost: lost.promise, close };
}
