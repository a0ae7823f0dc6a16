// The whole API on a database of its own, with two tenants who must never see each other.
import { createHmac } from 'node:crypto';
import { BlockList } from 'node:net';
import { pino } from 'pino';
import postgres, { type Sql } from 'postgres';
import { v7 } from 'uuid';
import { connect, type Database } from '../db/client.ts';
import { createDatabaseClock } from '../db/clock.ts';
import { createNotifier, listen } from '../db/notifications.ts';
import { createTenant } from '../db/operator.ts';
import { createReadiness } from '../db/readiness.ts';
import { openSignInStore } from '../db/sign-in-store.ts';
import { createTenantKeyStore } from '../db/tenant-keys.ts';
import { createTenants, type Tenant } from '../db/tenants.ts';
import type { Policy } from '../egress/address-rules.ts';
import type { JsonObject } from '../engine/json.ts';
import { createJobs } from '../jobs/jobs.ts';
import { createDatabase } from '../test/postgres.testkit.ts';
import { createDataKeys, type DataKeys, tenantKeysChanged } from '../vault/data-keys.ts';
import { createEncrypter } from '../vault/encrypt.ts';
import { parseKeyRing } from '../vault/key-ring.ts';
import { createMasterKeys, type MasterKeys } from '../vault/master-keys.ts';
import { createSourceSecretOpener } from '../vault/source-secrets.ts';
import type { Answer, RequestOptions } from './answer.testkit.ts';
import { createApi } from './app.ts';
import { createAuthenticator } from './auth/authenticate.ts';
import { createApiKey } from './auth/create-api-key.ts';
import type { VerifyToken } from './auth/jwt.ts';
import type { OrganisationRole } from './auth/principal.ts';
import { createSignIn, type SignInOptions } from './auth/sign-in.ts';
import { type Browser, openBrowser } from './browser.testkit.ts';
import type { ApiDeps } from './deps.ts';
import { createJobWatch } from './watch.ts';
import { createKnownSources } from './webhooks/known-sources.ts';

export type { Answer };

/** Sends requests as one caller. */
// biome-ignore lint/suspicious/noExplicitAny: as for `Answer`
export type Caller = <T = any>(method: string, path: string, options?: RequestOptions) => Promise<Answer<T>>;

export interface TestTenant {
  tenant: Tenant;
  /** An API key with the role Owner. */
  key: string;
  keyId: string;
  /** Calls with that key. Paths are relative to /api/v1 unless they start with it. */
  call: Caller;
  /** Somebody who has not signed in yet. */
  visitor(): Browser;
  /** Sends an event to a source of kind `generic`, as the POST that made it answered, signed with its secret. */
  deliver(source: { id: string; secret: string }, event: JsonObject): Promise<Answer>;
}

export interface TestApi {
  app: ReturnType<typeof createApi>;
  deps: ApiDeps;
  /** As role `pawl_api`. */
  db: Database;
  /** As role `pawl_operator`: sees all tenants' rows. */
  operator: Database;
  /** Runs a statement as superuser: for what another part would have written. */
  asOwner<T>(statement: (sql: Sql) => Promise<T>): Promise<T>;
  /** Superuser login of the database. */
  url: string;
  /** As the API has them. */
  keys: DataKeys;
  /** What wraps them. */
  master: MasterKeys;
  a: TestTenant;
  b: TestTenant;
  /** A new API key of `of` (default: tenant a) with `roles`. */
  keyWith(
    roles: readonly OrganisationRole[],
    of?: Tenant,
  ): Promise<{ id: string; key: string; call: Caller }>;
  /** A caller with any `Authorization` header, or none. */
  caller(authorization: string | null): Caller;
  /** Somebody who has not signed in yet. */
  visitor(): Browser;
  /** How many rows each tenant-owned table holds: equal before and after means that nothing was written. */
  countRows(): Promise<Record<string, number>>;
  stop(): Promise<void>;
}

export interface TestApiOptions {
  egressPolicy?: Policy;
  maxBodyBytes?: number;
  verifyToken?(deps: Pick<ApiDeps, 'clock'>): VerifyToken;
  /** Signing in, as the environment of a production server would say it differently. */
  signIn?: Partial<SignInOptions>;
  /** Hears what is announced on `pawl_changed`. */
  onChange?(payload: string): void;
  /** Replaces parts of what the API is given. */
  deps?: Partial<ApiDeps>;
}

/** What a development machine allows: receivers on itself. */
const DEVELOPMENT_POLICY: Policy = {
  allowHttp: true,
  allowedPorts: 'any',
  allowedCidrs: ['127.0.0.0/8', '::1/128'],
};

/** Call it in `beforeAll`, and `stop` in `afterAll`. */
export async function setupApi(options: TestApiOptions = {}): Promise<TestApi> {
  const database = await createDatabase();
  const db = connect({ url: database.url, role: 'pawl_api', poolMax: 6, applicationName: 'test api' });
  const operator = connect({
    url: database.url,
    role: 'pawl_operator',
    poolMax: 2,
    applicationName: 'test operator',
  });
  const clock = await createDatabaseClock(db.sql);
  const tenants = createTenants(db);
  const ids = { next: v7 };
  const keyRing = parseKeyRing({ encryptionKey: 'c0ffee'.repeat(11).slice(0, 64) });
  const master = createMasterKeys(keyRing, null);
  const keys = createDataKeys({ master, ring: keyRing, store: createTenantKeyStore(db, tenants) });
  const watch = createJobWatch({ db, intervalMs: 20 });
  const { authenticate, authenticateMember, changed } = createAuthenticator({
    db,
    tenants,
    clock,
    verifyToken: options.verifyToken?.({ clock }) ?? null,
  });
  const knownSources = createKnownSources({ db, tenants });
  const wake = () => {};
  const log = pino({ level: 'silent' });
  const store = openSignInStore({ url: database.url, poolMax: 2 });
  const signIn = createSignIn({
    db,
    store,
    tenants,
    ids,
    log,
    secret: 'a secret of at least thirty-two characters',
    secureCookies: false,
    signUp: 'open',
    onRolesChanged: async (tenantId) => changed(`api_key:${tenantId}`),
    ...options.signIn,
  });
  const jobs = createJobs({ db, tenants, clock, ids, onQueued: wake, onMoved: watch.moved, concurrency: 4 });
  const deps: ApiDeps = {
    db,
    tenants,
    jobs,
    clock,
    ids,
    encrypt: createEncrypter(keys),
    forgetKeys: (tenantId) => keys.changed(tenantKeysChanged(tenantId)),
    egressPolicy: options.egressPolicy ?? DEVELOPMENT_POLICY,
    authenticate,
    authenticateMember,
    signIn,
    limits: null,
    proxies: new BlockList(),
    openSourceSecret: createSourceSecretOpener(keys),
    knownSources,
    changed(payload) {
      tenants.changed(payload);
      changed(payload);
      knownSources.changed(payload);
    },
    notifier: createNotifier(db.sql, () => {}),
    watch,
    wake,
    maxBodyBytes: options.maxBodyBytes ?? 1_048_576,
    inboundConcurrency: 2,
    testWaitMs: 0,
    readiness: createReadiness({ sql: db.sql, leaseMs: 15_000 }),
    log,
    version: '0.0.0-test',
    ...options.deps,
  };
  const app = createApi(deps);
  const caller = (authorization: string | null) => callerOf(app, authorization);
  const visitor = () => openBrowser(app);

  async function keyWith(roles: readonly OrganisationRole[], of: Tenant) {
    const { id, key } = await createApiKey(operator, of, { name: roles.join(' ') || 'without roles', roles });
    return { id, key, call: caller(`Bearer ${key}`) };
  }

  async function tenantNamed(name: string): Promise<TestTenant> {
    const tenant = await createTenant(operator, { name, slug: name.toLowerCase() });
    const { id, key, call } = await keyWith(['Owner'], tenant);
    return { tenant, key, keyId: id, call, deliver, visitor };
  }

  function deliver({ id, secret }: { id: string; secret: string }, event: JsonObject): Promise<Answer> {
    const signature = createHmac('sha256', secret).update(JSON.stringify(event)).digest('hex');
    const headers = { 'x-signature': signature };
    return caller(null)('POST', `/api/integrations/webhook/${id}`, { body: event, headers });
  }

  const owner = postgres(database.url, {
    max: 1,
    onnotice: () => {},
    transform: { column: { from: postgres.toCamel } },
  });
  const { onChange } = options;
  const ears = onChange && (await listen(database.url, { pawl_changed: onChange }, () => {}));
  const a = await tenantNamed('Alder');
  const b = await tenantNamed('Birch');
  return {
    app,
    deps,
    db,
    operator,
    asOwner: (statement) => statement(owner),
    url: database.url,
    keys,
    master,
    a,
    b,
    keyWith: (roles, of = a.tenant) => keyWith(roles, of),
    caller,
    visitor,
    countRows: () => countRows(operator),
    async stop() {
      await watch.stop();
      clock.stop();
      await Promise.all([ears?.stop(), owner.end()]);
      await Promise.all([db.close(), operator.close(), store.close()]);
      await database.drop();
    },
  };
}

function callerOf(app: ReturnType<typeof createApi>, authorization: string | null): Caller {
  return async (method, path, { body, headers } = {}) => {
    const response = await app.request(path.startsWith('/api/') ? path : `/api/v1${path}`, {
      method,
      headers: {
        ...(authorization !== null && { authorization }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
}

const COUNTED = [
  'api_keys',
  'role_assignments',
  'groups',
  'group_members',
  'idempotency_keys',
  'connections',
  'connection_tests',
  'workflows',
  'workflow_versions',
  'jobs',
  'job_keys',
  'timers',
  'event_log',
  'dispatch_queue',
  'action_runs',
  'utility_ledger',
  'sources',
  'source_addresses',
  'triggers',
  'inbound_events',
  'inbound_queue',
  'scopes',
  'supplies',
  'endpoints',
  'subscriptions',
  'deliveries',
  'metering_exports',
  'metering_quotas',
] as const;

async function countRows(operator: Database): Promise<Record<string, number>> {
  const counts = await Promise.all(
    COUNTED.map(async (table) => {
      const [row] = await operator.sql`select count(*)::integer as rows from ${operator.sql(table)}`;
      return [table, Number(row?.rows)] as const;
    }),
  );
  return Object.fromEntries(counts);
}
