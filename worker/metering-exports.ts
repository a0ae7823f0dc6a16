// Carries out standing exports: what is settled since the last run goes out in parts, each recorded when it is delivered.
import { setTimeout } from 'node:timers/promises';
import type { Database } from '../db/client.ts';
import { newId } from '../db/new-id.ts';
import { exportHorizon } from '../db/statements/export-rows.ts';
import {
  advanceExport,
  beginWindow,
  type ExportRun,
  endWindow,
  failExport,
  takeDueExport,
  waitWithExport,
} from '../db/statements/metering-exports.ts';
import { oldestTransaction } from '../db/statements/oldest-transaction.ts';
import type { SealedConnection } from '../db/statements/worker-connections.ts';
import type { Tenant, Tenants } from '../db/tenants.ts';
import type { Sender } from '../egress/sender.ts';
import { isPawlError, PawlError } from '../engine/errors.ts';
import { buildRequest } from '../integrations/build-request.ts';
import { getProvider } from '../integrations/catalogue.ts';
import { connectionRule } from '../integrations/connection-rule.ts';
import type { Provider } from '../integrations/provider.ts';
import type { ExportDestination, FileStore } from '../metering/destination.ts';
import { CONTENT_TYPES, createEncoder, EXTENSIONS } from '../metering/format.ts';
import { type LedgerPage, lastIdOf } from '../metering/ledger-page.ts';
import { readLedger } from '../metering/ledger-reader.ts';
import type { Decrypt } from '../vault/decrypt.ts';
import { reachedBy, restAfter } from './attempt.ts';
import type { Lane } from './lane.ts';
import type { Limits, Place } from './limits.ts';
import { createLoop, type Loop } from './loop.ts';
import { openCredentials } from './open-credentials.ts';
import type { SealedConnections } from './sealed-connections.ts';

export interface MeteringExportsOptions {
  db: Database;
  tenants: Tenants;
  shards: readonly number[];
  stores: ExportStores;
  connections: SealedConnections;
  limits: Pick<Limits, 'enter'>;
  workerId(): string;
  decrypt: Decrypt;
  sender: Sender;
  userAgent: string;
  now(): Date;
  /** One could not be delivered, whoever is to mend it. */
  onFailed?: (() => void) | undefined;
  onError(error: unknown): void;
}

/** Those that the deployment is set up for. */
export interface ExportStores {
  directory?: FileStore;
  s3?: FileStore;
}

const INTERVAL_MS = 2_000;
/** Longer than it takes to deliver a part. What a worker holds that is declared dead is freed then (heartbeat.ts). */
const LEASE_MS = 120_000;
/** Ten megabytes or so as text: 50 000 rows. */
const ROWS_PER_PAGE = 5_000;
const PAGES_PER_FILE = 10;
/** As many as metering services take in one request. */
const EVENTS_PER_REQUEST = 500;
const PUSH_TIMEOUT_MS = 30_000;
const PUSH_RESPONSE_BYTES = 16 * 1024;
/** What a connection asks to wait is waited for here; longer than this, others have their turn meanwhile. */
const PATIENCE_MS = 2_000;
/** Then an export looks again after this: it is in no hurry, and somebody may lift a pause or close a circuit by hand. */
const LOOK_AGAIN_MS = 30_000;
/** Another worker has the connection's only part: it looks this often as well. */
const FOR_OTHERS_MS = 1_000;
const EVERYTHING = { from: new Date(0), to: new Date('9999-12-31T00:00:00Z') };

/** Delivers one part, whole or not at all. @returns milliseconds to wait before it may go, or 0: it went */
type Deliver = (pages: readonly LedgerPage[], part: number) => Promise<number>;

interface Push {
  connection: SealedConnection;
  provider: Provider;
  path: string;
  pages: readonly LedgerPage[];
  place: Place;
}

export function createMeteringExports(options: MeteringExportsOptions): Loop {
  const { db, tenants, shards, stores, limits, onError } = options;

  async function run(): Promise<boolean> {
    const [taken] = await takeDueExport(db, { shards, workerId: options.workerId(), leaseMs: LEASE_MS });
    if (!taken) return false;
    const tenant = await tenants.get(taken.tenantId);
    if (!tenant) return true;
    try {
      await exportWindow(tenant, taken);
    } catch (error) {
      options.onFailed?.();
      // What is wrong with its destination is the tenant's to mend, and shown to it.
      if (!isPawlError(error)) onError(error);
      const { code, message } = isPawlError(error)
        ? error
        : { code: 'export_failed', message: 'It broke off.' };
      const at = options.now().toISOString();
      await db.once([tenant.id], (sql) => failExport(sql, here(taken), { code, message, at }));
    }
    return true;
  }

  async function exportWindow(tenant: Tenant, taken: ExportRun): Promise<void> {
    const upto = taken.upto ?? (await begin(tenant, taken));
    if (upto === null) return;
    const window = { since: taken.since, upto };
    const destination = taken.destination as ExportDestination;
    const deliver = destination.type === 'http' ? pushes(tenant, destination) : writes(tenant, taken, window);
    const [pageRows, pagesOfPart] =
      destination.type === 'http' ? [EVENTS_PER_REQUEST, 1] : [ROWS_PER_PAGE, PAGES_PER_FILE];
    const reading = { window, range: EVERYTHING, after: taken.afterId, limit: null, pageRows };
    let { part } = taken;
    for await (const pages of inParts(readLedger(db, tenant, reading), pagesOfPart)) {
      const waitMs = await deliver(pages, part);
      if (waitMs > 0) {
        await db.once([tenant.id], (sql) => waitWithExport(sql, here(taken), { waitMs, why: WAITS }));
        return;
      }
      const delivered = {
        afterId: pages.map(lastIdOf).at(-1) as string,
        rows: pages.reduce((sum, { length }) => sum + length, 0),
        leaseMs: LEASE_MS,
      };
      const [still] = await db.once([tenant.id], (sql) => advanceExport(sql, here(taken), delivered));
      // Somebody else goes on, or nobody wants it any more.
      if (!still) return;
      part += 1;
    }
    await db.once([tenant.id], (sql) => endWindow(sql, here(taken)));
  }

  async function begin(tenant: Tenant, taken: ExportRun): Promise<number | null> {
    const known = await oldestTransaction(db);
    const [row] = await db.once<{ horizon: number }[]>([tenant.id], (sql) => exportHorizon(sql, known));
    const upto = Math.max(taken.since, row?.horizon ?? 0);
    const [still] = await db.once([tenant.id], (sql) => beginWindow(sql, here(taken), upto));
    return still ? upto : null;
  }

  function writes(
    tenant: Tenant,
    { id, destination, format }: ExportRun,
    window: { since: number; upto: number },
  ): Deliver {
    const store = stores[destination.type as keyof ExportStores];
    if (!store) {
      const message = 'The workers are not set up for exports to this destination.';
      throw new PawlError('Unavailable', 'export_destination_unavailable', message);
    }
    return async (pages, part) => {
      const encoder = createEncoder(format, tenant.id);
      const bytes = Buffer.concat([...pages.map(encoder.page), encoder.end()]);
      // The same for the same rows, so that whoever delivers them again replaces the file and adds none.
      const place = [digits(window.since), digits(window.upto), String(part).padStart(5, '0')].join('-');
      await store.write(`${tenant.id}/${id}/usage-${place}.${EXTENSIONS[format]}`, bytes);
      return 0;
    };
  }

  function pushes(
    tenant: Tenant,
    { connection_id: id, path }: Extract<ExportDestination, { type: 'http' }>,
  ): Deliver {
    const lane = { shard: tenant.shard, tenantId: tenant.id, connectionId: id };
    return async (pages) => {
      const connection = await options.connections.get(tenant, id, 0);
      const provider = connection && getProvider(connection.provider);
      if (!provider)
        throw new PawlError('NotFound', 'connection_not_found', 'The connection does not exist any more.');
      if (!connection.enabled)
        throw new PawlError('Conflict', 'connection_disabled', 'The connection is disabled.');
      const rule = connectionRule(connection.settings, provider.limits);
      const parcel = { connection, provider, path, pages };
      for (let waitedMs = 0; ; ) {
        const admission = await inLane(lane, async (place) => {
          const admission = await place.admit(rule);
          if (admission.kind === 'go') await push(tenant, { ...parcel, place });
          return admission;
        });
        if (admission.kind === 'go') return 0;
        if (admission.forOthers) return FOR_OTHERS_MS;
        waitedMs += admission.waitMs;
        if (waitedMs > PATIENCE_MS) return LOOK_AGAIN_MS;
        await setTimeout(admission.waitMs);
      }
    };
  }

  async function inLane<T>(lane: Lane, run: (place: Place) => Promise<T>): Promise<T> {
    const place = limits.enter(lane);
    try {
      return await run(place);
    } finally {
      place.leave();
    }
  }

  async function push(tenant: Tenant, { connection, provider, path, pages, place }: Push): Promise<void> {
    const reread = () => options.connections.reread(tenant, connection.id);
    const credentials = await openCredentials(tenant.id, connection, { decrypt: options.decrypt, reread });
    const events = createEncoder('cloudevents', tenant.id);
    const input = {
      method: 'POST',
      path,
      query: '',
      headers: { 'content-type': CONTENT_TYPES.cloudevents },
      body: Buffer.concat([...pages.map(events.page), events.end()]).toString(),
      idempotent: true,
    };
    const now = options.now();
    const context = { now, idempotencyKey: newId(), userAgent: options.userAgent };
    const built = buildRequest(provider, { kind: 'webhook', input }, credentials, context);
    if (!built.ok) throw new PawlError('InvalidInput', built.code, built.message);
    const answer = await options.sender.send(built.request, {
      timeoutMs: PUSH_TIMEOUT_MS,
      maxResponseBytes: PUSH_RESPONSE_BYTES,
    });
    if (answer.phase !== 'answered') {
      const { code, message } = answer;
      place.met({ reached: reachedBy(answer), restMs: 0, error: { code, message } });
      throw new PawlError('Unavailable', code, message);
    }
    const taken = answer.status >= 200 && answer.status <= 299;
    const message = `The receiver answered ${answer.status}; it is sent again.`;
    place.met({
      reached: answer.status < 500,
      restMs: restAfter(provider, answer, options.now()),
      error: taken ? {} : { code: 'export_refused', message },
    });
    if (!taken) throw new PawlError('Unavailable', 'export_refused', message);
  }

  const here = (taken: ExportRun): ExportRun => ({ ...taken, shard: db.shardOf(taken) });

  return createLoop({ intervalMs: INTERVAL_MS, onError, run });
}

const digits = (n: number): string => String(n).padStart(16, '0');

/** Shown until it goes on. */
const WAITS = {
  code: 'export_waits',
  message: 'Its connection is paused, over its rate, or its circuit is open. It goes on when there is room.',
};

/** So many pages together, the last of what is left. An empty one is none. */
async function* inParts(pages: AsyncIterable<LedgerPage>, count: number): AsyncGenerator<LedgerPage[]> {
  let part: LedgerPage[] = [];
  for await (const page of pages) {
    if (page.length > 0) part.push(page);
    if (part.length < count) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}
