// Connections to Postgres, each in a client of its own that is thrown away whole when its connection is lost.
// The driver's pool goes on with a connection that was lost in the middle of a transaction: what waits for it is never
// answered, what is written to it next ends the process, and what had not left yet keeps it from ever working again.
import type { Options, PendingQuery, ReservedSql, Row, Sql } from 'postgres';
import { parseJson } from '../engine/parse-json.ts';
import { isPooled, openClient, openPooledClient, SESSION_SETTINGS } from './driver.ts';

/** A connection that one caller has for itself. */
export interface Line {
  /** Statements leave in the order they are made, without waiting for each other. */
  readonly sql: ReservedSql;
  /** Opens a transaction; leaves together with what comes next. `further` is a statement without parameters in the same message. */
  begin(further?: string): Promise<unknown>;
  /** Call it once, with nothing under way and no transaction open. */
  release(): void;
  /** Instead of `release`, when nobody knows what state it is in. */
  discard(): void;
}

export interface Lines {
  take(): Promise<Line>;
  /** A tag (and `sql(identifier)`): each statement takes a line for as long as it runs. Nothing else of `Sql` is there. */
  readonly sql: Sql;
  /** Runs one statement that was not made by `sql`. */
  alone<T>(statement: (sql: ReservedSql) => PromiseLike<T>): Promise<T>;
  counts(): PoolCounts;
  /** Waits for what is under way, a few seconds at most. */
  close(): Promise<void>;
}

export interface PoolCounts {
  /** Connections, those being made among them. */
  open: number;
  idle: number;
  /** Callers that wait for one. */
  waiting: number;
}

/** What is still under way when closing is given this long. */
const CLOSING_MS = 5_000;
/** By then a client that was thrown away has given up trying to connect, or has connected for nothing. */
const LAST_CLOSE_AFTER_MS = 15_000;

/** The driver hands a statement to its connection through this; a statement made elsewhere is handed over the same way. */
type Handler = (query: Statement) => void;
type Statement = PendingQuery<Row[]> & {
  handler: Handler;
  resolve(answer: never): void;
  reject(error: unknown): void;
};

/**
 * A plan made while a table was empty is kept while it fills, and then reads all of it. So plans are made anew now and
 * then: a few milliseconds, every so often.
 */
const PLANS_KEPT_MS = 5_000;
/**
 * A young connection's tables may be young too, those of a new database or a new month: its plans are made anew whenever it is
 * twice as old as when it last made them, from this age on.
 */
const FIRST_PLANS_KEPT_MS = 250;

/** The driver's own type for json and jsonb, but for how it reads them. */
const jsonType = { to: 114, from: [114, 3802], serialize: JSON.stringify, parse: parseJson };

interface Client {
  sql: Sql;
  openedAt: number;
  plannedAt: number;
  execute: Handler;
  lost: boolean;
}

/** Settings that PgBouncer keeps for each of its clients. What else is set belongs to a server that the next one has. */
const KEPT_BY_POOLERS = ['application_name', 'TimeZone', 'DateStyle', 'standard_conforming_strings'];
/**
 * Behind a pooler the server's socket and its idle sessions are the pooler's, which watches its clients itself. How a transaction
 * is isolated is said where it begins.
 */
const isOfTheSession = ([name]: [string, unknown]) =>
  name.startsWith('tcp_') || name === 'idle_session_timeout' || name === 'default_transaction_isolation';

/**
 * Behind a pooler that pools transactions, every statement is in one: it begins with the settings that a session has
 * otherwise, the role among them.
 * @param first is said first on every connection that is not pooled, together with what comes next
 */
export function createLines(
  url: string,
  max: number,
  first: ((sql: Sql) => PendingQuery<Row[]>) | null,
  options: Options<Record<string, never>>,
): Lines {
  const pooled = isPooled(url);
  const open = pooled ? openPooledClient : openClient;
  const settings = Object.entries({ ...SESSION_SETTINGS, ...options.connection });
  const kept = settings.filter(([name]) => !pooled || KEPT_BY_POOLERS.includes(name));
  const local = settings.filter((setting) => !kept.includes(setting) && !isOfTheSession(setting));
  const beginning = [
    'begin isolation level read committed',
    ...local.map(([name, value]) => `set local ${name} = '${value}'`),
  ].join('; ');
  const clientOptions = {
    ...options,
    connection: Object.fromEntries(kept),
    max: 1,
    types: { json: jsonType } as never,
  };
  const clients = new Set<Client>();
  const idle: Client[] = [];
  const waiting: { resolve(client: Client): void; reject(error: unknown): void }[] = [];
  const retired = new Set<Client>();
  let closing: { allIdle: PromiseWithResolvers<void> } | null = null;

  function connect(): Client {
    const now = performance.now();
    const client: Client = {
      // A line that is between two statements of its transaction looks idle to the driver: it must not be recycled.
      sql: open(url, { ...clientOptions, max_lifetime: null, onclose: () => throwAway(client) }),
      openedAt: now,
      plannedAt: now,
      execute: (query) => handOver(query),
      lost: false,
    };
    const handOver = (client.sql`` as unknown as Statement).handler;
    clients.add(client);
    // If it fails, so does what comes next.
    if (!pooled)
      first?.(client.sql)
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
    if (!pooled && now - client.plannedAt > plansKeptMs(client)) {
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
      if (pooled) return inTransaction(client, query);
      const done = () => give(client);
      query.then(done, done);
      client.execute(query);
    }, query.reject);
  }

  /** Answered when it is committed, as a statement by itself is. */
  function inTransaction(client: Client, query: Statement): void {
    const { resolve, reject } = query;
    const begun = begin(client);
    const answered = new Promise<never>((answer, fail) =>
      Object.assign(query, { resolve: answer, reject: fail }),
    );
    // The driver hands over what it made a microtask later: this must not overtake the beginning.
    queueMicrotask(() => client.execute(query));
    const ended = client.sql`commit`.execute();
    void Promise.allSettled([begun, answered, ended]).then(([opened, answer, end]) => {
      if (end.status === 'rejected') throwAway(client);
      give(client);
      const failed = [opened, answer, end].find(({ status }) => status === 'rejected');
      if (failed?.status === 'rejected') reject(failed.reason);
      else if (answer.status === 'fulfilled') resolve(answer.value);
    });
  }

  const begin = ({ sql }: Pick<Client, 'sql'>, further?: string): Promise<unknown> =>
    sql.unsafe(further === undefined ? beginning : `${beginning}; ${further}`).execute();

  // Writes statements down and never connects.
  const drafts = open(url, clientOptions);
  const sql = ((first: TemplateStringsArray, ...rest: never[]) => {
    const made = drafts(first, ...rest) as unknown as Statement;
    if ('handler' in made) made.handler = run;
    return made;
  }) as unknown as Sql;

  async function take(): Promise<Line> {
    const client = await takeClient();
    return {
      sql: client.sql as ReservedSql,
      begin: (further) => begin(client, further),
      release: () => give(client),
      discard() {
        throwAway(client);
        give(client);
      },
    };
  }

  return {
    sql,
    take,
    async alone(statement) {
      const line = await take();
      if (!pooled) return Promise.resolve(statement(line.sql)).finally(line.release);
      try {
        await line.begin();
        const answer = await statement(line.sql);
        await line.sql`commit`;
        line.release();
        return answer;
      } catch (error) {
        await line.sql`rollback`.then(line.release, line.discard);
        throw error;
      }
    },
    counts: () => ({ open: clients.size, idle: idle.length, waiting: waiting.length }),
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

const plansKeptMs = ({ openedAt, plannedAt }: Client): number =>
  Math.min(PLANS_KEPT_MS, Math.max(FIRST_PLANS_KEPT_MS, plannedAt - openedAt));
