// The API process: everything it consists of, wired, listening, with one stop.
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { serve } from '@hono/node-server';
import { announce } from '../api/announce.ts';
import { createApi } from '../api/app.ts';
import { createAuthenticator } from '../api/auth/authenticate.ts';
import { fetchesJson } from '../api/auth/jwks.ts';
import { createTokenVerifier, type VerifyToken } from '../api/auth/jwt.ts';
import { addressRanges } from '../api/client-address.ts';
import { createRequestLimits } from '../api/request-limits.ts';
import { createJobWatch } from '../api/watch.ts';
import { readWebFiles } from '../api/web-files.ts';
import { createKnownSources } from '../api/webhooks/known-sources.ts';
import type { Config } from '../config/config.ts';
import { connect } from '../db/client.ts';
import { type Clock, createDatabaseClock } from '../db/clock.ts';
import { createIds } from '../db/new-id.ts';
import { createNotifier, listen } from '../db/notifications.ts';
import { createReadiness } from '../db/readiness.ts';
import { createTenants } from '../db/tenants.ts';
import { createSender, type Sender } from '../egress/sender.ts';
import { PawlError } from '../engine/errors.ts';
import { createJobs } from '../jobs/jobs.ts';
import { tenantKeysChanged } from '../vault/data-keys.ts';
import { createEncrypter } from '../vault/encrypt.ts';
import { createSourceSecretOpener } from '../vault/source-secrets.ts';
import { closeAll } from './close-all.ts';
import { commitConcurrency } from './commit-concurrency.ts';
import type { Logger } from './log.ts';
import { dataKeysOf, openMasterKeys } from './master-keys.ts';
import type { ProcessOptions } from './process-options.ts';
import { openReports } from './reports.ts';
import { openSignIn } from './sign-in.ts';
import { openTelemetry } from './telemetry.ts';
import { USER_AGENT, VERSION } from './version.ts';

export interface RunningApi {
  /** Such as `http://127.0.0.1:3000`. */
  url: string;
  /** Where its metrics are; null: nowhere. */
  metricsUrl: string | null;
  /** Takes no more requests, ends streams, answers what it has, and closes its connections. Never rejects. */
  stop(): Promise<void>;
}

/** Streams look at the database this often; what moves in this process is shown at once. */
const WATCH_INTERVAL_MS = 250;
/** How long a request to test a connection waits for a worker's answer before it is told to ask again. */
const TEST_WAIT_MS = 15_000;
/** Longer than any request takes; below the 30 s that container platforms wait before they kill. */
const STOP_TIMEOUT_MS = 20_000;
const IDLE_LOOK_MS = 50;
/** What `npm run build` makes. */
const WEB_DIRECTORY = fileURLToPath(new URL('../web/dist', import.meta.url));

export async function startApi({ config, databaseUrl, log }: ProcessOptions): Promise<RunningApi> {
  const { poolMax } = config.database;
  const db = connect({ url: databaseUrl, role: 'pawl_api', poolMax, applicationName: 'pawl api' });
  const opened: (() => unknown)[] = [() => db.close()];
  try {
    const telemetry = await openTelemetry('api', config, { db, log });
    opened.push(telemetry.stop);
    const { metrics, tracing } = telemetry;
    const reports = await openReports(config, { db, log });
    if (reports) opened.push(reports.close);
    if (reports) metrics?.watchReports(reports.lagMs);
    const masterKeys = await openMasterKeys(config);
    opened.push(masterKeys.close);
    const clock = await createDatabaseClock(db.sql);
    opened.push(clock.stop);
    metrics?.watchClock(clock.aheadMs);
    const tenants = createTenants(db);
    const keys = dataKeysOf(db, tenants, masterKeys);
    const ids = createIds(clock);
    const notifier = createNotifier(db.sql, (error) =>
      log.warn({ err: error }, 'workers could not be woken'),
    );
    const watch = createJobWatch({
      db,
      intervalMs: WATCH_INTERVAL_MS,
      onError: (error) => log.warn({ err: error }, 'streams could not look at their jobs'),
    });
    const tokens = tokenVerifier(config, clock);
    opened.push(tokens.stop);
    const authenticator = createAuthenticator({ db, tenants, clock, verifyToken: tokens.verify });
    const knownSources = createKnownSources({ db, tenants });
    const changed = (payload: string) => {
      tenants.changed(payload);
      authenticator.changed(payload);
      knownSources.changed(payload);
    };
    const onRolesChanged = (tenantId: string) => announce({ changed, notifier, log }, `api_key:${tenantId}`);
    const sessions = await openSignIn(config, databaseUrl, { db, tenants, ids, log, onRolesChanged });
    opened.push(sessions.stop);
    const jobs = createJobs({
      db,
      tenants,
      clock,
      ids,
      onQueued: notifier.queued,
      onMoved: watch.moved,
      concurrency: commitConcurrency(poolMax),
      meters: metrics,
      tracing,
    });
    const { leaseMs } = config.worker;
    const readiness = createReadiness({ sql: db.sql, keys: masterKeys.master.currentKeyId, leaseMs });
    const app = createApi({
      db,
      reports,
      tenants,
      jobs,
      clock,
      ids,
      encrypt: createEncrypter(keys),
      forgetKeys: (tenantId) => keys.changed(tenantKeysChanged(tenantId)),
      openSourceSecret: createSourceSecretOpener(keys),
      knownSources,
      egressPolicy: config.egress,
      authenticate: authenticator.authenticate,
      authenticateMember: authenticator.authenticateMember,
      signIn: sessions.signIn,
      limits: createRequestLimits(config.rateLimits),
      publicUrl: config.http.publicUrl,
      proxies: addressRanges(config.http.trustedProxies),
      changed,
      notifier,
      watch,
      wake: notifier.queued,
      testWaitMs: TEST_WAIT_MS,
      maxBodyBytes: config.http.maxBodyBytes,
      inboundConcurrency: commitConcurrency(poolMax),
      exportDestinations: [
        ...(config.exports.directory === undefined ? [] : (['directory'] as const)),
        ...(config.exports.s3Bucket === undefined ? [] : (['s3'] as const)),
      ],
      log,
      meters: metrics,
      tracing,
      readiness,
      version: VERSION,
      web: await readWebFiles(WEB_DIRECTORY),
    });
    // What changed while nobody listened is unknown, so everything that is remembered is doubted.
    const forget = (what: string) => {
      changed(what);
      keys.changed(what);
    };
    const listener = await listen(databaseUrl, { pawl_changed: forget }, () => forget('everything'));
    opened.push(listener.stop);
    const server = await listening(app.fetch, config.http);
    const sockets = socketsOf(server);
    opened.push(() => closeServer(server, sockets, watch, log));
    const url = urlOf(server);
    log.info({ url }, 'the API listens');
    const metricsUrl = await telemetry.listen(readiness);
    const token = await sessions.signIn?.setupToken();
    if (token) {
      const address = `${config.http.publicUrl ?? url}/setup#token=${token}`;
      log.info({ open: address }, 'nobody is a member of an organisation yet; open this to make the first');
    }
    return { url, metricsUrl, stop: () => closeAll(opened, log) };
  } catch (error) {
    await closeAll(opened, log);
    throw error;
  }
}

/** Tokens of tenant users; their issuer's keys are fetched through a guarded sender like everything that leaves. */
function tokenVerifier(
  { jwt, egress }: Config,
  clock: Clock,
): { verify: VerifyToken | null; stop(): Promise<void> } {
  if (!jwt) return { verify: null, stop: async () => {} };
  const sender: Sender = createSender({ policy: egress, userAgent: USER_AGENT });
  return { verify: createTokenVerifier(jwt, { fetchJson: fetchesJson(sender), clock }), stop: sender.close };
}

async function listening(
  fetch: (request: Request) => Response | Promise<Response>,
  { host, port }: Config['http'],
): Promise<Server> {
  const server = serve({ fetch, hostname: host, port }) as Server;
  try {
    // Rejects when the server emits an error instead.
    await once(server, 'listening');
    return server;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const sentence =
      code === 'EADDRINUSE'
        ? `Another program listens on ${host}:${port} already. Stop it, or set PORT.`
        : `The API cannot listen on ${host}:${port}: ${message}. Set HOST and PORT.`;
    throw new PawlError('Unavailable', 'cannot_listen', sentence, { cause: error });
  }
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

async function closeServer(
  server: Server,
  sockets: ReadonlySet<Socket>,
  streams: { stop(): Promise<void> },
  log: Logger,
): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  const idle = setInterval(() => {
    // A connection that was busy when the server closed is kept alive after its answer, unless somebody looks.
    server.closeIdleConnections();
    // To Node, one that never sent anything is about to.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  }, IDLE_LOOK_MS);
  const late = setTimeout(() => {
    log.warn('requests did not end in time and are cut off');
    server.closeAllConnections();
  }, STOP_TIMEOUT_MS);
  await streams.stop();
  await closed;
  clearInterval(idle);
  clearTimeout(late);
}

/** The connections that are open, as they come and go. */
function socketsOf(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}
