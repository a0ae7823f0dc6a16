// Every environment variable Pawl knows: what it may hold, what it means when it is missing. A new one goes here and into .env.example.
import { BlockList, isIP } from 'node:net';
import { z } from 'zod';
import { SHARD_COUNT } from '../engine/shard-count.ts';

const MIB = 1024 * 1024;

export const JWT_SECRET_ALGORITHMS = ['HS256', 'HS384', 'HS512'] as const;
export const JWT_KEY_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;
export type JwtAlgorithm = (typeof JWT_SECRET_ALGORITHMS)[number] | (typeof JWT_KEY_ALGORITHMS)[number];

/** One schema a variable, from its trimmed text to its value. An issue's message says what was expected instead. */
export const VARIABLES = {
  DATABASE_URL: postgresUrl().optional(),
  DATABASE_API_URL: postgresUrl().optional(),
  DATABASE_WORKER_URL: postgresUrl().optional(),
  DATABASE_REPORTS_URL: postgresUrl().optional(),
  DATABASE_REPORTS_MAX_LAG_MS: integer(1000, 3_600_000, 'milliseconds').default(10_000),
  DATABASE_POOLER: hostAndPort().optional(),
  DATABASE_POOL_MAX: integer(1, 1000, 'connections').default(10),
  PAWL_DIRECTORY: z.string().default('.pawl'),
  PAWL_PROCESSES: integer(1, 64, 'processes').default(1),

  HOST: host().default('127.0.0.1'),
  PORT: integer(0, 65_535).default(3000),
  MAX_BODY_BYTES: integer(1024, 64 * MIB, 'bytes').default(MIB),
  PUBLIC_URL: origin().optional(),
  TRUSTED_PROXIES: cidrs().optional(),
  RATE_LIMIT_ADDRESS_PER_MINUTE: integer(0, 100_000_000, 'requests').default(60_000),
  RATE_LIMIT_ACCOUNT_PER_MINUTE: integer(0, 100_000_000, 'requests').default(60_000),
  RATE_LIMIT_TENANT_PER_MINUTE: integer(0, 100_000_000, 'requests').default(300_000),
  LOG_LEVEL: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent').default('info'),
  LOG_FORMAT: oneOf('json', 'pretty').default('json'),

  METRICS_HOST: host().default('127.0.0.1'),
  METRICS_API_PORT: integer(0, 65_535).optional(),
  METRICS_WORKER_PORT: integer(0, 65_535).optional(),
  METRICS_TOKEN: metricsToken().optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl().optional(),
  OTEL_EXPORTER_OTLP_HEADERS: headers().optional(),
  OTEL_SERVICE_NAME: z.string().default('pawl'),
  OTEL_TRACES_SAMPLER_ARG: ratio().default(1),

  // Their shape is the key ring's business (vault/key-ring.ts), so that it is judged in one place.
  ENCRYPTION_KEY: z.string().optional(),
  ENCRYPTION_KEYS: z.string().optional(),
  ENCRYPTION_KEYS_FILE: z.string().optional(),
  ENCRYPTION_KEY_ID: z.string().optional(),
  ENCRYPTION_KMS_KEY: kmsKey().optional(),
  ENCRYPTION_KMS_ENDPOINT: httpUrl().optional(),

  AUTH_SECRET: authSecret().optional(),
  AUTH_SIGN_UP: oneOf('open', 'invited').optional(),
  OIDC_ISSUER: httpUrl().optional(),
  OIDC_CLIENT_ID: z.string().optional(),
  OIDC_CLIENT_SECRET: z.string().optional(),

  JWT_ISSUER: z.string().optional(),
  JWT_AUDIENCE: z.string().optional(),
  JWT_JWKS_URL: httpUrl().optional(),
  JWT_SECRET: z.string().optional(),
  JWT_ALGORITHMS: jwtAlgorithms().optional(),
  JWT_TENANT_CLAIM: z.string().default('tenant_id'),
  JWT_ROLES_CLAIM: z.string().default('roles'),

  EGRESS_ALLOW_HTTP: flag().optional(),
  EGRESS_ALLOWED_PORTS: ports().optional(),
  EGRESS_ALLOWED_CIDRS: cidrs().optional(),
  EGRESS_MAX_RESPONSE_BYTES: integer(1024, 64 * MIB, 'bytes').default(MIB),

  WORKER_CONCURRENCY: integer(1, 10_000, 'lists at once').default(256),
  WORKER_TENANT_CONCURRENCY: integer(1, 10_000, 'lists at once').optional(),
  WORKER_CONNECTION_CONCURRENCY: integer(1, 10_000, 'lists at once').optional(),
  WORKER_POLL_INTERVAL_MS: integer(10, 60_000, 'milliseconds').default(1000),
  // A lease shorter than a pause of the garbage collector or a slow commit would declare living workers dead.
  WORKER_LEASE_MS: integer(1000, 600_000, 'milliseconds').default(15_000),
  // With five seconds for what is given up (processes/worker.ts) and some to spare, within the 30 s that container platforms wait.
  WORKER_STOP_TIMEOUT_MS: integer(0, 600_000, 'milliseconds').default(20_000),
  WORKER_SHARDS: shards().default(Array.from({ length: SHARD_COUNT }, (_, shard) => shard)),

  // A year and the month it takes to notice that something was needed.
  EVENT_LOG_RETENTION_DAYS: integer(1, 36_500, 'days').default(400),
  EVENT_LOG_PARTITION_DAYS_AHEAD: integer(7, 3650, 'days').default(90),
  // The memory of delivery ids is as long. No sender repeats a delivery after weeks.
  INBOUND_EVENT_RETENTION_DAYS: integer(2, 36_500, 'days').default(30),
  ACTION_RUN_RETENTION_DAYS: integer(2, 36_500, 'days').default(400),
  // Clients repeat a request within minutes; a week covers a long weekend.
  IDEMPOTENCY_KEY_RETENTION_DAYS: integer(2, 365, 'days').default(7),
  ARCHIVE_DIRECTORY: z.string().optional(),

  AUDIT_SEAL_INTERVAL_MS: integer(100, 3_600_000, 'milliseconds').default(1000),
  AUDIT_SIGNING_KEY: ed25519Key().optional(),
  AUDIT_TRUSTED_KEYS: ed25519Keys().optional(),
  AUDIT_ANCHOR: anchor().optional(),
  AUDIT_ANCHOR_ENDPOINT: httpUrl().optional(),
  AUDIT_CHECKPOINT_MINUTES: integer(1, 10_080, 'minutes').default(60),
  AUDIT_VERIFY_HOURS: integer(0, 8760, 'hours').default(24),

  EXPORT_DIRECTORY: z.string().optional(),
  EXPORT_S3_BUCKET: z.string().optional(),
  EXPORT_S3_ENDPOINT: httpUrl().optional(),

  PAWL_URL: httpUrl().optional(),
  PAWL_API_KEY: z.string().optional(),
} as const;

export type VariableName = keyof typeof VARIABLES;
export type Values = { [Name in VariableName]: z.output<(typeof VARIABLES)[Name]> };

/** Never quoted back in a problem: it may hold a password or a key. */
export const SECRET_VARIABLES: ReadonlySet<string> = new Set<VariableName>([
  'DATABASE_URL',
  'DATABASE_API_URL',
  'DATABASE_WORKER_URL',
  'DATABASE_REPORTS_URL',
  'ENCRYPTION_KEY',
  'ENCRYPTION_KEYS',
  'ENCRYPTION_KEY_ID',
  'AUDIT_SIGNING_KEY',
  'AUTH_SECRET',
  'METRICS_TOKEN',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OIDC_CLIENT_SECRET',
  'JWT_JWKS_URL',
  'JWT_SECRET',
  'PAWL_API_KEY',
]);

/** A schema of text that `parse` understands; undefined means it does not, and `expected` becomes the message. */
function text<T>(expected: string, parse: (value: string) => T | undefined) {
  return z.string().transform((value, context): T => {
    const parsed = parse(value);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });
}

/** https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id: the forms that name a key everywhere. */
function kmsKey() {
  const form = /^(?:arn:aws[\w-]*:kms:[\w-]+:\d{12}:(?:key\/[\w-]+|alias\/[\w/-]+)|alias\/[\w/-]+)$/;
  return text('the ARN of a KMS key or alias, or alias/name', (value) =>
    form.test(value) ? value : undefined,
  );
}

const isEd25519Key = (value: string): boolean => /^[0-9a-f]{64}$/.test(value);

function ed25519Key() {
  return text('64 hexadecimal characters (openssl rand -hex 32)', (value) =>
    isEd25519Key(value) ? value : undefined,
  );
}

function ed25519Keys() {
  return text('a comma-separated list of public keys, 64 hexadecimal characters each', (value) =>
    list(value, (entry) => (isEd25519Key(entry) ? entry : undefined)),
  );
}

type Anchor = { kind: 'directory'; path: string } | { kind: 's3'; bucket: string; prefix: string };

function anchor() {
  return text('a directory, or s3://bucket/prefix', (value): Anchor | undefined => {
    if (!value.includes('://')) return { kind: 'directory', path: value };
    const [, bucket, path = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(value) ?? [];
    return bucket === undefined
      ? undefined
      : { kind: 's3', bucket, prefix: path === '' || path.endsWith('/') ? path : `${path}/` };
  });
}

function integer(least: number, most: number, unit?: string) {
  const what = unit ? `a whole number of ${unit}` : 'a whole number';
  return text(`${what} from ${least} to ${most}`, (value) => {
    if (!/^\d{1,15}$/.test(value)) return undefined;
    return Number(value) >= least && Number(value) <= most ? Number(value) : undefined;
  });
}

function flag() {
  const meanings: Record<string, boolean> = { true: true, '1': true, false: false, '0': false };
  return text('true, false, 1 or 0', (value) =>
    Object.hasOwn(meanings, value) ? meanings[value] : undefined,
  );
}

function oneOf<const T extends string>(...choices: T[]) {
  return text(`one of ${choices.join(', ')}`, (value) => choices.find((choice) => choice === value));
}

function host() {
  return text('an IP address or a host name', (value) =>
    isIP(value) !== 0 || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(value) ? value : undefined,
  );
}

function hostAndPort() {
  const form = /^(?:[a-z\d](?:[a-z\d.-]*[a-z\d])?|\[[a-f\d:]+\]):0*[1-9]\d*$/i;
  return text('a host and a port such as pgbouncer.internal:6432', (value) =>
    form.test(value) && URL.canParse(`postgres://${value}`) ? value : undefined,
  );
}

function postgresUrl() {
  return text(
    'a URL such as postgres://user:password@host:5432/database, in which % is written as %25',
    (value) => {
      const url = URL.canParse(value) ? new URL(value) : undefined;
      const isOne = url && /^postgres(ql)?:$/.test(url.protocol) && url.pathname.length > 1;
      return isOne && isEncoded(url.username) && isEncoded(url.password) ? value : undefined;
    },
  );
}

/** As the driver decodes it. */
function isEncoded(part: string): boolean {
  try {
    decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}

function httpUrl() {
  return text('an http or https URL without user or password', (value) => {
    const url = URL.canParse(value) ? new URL(value) : undefined;
    return url && /^https?:$/.test(url.protocol) && !url.username && !url.password ? value : undefined;
  });
}

function origin() {
  return text('an http or https URL without a path, such as https://pawl.example.com', (value) => {
    const url = URL.canParse(value) ? new URL(value) : undefined;
    const plain = url && /^https?:$/.test(url.protocol) && `${url.origin}/` === url.href;
    return plain ? url.origin : undefined;
  });
}

/** As long as nobody guesses it, and of what every reader writes into a header in the same way. */
function metricsToken() {
  return text('at least 16 printable ASCII characters without spaces', (value) =>
    /^[\x21-\x7e]{16,}$/.test(value) ? value : undefined,
  );
}

function ratio() {
  return text('a number from 0 to 1', (value) => {
    const share = /^[\d.]+$/.test(value) ? Number(value) : Number.NaN;
    return share >= 0 && share <= 1 ? share : undefined;
  });
}

/** `name=value,name2=value2`, values percent-encoded: as OpenTelemetry has it. */
function headers() {
  return text('headers such as api-key=value,other=value', (value): Record<string, string> | undefined => {
    const entries = list(value, (entry) => {
      const [, name, encoded] = /^([\w-]+)\s*=\s*([^\s,;]*)$/.exec(entry) ?? [];
      if (name === undefined || encoded === undefined) return undefined;
      try {
        return [name.toLowerCase(), decodeURIComponent(encoded)] as const;
      } catch {
        return undefined;
      }
    });
    return entries && Object.fromEntries(entries);
  });
}

/** Sessions are signed with it: as long as the hash it is used with. */
function authSecret() {
  return text('at least 32 characters (openssl rand -hex 32)', (value) =>
    value.length >= 32 ? value : undefined,
  );
}

/** The entries of a comma-separated list, each understood by `parse`; undefined if it is empty or one is not. */
function list<T>(value: string, parse: (entry: string) => T | undefined): T[] | undefined {
  const entries = value.split(',').map((entry) => parse(entry.trim()));
  return entries.includes(undefined) ? undefined : (entries as T[]);
}

function jwtAlgorithms() {
  const known: readonly JwtAlgorithm[] = [...JWT_SECRET_ALGORITHMS, ...JWT_KEY_ALGORITHMS];
  return text(`a comma-separated list out of ${known.join(', ')}`, (value) =>
    list(value, (entry) => known.find((algorithm) => algorithm === entry)),
  );
}

function ports() {
  return text(
    '`any`, or a comma-separated list of ports from 1 to 65535',
    (value): number[] | 'any' | undefined => {
      if (value === 'any') return 'any';
      return list(value, (entry) => {
        const port = /^\d{1,5}$/.test(entry) ? Number(entry) : 0;
        return port >= 1 && port <= 65_535 ? port : undefined;
      });
    },
  );
}

function cidrs() {
  return text('a comma-separated list of ranges such as 10.1.0.0/16 or fd00:1::/32', (value) =>
    list(value, (entry) => (isCidr(entry) ? entry : undefined)),
  );
}

function isCidr(entry: string): boolean {
  const [, address = '', length] = /^([^/%]+)\/(\d{1,3})$/.exec(entry) ?? [];
  const family = isIP(address);
  if (family === 0) return false;
  try {
    // The judge that will apply it says whether it can.
    new BlockList().addSubnet(address, Number(length), family === 4 ? 'ipv4' : 'ipv6');
    return true;
  } catch {
    return false;
  }
}

function shards() {
  return text(`shards from 0 to ${SHARD_COUNT - 1} and ranges of them, such as 0-15,32`, (value) => {
    const ranges = list(value, (entry) => {
      const [, first, last = first] = /^(\d{1,2})(?:-(\d{1,2}))?$/.exec(entry) ?? [];
      const [from, to] = [Number(first), Number(last)];
      return from <= to && to < SHARD_COUNT ? { from, to } : undefined;
    });
    const all = ranges?.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
    return all && [...new Set(all)].sort((a, b) => a - b);
  });
}
