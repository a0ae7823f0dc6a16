// The one place that opens the driver's clients. It understands two parameters of a URL beside the driver's own:
// `?host=/directory`, as psql and other drivers do (a socket in the file system is half the round trip of one over TCP), and
// `?pawl.pooler=host:port`, a PgBouncer in transaction mode before the server that the URL names.
import postgres, { type Options, type Sql } from 'postgres';
import { arrayTypes } from './array-types.ts';
import { bytesText, readBytes } from './bytes.ts';

type ClientOptions = Options<Record<string, never>>;

/** As text, whatever the driver's types say: it leaves out what is false to it, as the number is. */
const NEVER = '0' as unknown as number;

/** What the driver reads and our statements rely on, to whatever else a server, a database or a login was set. */
export const SESSION_SETTINGS = {
  TimeZone: 'UTC',
  DateStyle: 'ISO',
  bytea_output: 'hex',
  extra_float_digits: 1,
  array_nulls: 'on',
  standard_conforming_strings: 'on',
  row_security: 'on',
  default_transaction_isolation: 'read committed',
  // How long a statement may take is for whoever makes it to say: an index that is made beside everything else takes hours.
  idle_session_timeout: NEVER,
  statement_timeout: NEVER,
  lock_timeout: NEVER,
  idle_in_transaction_session_timeout: NEVER,
  // A step that `enable_…` disfavours costs ten thousand million before Postgres 18, for which a server that may compiles the
  // statement each time: 39 instead of 3 450 actions a second on Debian's Postgres 15.
  jit: 'off',
} as const;

const BYTEA = 17;
const bytesType = { to: BYTEA, from: [BYTEA], serialize: bytesText, parse: readBytes };

const POOLER = 'pawl.pooler';

/**
 * The driver would ask each new connection which array types there are. Nobody hears of an error of that question: a server that goes
 * away at that moment would end the process.
 */
const withTypes = (options: ClientOptions): ClientOptions => ({
  ...options,
  fetch_types: false,
  types: { ...arrayTypes, bytea: bytesType, ...options.types } as never,
});

const withSettings = (options: ClientOptions): ClientOptions =>
  withTypes({ ...options, connection: { ...SESSION_SETTINGS, ...options.connection } });

/** A session of the server itself: settings, locks and LISTEN hold from one statement to the next. */
export function openClient(url: string, options: ClientOptions): Sql {
  const parsed = new URL(url);
  parsed.searchParams.delete(POOLER);
  const directory = parsed.searchParams.get('host');
  if (!directory?.startsWith('/'))
    return postgres(parsed.href, withSettings({ ...options, ...addressIn(parsed) })) as Sql;
  parsed.searchParams.delete('host');
  const path = `${directory}/.s.PGSQL.${parsed.port || 5432}`;
  return postgres(parsed.href, { ...withSettings(options), path }) as Sql;
}

/** Whether statements of this URL go through a pooler, where a session lasts for one transaction. */
export const isPooled = (url: string): boolean => new URL(url).searchParams.has(POOLER);

/**
 * Through the pooler that `url` names. Statements are not prepared: the next one may meet another server process. Settings of
 * the session, but for those that PgBouncer keeps for each client, belong into each transaction.
 */
export function openPooledClient(url: string, options: ClientOptions): Sql {
  const parsed = new URL(url);
  const pooler = new URL(`postgres://${parsed.searchParams.get(POOLER)}`);
  parsed.hostname = pooler.hostname;
  parsed.port = pooler.port;
  for (const name of [POOLER, 'host']) parsed.searchParams.delete(name);
  return postgres(parsed.href, { ...withTypes(options), ...addressIn(parsed), prepare: false }) as Sql;
}

/** An IPv6 address in brackets is cut at its first colon by the driver, unless it is told host and port as lists. */
function addressIn({ hostname, port }: URL): Pick<ClientOptions, 'host' | 'port'> {
  const [, address] = /^\[(.+)\]$/.exec(hostname) ?? [];
  if (address === undefined) return {};
  // The driver's types forget that it takes lists.
  return { host: [address], port: [Number(port || 5432)] } as never;
}
