// The environment, parsed once into one typed, frozen object that is passed in everywhere else; all problems at once.
// Plain JSON: a parent process can hand it to its children as it is.
import { PawlError, type Problem } from '../engine/errors.ts';
import { type EgressConfig, readEgress } from './egress.ts';
import { type JwtConfig, readJwt } from './jwt.ts';
import { nearestName } from './nearest-name.ts';
import { defined, type IsSet, type Report } from './reading.ts';
import { readSignIn, type SignInConfig } from './sign-in.ts';
import { SECRET_VARIABLES, VARIABLES, type Values, type VariableName } from './variables.ts';

export interface Config {
  /** No DATABASE_URL: the embedded Postgres is used, and the development rules apply (see `developmentEgress`). */
  readonly development: boolean;
  /** Holds what Pawl keeps on this machine: the embedded Postgres and the key of development. As given, maybe relative. */
  readonly directory: string;
  /** How many of each kind `pawl start` runs on this machine. */
  readonly processes: number;
  readonly database: {
    /** Owns the tables; undefined: the embedded Postgres. */
    readonly url?: string;
    /** Separate logins of the API and the worker; undefined: `url`. */
    readonly apiUrl?: string;
    readonly workerUrl?: string;
    /** A replica that the API reads reports from, unless it is farther behind; undefined: it reads them where it writes. */
    readonly reports?: { readonly url: string; readonly maxLagMs: number };
    /** Connections per process. */
    readonly poolMax: number;
  };
  readonly http: {
    readonly host: string;
    readonly port: number;
    readonly maxBodyBytes: number;
    /** The origin by which browsers and senders of webhooks know the API; undefined: whatever host a request names. */
    readonly publicUrl?: string;
    /** Ranges of proxies whose X-Forwarded-For is believed. */
    readonly trustedProxies: readonly string[];
  };
  /** Requests a minute, in each process; 0: no limit. */
  readonly rateLimits: {
    readonly perAddress: number;
    readonly perAccount: number;
    readonly perTenant: number;
  };
  /** A listener for operators in each process; without its port there is none, and nothing is counted. */
  readonly metrics: {
    readonly host: string;
    readonly apiPort?: number;
    readonly workerPort?: number;
    /** Who reads metrics must show it; undefined: whoever reaches the port may. */
    readonly token?: string;
  };
  /** Undefined: no traces. */
  readonly tracing?: TracingConfig;
  readonly log: { readonly level: Values['LOG_LEVEL']; readonly format: Values['LOG_FORMAT'] };
  /** Raw: vault/key-ring.ts parses and judges it. */
  readonly encryption: {
    readonly encryptionKey?: string;
    readonly encryptionKeys?: string;
    /** Path of a file that holds what `encryptionKeys` would. */
    readonly encryptionKeysFile?: string;
    readonly encryptionKeyId?: string;
    /** A key of AWS KMS: ARN or alias. */
    readonly kmsKey?: string;
    /** Undefined: the one of the region. */
    readonly kmsEndpoint?: string;
  };
  readonly egress: EgressConfig & { readonly maxResponseBytes: number };
  /** Undefined: nobody signs in with a session; API keys and tokens are accepted all the same. */
  readonly signIn?: SignInConfig;
  /** Undefined: tokens of tenant users are not accepted, API keys are. */
  readonly jwt?: JwtConfig;
  readonly worker: {
    /** Lists of actions walked at once: in this process, of one tenant, standing at one connection. */
    readonly concurrency: number;
    readonly tenantConcurrency: number;
    readonly connectionConcurrency: number;
    readonly pollIntervalMs: number;
    readonly leaseMs: number;
    /** A third of the lease: two heartbeats may be lost before the third is late. */
    readonly heartbeatIntervalMs: number;
    readonly stopTimeoutMs: number;
    /** Ascending, each once. */
    readonly shards: readonly number[];
  };
  readonly eventLog: { readonly partitionDaysAhead: number };
  /** Where standing exports of the ledger may go beside the tenants' own connections. */
  readonly exports: { readonly directory?: string; readonly s3Bucket?: string; readonly s3Endpoint?: string };
  /** How long what is kept. */
  readonly retention: {
    readonly eventLogDays: number;
    readonly inboundEventDays: number;
    /** Of runs of jobs that are over, and of deliveries. */
    readonly actionRunDays: number;
    readonly idempotencyKeyDays: number;
    /** Where what is forgotten is written first; undefined: nowhere. */
    readonly archiveDirectory?: string;
  };
  readonly audit: AuditConfig;
  /** For commands that talk to a running API: where it is, and as whom. */
  readonly client: { readonly url?: string; readonly apiKey?: string };
}

export interface TracingConfig {
  /** Where OTLP over HTTP is taken, `/v1/traces` included. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  /** The share that is kept of traces that begin here, 0 to 1. */
  readonly ratio: number;
}

export interface AuditConfig {
  readonly sealIntervalMs: number;
  /** Seed of the Ed25519 key that signs checkpoints; undefined: none are made, or development makes one in `directory`. */
  readonly signingKey?: string;
  /** Public keys that signed before, and may have signed what is verified. */
  readonly trustedKeys: readonly string[];
  /** Where checkpoints are kept; undefined: nowhere, or in `directory` of development. */
  readonly anchor?:
    | { readonly kind: 'directory'; readonly path: string }
    | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string };
  /** Of S3; undefined: the one of the region. */
  readonly anchorEndpoint?: string;
  readonly checkpointMinutes: number;
  /** 0: never. */
  readonly verifyHours: number;
}

/** The names of all variables Pawl knows. */
export const VARIABLE_NAMES = Object.keys(VARIABLES) as VariableName[];

/**
 * Parses environment variables. An empty one counts as missing; spaces around a value do not count.
 * @throws PawlError InvalidInput `config_invalid`, with one problem (pointer `/NAME`) for every variable that is wrong.
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const problems: Problem[] = unknownVariables(env);
  const report: Report = (name, code, message) =>
    problems.push({ pointer: `/${name}`, code, message: `${name} ${message}`, severity: 'error' });
  const isSet = (name: VariableName) => given(env, name) !== undefined;
  const values = readValues(env, report);
  checkDatabase(isSet, report);
  if (isSet('ENCRYPTION_KMS_ENDPOINT') && !isSet('ENCRYPTION_KMS_KEY'))
    report(
      'ENCRYPTION_KMS_KEY',
      'config_variable_missing',
      'is not set; expected beside ENCRYPTION_KMS_ENDPOINT.',
    );
  if (isSet('AUDIT_SIGNING_KEY') && !isSet('AUDIT_ANCHOR'))
    report('AUDIT_ANCHOR', 'config_variable_missing', 'is not set; expected beside AUDIT_SIGNING_KEY.');
  const jwt = readJwt(values, isSet, report);
  const egress = readEgress(values, !isSet('DATABASE_URL'));
  const signIn = readSignIn(values, isSet, report);
  if (values.OIDC_ISSUER?.startsWith('http:') && !egress.allowHttp) {
    report('OIDC_ISSUER', 'config_variable_invalid', 'uses http; expected https, or EGRESS_ALLOW_HTTP=true.');
  }
  if (jwt?.keys.kind === 'jwks' && jwt.keys.url.startsWith('http:') && !egress.allowHttp) {
    report(
      'JWT_JWKS_URL',
      'config_variable_invalid',
      'uses http; expected https, or EGRESS_ALLOW_HTTP=true.',
    );
  }
  if (problems.length > 0) {
    throw new PawlError('InvalidInput', 'config_invalid', summary(problems), { problems });
  }
  return frozen(toConfig(values as Values, { egress, jwt, signIn }));
}

/** The trimmed text of a variable; undefined when it is missing or empty, as `NAME=` in a file means "not set". */
const given = (env: NodeJS.ProcessEnv, name: string): string | undefined => env[name]?.trim() || undefined;

/** A misspelt PAWL_ variable would be ignored in silence; other prefixes may belong to other programs. */
function unknownVariables(env: NodeJS.ProcessEnv): Problem[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('PAWL_') && !Object.hasOwn(VARIABLES, name))
    .map((name) => ({
      pointer: `/${name}`,
      code: 'config_variable_unknown',
      message: `${name} is not a variable of Pawl; the nearest one is ${nearestName(name, VARIABLE_NAMES)}.`,
      severity: 'error',
    }));
}

function readValues(env: NodeJS.ProcessEnv, report: Report): Partial<Values> {
  const values: Record<string, unknown> = {};
  for (const name of VARIABLE_NAMES) {
    const text = given(env, name);
    const result = VARIABLES[name].safeParse(text);
    if (result.success) values[name] = result.data;
    else {
      const was = SECRET_VARIABLES.has(name) ? 'is not valid' : `is ${JSON.stringify(text?.slice(0, 100))}`;
      report(name, 'config_variable_invalid', `${was}; expected ${result.error.issues[0]?.message}.`);
    }
  }
  return values as Partial<Values>;
}

function checkDatabase(isSet: IsSet, report: Report): void {
  if (isSet('DATABASE_URL')) return;
  for (const name of [
    'DATABASE_API_URL',
    'DATABASE_WORKER_URL',
    'DATABASE_REPORTS_URL',
    'DATABASE_POOLER',
  ] as const) {
    if (isSet(name))
      report(name, 'config_variable_conflict', 'is set without DATABASE_URL; expected both, or neither.');
  }
}

interface ReadTogether {
  egress: EgressConfig;
  jwt: JwtConfig | undefined;
  signIn: SignInConfig | undefined;
}

function toConfig(values: Values, { egress, jwt, signIn }: ReadTogether): Config {
  const concurrency = values.WORKER_CONCURRENCY;
  return {
    development: values.DATABASE_URL === undefined,
    directory: values.PAWL_DIRECTORY,
    processes: values.PAWL_PROCESSES,
    database: defined({
      url: throughPooler(values.DATABASE_URL, values.DATABASE_POOLER),
      apiUrl: throughPooler(values.DATABASE_API_URL, values.DATABASE_POOLER),
      workerUrl: throughPooler(values.DATABASE_WORKER_URL, values.DATABASE_POOLER),
      reports:
        values.DATABASE_REPORTS_URL === undefined
          ? undefined
          : { url: values.DATABASE_REPORTS_URL, maxLagMs: values.DATABASE_REPORTS_MAX_LAG_MS },
      poolMax: values.DATABASE_POOL_MAX,
    }),
    http: defined({
      host: values.HOST,
      port: values.PORT,
      maxBodyBytes: values.MAX_BODY_BYTES,
      publicUrl: values.PUBLIC_URL,
      trustedProxies: values.TRUSTED_PROXIES ?? [],
    }),
    rateLimits: {
      perAddress: values.RATE_LIMIT_ADDRESS_PER_MINUTE,
      perAccount: values.RATE_LIMIT_ACCOUNT_PER_MINUTE,
      perTenant: values.RATE_LIMIT_TENANT_PER_MINUTE,
    },
    metrics: defined({
      host: values.METRICS_HOST,
      apiPort: values.METRICS_API_PORT,
      workerPort: values.METRICS_WORKER_PORT,
      token: values.METRICS_TOKEN,
    }),
    ...(values.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined && {
      tracing: {
        url: tracesUrl(values.OTEL_EXPORTER_OTLP_ENDPOINT),
        headers: values.OTEL_EXPORTER_OTLP_HEADERS ?? {},
        serviceName: values.OTEL_SERVICE_NAME,
        ratio: values.OTEL_TRACES_SAMPLER_ARG,
      },
    }),
    log: { level: values.LOG_LEVEL, format: values.LOG_FORMAT },
    encryption: defined({
      encryptionKey: values.ENCRYPTION_KEY,
      encryptionKeys: values.ENCRYPTION_KEYS,
      encryptionKeysFile: values.ENCRYPTION_KEYS_FILE,
      encryptionKeyId: values.ENCRYPTION_KEY_ID,
      kmsKey: values.ENCRYPTION_KMS_KEY,
      kmsEndpoint: values.ENCRYPTION_KMS_ENDPOINT,
    }),
    egress: { ...egress, maxResponseBytes: values.EGRESS_MAX_RESPONSE_BYTES },
    ...(signIn && { signIn }),
    ...(jwt && { jwt }),
    worker: {
      concurrency,
      // Always leaves room for another tenant, and for another connection of the same one.
      tenantConcurrency: values.WORKER_TENANT_CONCURRENCY ?? Math.ceil(concurrency / 2),
      connectionConcurrency: values.WORKER_CONNECTION_CONCURRENCY ?? Math.ceil(concurrency / 4),
      pollIntervalMs: values.WORKER_POLL_INTERVAL_MS,
      leaseMs: values.WORKER_LEASE_MS,
      heartbeatIntervalMs: Math.floor(values.WORKER_LEASE_MS / 3),
      stopTimeoutMs: values.WORKER_STOP_TIMEOUT_MS,
      shards: values.WORKER_SHARDS,
    },
    eventLog: { partitionDaysAhead: values.EVENT_LOG_PARTITION_DAYS_AHEAD },
    exports: defined({
      directory: values.EXPORT_DIRECTORY,
      s3Bucket: values.EXPORT_S3_BUCKET,
      s3Endpoint: values.EXPORT_S3_ENDPOINT,
    }),
    retention: defined({
      eventLogDays: values.EVENT_LOG_RETENTION_DAYS,
      inboundEventDays: values.INBOUND_EVENT_RETENTION_DAYS,
      actionRunDays: values.ACTION_RUN_RETENTION_DAYS,
      idempotencyKeyDays: values.IDEMPOTENCY_KEY_RETENTION_DAYS,
      archiveDirectory: values.ARCHIVE_DIRECTORY,
    }),
    audit: defined({
      sealIntervalMs: values.AUDIT_SEAL_INTERVAL_MS,
      signingKey: values.AUDIT_SIGNING_KEY,
      trustedKeys: values.AUDIT_TRUSTED_KEYS ?? [],
      anchor: values.AUDIT_ANCHOR,
      anchorEndpoint: values.AUDIT_ANCHOR_ENDPOINT,
      checkpointMinutes: values.AUDIT_CHECKPOINT_MINUTES,
      verifyHours: values.AUDIT_VERIFY_HOURS,
    }),
    client: defined({ url: values.PAWL_URL, apiKey: values.PAWL_API_KEY }),
  };
}

/** A parameter that db/driver.ts understands: the URL goes on naming the server, where LISTEN and migrations go. */
function throughPooler(url: string | undefined, pooler: string | undefined): string | undefined {
  if (url === undefined || pooler === undefined) return url;
  const pooled = new URL(url);
  pooled.searchParams.set('pawl.pooler', pooler);
  return pooled.href;
}

/** https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp */
function tracesUrl(endpoint: string): string {
  const url = new URL(endpoint);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
  return url.href;
}

const summary = (problems: readonly Problem[]): string =>
  `The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n` +
  problems.map(({ message }) => `  ${message}`).join('\n');

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  Object.values(value).forEach(frozen);
  return Object.freeze(value);
}
