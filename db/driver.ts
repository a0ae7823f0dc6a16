// The one place that opens the driver's clients. It understands libpq's `?host=/directory` too, as psql and other
// drivers do: a socket in the file system is half the round trip of one over TCP.
import postgres, { type Options, type Sql } from 'postgres';

export function openClient(url: string, options: Options<Record<string, never>>): Sql {
  const parsed = new URL(url);
  const directory = parsed.searchParams.get('host');
  if (!directory?.startsWith('/')) return postgres(url, options) as Sql;
  parsed.searchParams.delete('host');
  return postgres(parsed.href, { ...options, path: `${directory}/.s.PGSQL.${parsed.port || 5432}` }) as Sql;
}
