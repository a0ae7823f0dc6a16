// Connections to Postgres, each in a client of its own that is thrown away whole when its connection is lost.
// The driver's pool goes on with a connection that was lost in the middle of a transaction: what waits for it is never
// answered, what is written to it next ends the process, and what had not left yet keeps it from ever working again.
import type { Options, PendingQuery, ReservedSql, Row, Sql } from 'postgres';
import { parseJson } from '../engine/parse-json.ts';
import { arrayTypes } from './array-types.ts';
import { openClient } from './driver.ts';

/** A connection that one caller has for itself. */
export interface Line {
  /** Statements leave in the order they are made, without waiting for each other. */
  readonly sql: ReservedSql;
  /** Call it once, with nothing under way and no transaction open. */
  release(): void;
  /** Instead of `release`, when nobody knows what state it is in. */
  discard(): void;
}

export interface Lines {
  take(): Promise<Line>;
  /** A tag (and `sql(identifier)`): each statement takes a line for as long as it runs. Nothing else of `Sql` is there. */
  readonly sql: Sql;
  /** Waits for what is under way, a few seconds at most. */
  close(): Promise<void>;
}

/** What is still under way when closing is given this long. */
const CLOSING_MS = 5_000;
/** By then a client that was thrown away has given up trying to connect, or has connected for nothing. */
const LAST_CLOSE_AFTER_MS = 15_000;

/** The driver hands a statement to its connection through this; a statement made elsewhere is handed over the same way. */
type Handler = (query: Statement) => void;
type Statement = PendingQuery<Row[]> & { handler: Handler; reject(error: unknown): void };

/**
 * A plan made while a table was empty is kept while it fills, and then reads all of it. So plans are made anew now and
 * then: a few milliseconds, every so often.
 */
const PLANS_KEPT_MS = 5_000;

/** The driver's own type for json and jsonb, but for how it reads them. */
const jsonType = { to: 114, from: [114, 3802], serialize: JSON.stringify, parse: parseJson };

interface Client {
  sql: Sql;
  plannedAt: number;
  execute: Handler;
  lost: boolean;
}

/** @param opening is said first on every connection, together with what comes next */
export function createLines(
  url: string,
  max: number,
  opening: ((sql: Sql) => PendingQuery<Row[]>) | null,
  options: Options<Record<string, never>>,
): Lines {
  const clientOptions = {
    ...options,
    max: 1,
    fetch_types: false,
    types: { ...arrayTypes, json: jsonType } as never,
  };
  const clients = new Set<Client>();
  const idle: Client[] = [];
  const waiting: { resolve(client: Client): void; reject(error: unknown): void }[] = [];
  const retired = new Set<Client>();
  let closing: { allIdle: PromiseWithResolvers<void> } | null = null;

  function connect(): Client {
    const client: Client = {
      // A line that is between two statements of its transaction looks idle to the driver: it must not be recycled.
      sql: openClient(url, { ...clientOptions, max_lifetime: null, onclose: () => throwAway(client) }),
      plannedAt: performance.now(),
      execute: (query) => handOver(query),
      lost: false,
    };
    const handOver = (client.sql`` as unknown as Statement).handler;
    clients.add(client);
    // If it fails, so does what comes next.
    opening?.(client.sql)
      .execute()
      .catch(() => {});
    return client;
  }

  function throwAway(client: Client): void {
    if (client.lost) return;
    client.lost = true;
    clients.delete(client);
    retired.add(client);
    const at = idle.indexOf(client);
    if (at !== -1) idle.splice(at, 1);
    // Rejects what still waits for this connection.
    void client.sql.end({ timeout: 0 }).catch(() => {});
    // An attempt to connect that was under way ends in a connection nobody needs.
    setTimeout(() => bury(client), LAST_CLOSE_AFTER_MS).unref();
  }

  function bury(client: Client): void {
    retired.delete(client);
    // `end` works once; this ends what has come since. The driver's types leave it out.
    void (client.sql as unknown as { close(): Promise<unknown> }).close().catch(() => {});
  }

  async function takeClient(): Promise<Client> {
    if (closing) throw areClosed();
    const free = idle.pop() ?? (clients.size < max ? connect() : undefined);
    const client =
      free ?? (await new Promise<Client>((resolve, reject) => waiting.push({ resolve, reject })));
    const now = performance.now();
    if (now - client.plannedAt > PLANS_KEPT_MS) {
      client.plannedAt = now;
      // Leaves together with what comes next; if it fails, so does that.
      client.sql`discard plans`.execute().catch(() => {});
    }
    return client;
  }

  function give(client: Client): void {
    const next = waiting.shift();
    if (next) next.resolve(client.lost ? connect() : client);
    else if (!client.lost) idle.push(client);
    if (closing && idle.length === clients.size) closing.allIdle.resolve();
  }

  function run(query: Statement): void {
    takeClient().then((client) => {
      const done = () => give(client);
      query.then(done, done);
      client.execute(query);
    }, query.reject);
  }

  // Writes statements down and never connects.
  const drafts = openClient(url, clientOptions);
  const sql = ((first: TemplateStringsArray, ...rest: never[]) => {
    const made = drafts(first, ...rest) as unknown as Statement;
    if ('handler' in made) made.handler = run;
    return made;
  }) as unknown as Sql;

  return {
    sql,
    async take() {
      const client = await takeClient();
      return {
        sql: client.sql as ReservedSql,
        release: () => give(client),
        discard() {
          throwAway(client);
          give(client);
        },
      };
    },
    async close() {
      if (!closing) {
        closing = { allIdle: Promise.withResolvers() };
        for (const { reject } of waiting.splice(0)) reject(areClosed());
        if (idle.length === clients.size) closing.allIdle.resolve();
      }
      const timer = setTimeout(closing.allIdle.resolve, CLOSING_MS);
      await closing.allIdle.promise;
      clearTimeout(timer);
      for (const client of retired) bury(client);
      await Promise.all([...clients].map((client) => client.sql.end({ timeout: 1 })));
    },
  };
}

/** As the driver says it. */
const areClosed = () =>
  Object.assign(new Error('the connections to Postgres are closed'), { code: 'CONNECTION_ENDED' });
