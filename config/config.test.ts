import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PawlError } from '../engine/errors.ts';
import { readConfig, VARIABLE_NAMES } from './config.ts';
import { developmentEgress } from './egress.ts';

const DATABASE_URL = 'postgres://pawl:secret@db.internal:5432/pawl';
const SECRET = 'a secret that is long enough 0123456789';

function failureOf(env: NodeJS.ProcessEnv): PawlError {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof PawlError) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

const problemOf = (env: NodeJS.ProcessEnv) =>
  failureOf(env)
    .problems.map(({ message }) => message)
    .join('\n');

describe('the configuration', () => {
  test('needs nothing: without variables it is the development mode on this machine', () => {
    const config = readConfig({});
    expect(config).toMatchObject({
      development: true,
      directory: '.pawl',
      database: { poolMax: 10 },
      http: { host: '127.0.0.1', port: 3000, maxBodyBytes: 1_048_576 },
      worker: { concurrency: 256, tenantConcurrency: 128, connectionConcurrency: 64, leaseMs: 15_000 },
      retention: { eventLogDays: 400 },
    });
    expect(config.worker.heartbeatIntervalMs).toBe(5000);
    expect(config.worker.shards).toEqual(Array.from({ length: 64 }, (_, shard) => shard));
    expect(config.database).not.toHaveProperty('url');
    expect(config).not.toHaveProperty('jwt');
    expect(config.encryption).toEqual({});
  });

  test('is frozen to its leaves, and plain JSON that a child process can be given', () => {
    const config = readConfig({ DATABASE_URL, JWT_ISSUER: 'i', JWT_AUDIENCE: 'a', JWT_SECRET: SECRET });
    expect(() => Object.assign(config.worker, { concurrency: 1 })).toThrow(TypeError);
    expect(() => (config.worker.shards as number[]).push(1)).toThrow(TypeError);
    expect(JSON.parse(JSON.stringify(config))).toEqual(config);
  });

  test('takes an empty variable for one that is not set, and ignores spaces around a value', () => {
    expect(readConfig({ PORT: '', DATABASE_URL: ' ', LOG_LEVEL: ' debug ' })).toMatchObject({
      development: true,
      http: { port: 3000 },
      log: { level: 'debug' },
    });
  });

  test('keeps the keys as they are given, for the key ring to judge', () => {
    const given = { ENCRYPTION_KEYS: 'a:00,b:11', ENCRYPTION_KEY_ID: 'b' };
    expect(readConfig(given).encryption).toEqual({ encryptionKeys: 'a:00,b:11', encryptionKeyId: 'b' });
  });

  test('takes a key of KMS by its ARN or alias, and its endpoint beside it alone', () => {
    const arn = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    for (const key of [arn, 'arn:aws-cn:kms:cn-north-1:111122223333:alias/pawl', 'alias/pawl']) {
      expect(readConfig({ DATABASE_URL, ENCRYPTION_KMS_KEY: key }).encryption).toEqual({ kmsKey: key });
    }
    expect(problemOf({ DATABASE_URL, ENCRYPTION_KMS_ENDPOINT: 'https://kms.internal' })).toContain(
      'ENCRYPTION_KMS_KEY is not set',
    );
  });

  test('lets statements go through a pooler, and keeps naming the server', () => {
    const { database } = readConfig({ DATABASE_URL, DATABASE_POOLER: 'pgbouncer.internal:6432' });
    expect(database.url).toBe(`${DATABASE_URL}?pawl.pooler=pgbouncer.internal%3A6432`);
    expect(problemOf({ DATABASE_POOLER: 'pgbouncer:6432' })).toContain('without DATABASE_URL');
    for (const pooler of ['pgbouncer', 'pgbouncer:0', 'pgbouncer:65536', '[::]:1:2'])
      expect(problemOf({ DATABASE_URL, DATABASE_POOLER: pooler })).toContain('a host and a port');
  });

  test('refuses a password that is not encoded, and does not say it', () => {
    expect(problemOf({ DATABASE_URL: 'postgres://user:50%off@db/pawl' })).toBe(
      'DATABASE_URL is not valid; expected a URL such as postgres://user:password@host:5432/database, in which % is written as %25.',
    );
  });

  test('shows metrics and sends traces where it is told to, and nowhere else', () => {
    const silent = readConfig({});
    expect(silent.metrics).toEqual({ host: '127.0.0.1' });
    expect(silent).not.toHaveProperty('tracing');
    const told = readConfig({
      METRICS_API_PORT: '9464',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/',
      OTEL_EXPORTER_OTLP_HEADERS: 'Api-Key=a%20b, other = c',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
    });
    expect(told.metrics).toEqual({ host: '127.0.0.1', apiPort: 9464 });
    expect(told.tracing).toEqual({
      url: 'http://collector:4318/v1/traces',
      headers: { 'api-key': 'a b', other: 'c' },
      serviceName: 'pawl',
      ratio: 0.25,
    });
    const withQuery = readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector/otlp?key=1' });
    expect(withQuery.tracing?.url).toBe('https://collector/otlp/v1/traces?key=1');
    // curl and Prometheus send it as UTF-8, and headers are read as Latin-1.
    expect(problemOf({ METRICS_TOKEN: 'geheim für alle hier'.replaceAll(' ', '-') })).toContain('ASCII');
    const wrong = problemOf({
      METRICS_TOKEN: 'short',
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key: canary',
      OTEL_TRACES_SAMPLER_ARG: '1.5',
    });
    expect(wrong).toMatch(/METRICS_TOKEN is not valid[\s\S]*HEADERS is not valid[\s\S]*from 0 to 1/);
    expect(wrong).not.toContain('canary');
  });

  test('reads shards as single numbers and ranges, in order and each once', () => {
    expect(readConfig({ WORKER_SHARDS: '32, 0-3,2-4' }).worker.shards).toEqual([0, 1, 2, 3, 4, 32]);
  });
});

describe('signing in', () => {
  test('is there in development, and elsewhere with a secret and an address', () => {
    expect(readConfig({}).signIn).toEqual({ signUp: 'open' });
    expect(readConfig({ DATABASE_URL })).not.toHaveProperty('signIn');
    const asked = { DATABASE_URL, AUTH_SECRET: SECRET, PUBLIC_URL: 'https://pawl.example.com/' };
    expect(readConfig(asked)).toMatchObject({
      http: { publicUrl: 'https://pawl.example.com' },
      signIn: { secret: SECRET, signUp: 'invited' },
    });
    const oidc = { OIDC_ISSUER: 'https://id.example.com', OIDC_CLIENT_ID: 'pawl', OIDC_CLIENT_SECRET: 's' };
    expect(readConfig({ ...asked, ...oidc }).signIn?.oidc).toEqual({
      issuer: 'https://id.example.com',
      clientId: 'pawl',
      clientSecret: 's',
    });
  });

  test.each([
    [{ DATABASE_URL, AUTH_SECRET: SECRET }, 'PUBLIC_URL is not set; expected beside AUTH_SECRET.'],
    [{ DATABASE_URL, AUTH_SIGN_UP: 'open' }, 'AUTH_SECRET is not set; expected beside AUTH_SIGN_UP.'],
    [{ AUTH_SECRET: 'short' }, 'AUTH_SECRET is not valid; expected at least 32 characters'],
    [
      { PUBLIC_URL: 'https://pawl.example.com/app' },
      'PUBLIC_URL is "https://pawl.example.com/app"; expected',
    ],
    [{ OIDC_ISSUER: 'https://id.example.com' }, 'OIDC_CLIENT_ID is not set; expected beside OIDC_ISSUER.'],
    [{ AUTH_SIGN_UP: 'anyone' }, 'AUTH_SIGN_UP is "anyone"; expected one of open, invited.'],
  ])('is refused for %j', (env, problem) => {
    expect(problemOf(env)).toContain(problem);
  });
});

describe('a wrong configuration', () => {
  test('is refused with every problem at once: the name, what it was, what is expected', () => {
    const error = failureOf({ PORT: '80a', LOG_LEVEL: 'loud', WORKER_LEASE_MS: '5', PAWL_DIRECTROY: 'x' });
    expect(error).toMatchObject({ kind: 'InvalidInput', code: 'config_invalid' });
    expect(error.problems).toEqual([
      {
        pointer: '/PAWL_DIRECTROY',
        code: 'config_variable_unknown',
        message: 'PAWL_DIRECTROY is not a variable of Pawl; the nearest one is PAWL_DIRECTORY.',
        severity: 'error',
      },
      {
        pointer: '/PORT',
        code: 'config_variable_invalid',
        message: 'PORT is "80a"; expected a whole number from 0 to 65535.',
        severity: 'error',
      },
      {
        pointer: '/LOG_LEVEL',
        code: 'config_variable_invalid',
        message: 'LOG_LEVEL is "loud"; expected one of fatal, error, warn, info, debug, trace, silent.',
        severity: 'error',
      },
      {
        pointer: '/WORKER_LEASE_MS',
        code: 'config_variable_invalid',
        message: 'WORKER_LEASE_MS is "5"; expected a whole number of milliseconds from 1000 to 600000.',
        severity: 'error',
      },
    ]);
    for (const { message } of error.problems) expect(error.message).toContain(message);
  });

  test.each([
    ['PORT', ['-1', '65536', '1.5', '1e3', '0x10', 'NaN', '9'.repeat(20)]],
    ['EGRESS_ALLOW_HTTP', ['yes', 'TRUE', 'on', '2', 'constructor']],
    ['EGRESS_ALLOWED_PORTS', ['0', '443,', '443,x', '65536', 'any,443', ',']],
    [
      'EGRESS_ALLOWED_CIDRS',
      ['10.0.0.0', '10.0.0.0/33', '::1/129', 'localhost/8', '127.1/8', 'fe80::1%eth0/64', ','],
    ],
    ['WORKER_SHARDS', ['64', '5-3', '0-64', '-1', '1-', 'all', '0,,1']],
    ['HOST', ['a b', 'http://x', '-x', '1.2.3.4:80']],
    ['DATABASE_URL', ['db.internal', 'mysql://h/d', 'postgres://h', 'postgres://h/']],
    [
      'ENCRYPTION_KMS_KEY',
      ['1234abcd-12ab', 'alias/', 'arn:aws:s3:::bucket', 'arn:aws:kms:eu-west-1:1:key/x'],
    ],
    ['ENCRYPTION_KMS_ENDPOINT', ['kms.internal', 'ftp://kms.internal', 'https://u:p@kms.internal']],
    ['JWT_ALGORITHMS', ['none', 'hs256', 'HS256;HS384']],
  ])('names %s when its value means nothing', (name, values) => {
    for (const value of values) {
      expect(failureOf({ [name]: value }).problems.map(({ pointer }) => pointer)).toContain(`/${name}`);
    }
  });

  test('is described without repeating a secret', () => {
    const error = failureOf({
      DATABASE_URL: 'mysql://pawl:hunter2@h/d',
      DATABASE_API_URL: 'hunter2',
      JWT_JWKS_URL: 'https://user:hunter2@issuer.test/keys',
      JWT_SECRET: 'hunter2',
      PORT: 'x',
    });
    expect(JSON.stringify({ ...error, message: error.message })).not.toContain('hunter2');
    expect(error.message).toContain('PORT is "x"');
  });

  test('that gives the API or the worker a login without DATABASE_URL is refused', () => {
    expect(problemOf({ DATABASE_API_URL: DATABASE_URL })).toBe(
      'DATABASE_API_URL is set without DATABASE_URL; expected both, or neither.',
    );
  });

  test('that gives a replica for reports without DATABASE_URL is refused', () => {
    expect(problemOf({ DATABASE_REPORTS_URL: DATABASE_URL })).toBe(
      'DATABASE_REPORTS_URL is set without DATABASE_URL; expected both, or neither.',
    );
  });

  test('never throws anything but its list of problems', () => {
    const anything = fc.dictionary(fc.constantFrom(...VARIABLE_NAMES), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(anything, (env) => {
        try {
          readConfig(env);
        } catch (error) {
          expect(error).toMatchObject({ name: 'PawlError', code: 'config_invalid' });
          for (const { message, pointer } of (error as PawlError).problems) {
            expect(message.startsWith(`${pointer.slice(1)} `)).toBe(true);
            expect(message).not.toContain('undefined');
          }
        }
      }),
    );
  });
});

describe('tokens of tenant users', () => {
  const asked = { DATABASE_URL, JWT_ISSUER: 'https://issuer.test', JWT_AUDIENCE: 'pawl' };

  test('are checked with the keys of an address or with a shared secret', () => {
    expect(readConfig({ ...asked, JWT_JWKS_URL: 'https://issuer.test/keys' }).jwt).toEqual({
      issuer: 'https://issuer.test',
      audience: 'pawl',
      keys: { kind: 'jwks', url: 'https://issuer.test/keys' },
      algorithms: ['RS256', 'ES256'],
      tenantClaim: 'tenant_id',
      rolesClaim: 'roles',
    });
    expect(readConfig({ ...asked, JWT_SECRET: SECRET, JWT_TENANT_CLAIM: 'org' }).jwt).toMatchObject({
      keys: { kind: 'secret', secret: SECRET },
      algorithms: ['HS256'],
      tenantClaim: 'org',
    });
  });

  test('need an issuer, an audience and exactly one key source', () => {
    expect(failureOf({ JWT_ALGORITHMS: 'RS256' }).problems.map(({ pointer }) => pointer)).toEqual([
      '/JWT_ISSUER',
      '/JWT_AUDIENCE',
      '/JWT_JWKS_URL',
    ]);
    expect(problemOf({ ...asked, JWT_SECRET: SECRET, JWT_JWKS_URL: 'https://issuer.test/keys' })).toBe(
      'JWT_SECRET is set together with JWT_JWKS_URL; expected one of them.',
    );
  });

  test('cannot be signed with a public key taken for a secret', () => {
    const both = { ...asked, JWT_JWKS_URL: 'https://issuer.test/keys', JWT_ALGORITHMS: 'RS256,HS256' };
    expect(problemOf(both)).toContain('JWT_ALGORITHMS names HS256; expected with JWT_JWKS_URL only RS256');
    expect(problemOf({ ...asked, JWT_SECRET: SECRET, JWT_ALGORITHMS: 'RS256' })).toContain('names RS256');
  });

  test('are not trusted under a secret shorter than its hash', () => {
    expect(problemOf({ ...asked, JWT_SECRET: 'x'.repeat(31) })).toBe(
      'JWT_SECRET has 31 bytes; expected at least 32.',
    );
    expect(problemOf({ ...asked, JWT_SECRET: 'x'.repeat(63), JWT_ALGORITHMS: 'HS256,HS512' })).toBe(
      'JWT_SECRET has 63 bytes; expected at least 64.',
    );
  });

  test('are not checked with keys that came over http, unless the operator allows http', () => {
    const insecure = { ...asked, JWT_JWKS_URL: 'http://issuer.test/keys' };
    expect(problemOf(insecure)).toBe('JWT_JWKS_URL uses http; expected https, or EGRESS_ALLOW_HTTP=true.');
    expect(readConfig({ ...insecure, EGRESS_ALLOW_HTTP: '1' }).jwt?.keys.kind).toBe('jwks');
  });
});

describe('what tenants may reach', () => {
  test('is https on port 443 and nothing internal, beside a database of the operator', () => {
    expect(readConfig({ DATABASE_URL }).egress).toEqual({
      allowHttp: false,
      allowedPorts: [443],
      allowedCidrs: [],
      maxResponseBytes: 1_048_576,
    });
  });

  test('is what the operator says', () => {
    const said = { EGRESS_ALLOWED_PORTS: '443, 8443', EGRESS_ALLOWED_CIDRS: '10.1.0.0/16, fd00:1::/32' };
    expect(readConfig({ DATABASE_URL, ...said }).egress).toMatchObject({
      allowedPorts: [443, 8443],
      allowedCidrs: ['10.1.0.0/16', 'fd00:1::/32'],
    });
    expect(readConfig({ DATABASE_URL, EGRESS_ALLOW_HTTP: 'true' }).egress.allowedPorts).toEqual([443, 80]);
  });

  test('includes this machine in development, and no other internal address', () => {
    expect(readConfig({}).egress).toMatchObject({
      allowHttp: true,
      allowedPorts: 'any',
      allowedCidrs: ['127.0.0.0/8', '::1/128'],
    });
  });

  test('stays as narrow in development as the operator says explicitly', () => {
    expect(
      developmentEgress({ allowHttp: false, allowedPorts: [443], allowedCidrs: ['10.0.0.0/8'] }),
    ).toEqual({
      allowHttp: false,
      allowedPorts: [443],
      allowedCidrs: ['10.0.0.0/8', '127.0.0.0/8', '::1/128'],
    });
  });
});

describe('.env.example', () => {
  const text = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');

  test('names exactly the variables the configuration knows, each with a comment line of its own', () => {
    const lines = text.split('\n');
    const named = lines.flatMap((line, at) =>
      /^[A-Z]/.test(line) ? [{ line, above: lines[at - 1] ?? '' }] : [],
    );
    expect(named.map(({ line }) => line.split('=')[0])).toEqual(VARIABLE_NAMES);
    for (const { above } of named) expect(above).toMatch(/^# ./);
  });

  test('shows the defaults: a copy of it changes nothing', () => {
    expect(readConfig(parseEnv(text))).toEqual(readConfig({}));
  });
});
