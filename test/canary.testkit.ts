// Secrets that nothing else can look like, for every provider, and a search for them in each spelling. It shares no code
// with the scrubber, whose work it judges.
import { randomBytes } from 'node:crypto';
import type { Sql } from 'postgres';
import type { JsonObject } from '../engine/json.ts';
import { providers } from '../integrations/catalogue.ts';
import { exampleCredentials } from '../integrations/example-credentials.ts';
import type { Provider } from '../integrations/provider.ts';

export interface Secret {
  /** Such as `twilio.auth_token`. */
  name: string;
  value: string;
  /** The part of it that is like no other of it: whatever holds the value in some spelling holds this in the same one. */
  mark: string;
}

export interface CanaryCredentials {
  provider: Provider;
  credentials: JsonObject;
  secrets: Secret[];
}

/** What encoders escape, each in its own way; where a provider takes only letters and digits, nothing. */
const AROUND = [`+/="'\\&<%`, ''];

/** Credentials for every provider in which each of its secret fields occurs, all unlike any other. */
export function canaryCredentials(): CanaryCredentials[] {
  return providers.flatMap((provider) => {
    const secret = provider.fields.map(({ name }) => name).filter((name) => isSecret(provider, name));
    const sets = [exampleCredentials(provider)];
    for (const name of secret) {
      if (!sets.some((set) => Object.hasOwn(set, name))) sets.push(withField(provider, name));
    }
    return sets.map((set) => freshCanaries(provider, set));
  });
}

/** The same credentials with other secrets. */
export function freshCanaries(provider: Provider, like: JsonObject): CanaryCredentials {
  const secrets: Secret[] = [];
  const credentials = { ...like };
  for (const { name, example = '' } of provider.fields) {
    if (!isSecret(provider, name) || !Object.hasOwn(like, name)) continue;
    const mark = newMark();
    const value = AROUND.map((around) => example + around + mark + around).find(
      (candidate) => provider.parseCredentials({ ...credentials, [name]: candidate }).ok,
    );
    if (value === undefined) throw new Error(`${provider.id}.${name} takes no canary`);
    credentials[name] = value;
    secrets.push({ name: `${provider.id}.${name}`, value, mark });
  }
  return { provider, credentials, secrets };
}

/** Capitals and digits, as all that some providers' keys are made of. */
export const newMark = (): string =>
  [...randomBytes(20)].map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte % 32]).join('');

/** Said here once more, so that it does not depend on the rule that is being tested. */
const isSecret = ({ fields }: Provider, name: string): boolean =>
  /token|secret|key|password/i.test(name) || fields.some((field) => field.name === name && field.secret);

function withField(provider: Provider, name: string): JsonObject {
  const example = provider.fields.find((field) => field.name === name)?.example ?? '';
  const whole = exampleCredentials(provider);
  const required = provider.fields.filter(({ optional }) => optional !== true).map((field) => field.name);
  const least = Object.fromEntries(Object.entries(whole).filter(([field]) => required.includes(field)));
  const fitting = [whole, least]
    .map((set) => ({ ...set, [name]: example }))
    .find((set) => provider.parseCredentials(set).ok);
  if (!fitting) throw new Error(`no credentials of ${provider.id} have ${name}`);
  return fitting;
}

/** How a value may be written down, by the name of the spelling. */
export function spellingsOf(value: string): Record<string, string> {
  const base64 = (before: string) => Buffer.from(`${before}${value}`).toString('base64');
  const hex = Buffer.from(value).toString('hex');
  return {
    raw: value,
    'JSON-escaped': JSON.stringify(value),
    'JSON in JSON': JSON.stringify(JSON.stringify(value)),
    'URL-encoded': encodeURIComponent(value),
    'form-encoded': new URLSearchParams({ value }).toString(),
    base64: base64(''),
    'base64 after one byte': base64('.'),
    'base64 after two bytes': base64('..'),
    'base64url after one byte': Buffer.from(`.${value}`).toString('base64url'),
    'Basic password': `Basic ${base64('user:')}`,
    'Basic user name': `Basic ${Buffer.from(`${value}:`).toString('base64')}`,
    'lower-case hex': hex,
    'upper-case hex': hex.toUpperCase(),
  };
}

export interface Text {
  where: string;
  text: string;
}

/** Where any of the secrets is, in any spelling, as sentences. */
export function findSecrets(texts: readonly Text[], secrets: readonly Secret[]): string[] {
  const found = new Set<string>();
  for (const { name, mark } of secrets) {
    for (const needle of needlesOf(mark)) {
      for (const { where, text } of texts) {
        if (text.includes(needle)) found.add(`${name} is in ${where}`);
      }
    }
  }
  return [...found];
}

/** Of which at least one is in every text that holds the mark as it is, in hex or in base64. */
function needlesOf(mark: string): string[] {
  const hex = Buffer.from(mark).toString('hex');
  // Two characters of base64 at either end may hold bits of the neighbours.
  const cores = ['', '.', '..'].map((before) =>
    Buffer.from(before + mark)
      .toString('base64')
      .slice(4, -4),
  );
  const urlSafe = cores.map((core) => core.replaceAll('+', '-').replaceAll('/', '_'));
  return [...new Set([mark, hex, hex.toUpperCase(), ...cores, ...urlSafe])];
}

/** Every row of every table as text, and every `bytea` as hex and as the bytes it holds. */
export async function dumpDatabase(sql: Sql): Promise<Text[]> {
  const tables = await sql<{ table: string; binary: string[] }[]>`
    select n.nspname || '.' || c.relname as table,
      coalesce(array_agg(a.attname::text) filter (where a.atttypid = 'bytea'::regtype), '{}') as binary
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relkind in ('r', 'm') and n.nspname not in ('pg_catalog', 'information_schema')
    group by 1`;
  const texts: Text[] = [];
  for (const { table, binary } of tables) {
    const rows = await sql<{ text: string }[]>`select t::text as text from ${sql(table)} t`;
    texts.push({ where: `the table ${table}`, text: rows.map(({ text }) => text).join('\n') });
    for (const column of binary) {
      const cells = await sql<{ bytes: Buffer | null }[]>`select ${sql(column)} as bytes from ${sql(table)}`;
      const bytes = Buffer.concat(cells.map((cell) => cell.bytes ?? Buffer.alloc(0)));
      const where = `the column ${table}.${column}`;
      texts.push({ where, text: bytes.toString('hex') }, { where, text: bytes.toString('latin1') });
    }
  }
  return texts;
}
