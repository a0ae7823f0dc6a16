// Carries out standing exports: what is settled since the last run goes out in parts, each recorded when it is delivered.
import type { Database } from '../db/client.ts';
import { exportHorizon } from '../db/statements/export-rows.ts';
import {
  advanceExport,
  beginWindow,
  type ExportRun,
  endWindow,
  failExport,
  releaseExport,
  takeDueExport,
  waitWithExport,
} from '../db/statements/metering-exports.ts';
import { oldestTransaction } from '../db/statements/oldest-transaction.ts';
import type { Tenant, Tenants } from '../db/tenants.ts';
import { isPawlError, PawlError } from '../engine/errors.ts';
import type { ExportDestination, FileStore } from '../metering/destination.ts';
import { CONTENT_TYPES, createEncoder, EXTENSIONS } from '../metering/format.ts';
import { type LedgerPage, lastIdOf } from '../metering/ledger-page.ts';
import { readLedger } from '../metering/ledger-reader.ts';
import { createLoop, type Loop } from './loop.ts';
import type { AskThroughConnection } from './through-connection.ts';

export interface MeteringExportsOptions {
  db: Database;
  tenants: Tenants;
  shards: readonly number[];
  stores: ExportStores;
  ask: AskThroughConnection;
  workerId(): string;
  now(): Date;
  /** True once the worker is stopping: what is under way is broken off after its part. */
  stopping(): boolean;
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
/** After this the others that are due have theirs: much to deliver to a slow receiver holds up nobody else's for longer. */
const TURN_MS = 30_000;
const EVERYTHING = { from: new Date(0), to: new Date('9999-12-31T00:00:00Z') };

/** Delivers one part, whole or not at all. @returns milliseconds to wait before it may go, or 0: it went */
type Deliver = (pages: readonly LedgerPage[], part: number) => Promise<number>;

export function createMeteringExports(options: MeteringExportsOptions): Loop {
  const { db, tenants, shards, stores, onError } = options;

  async function run(): Promise<boolean> {
    if (options.stopping()) return false;
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
    const turnEnds = options.now().getTime() + TURN_MS;
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
      // Somebody goes on: what is left may take longer than a process has to end.
      if (options.stopping() || options.now().getTime() >= turnEnds)
        return void (await db.once([tenant.id], (sql) => releaseExport(sql, here(taken))));
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
    return async (pages) => {
      const events = createEncoder('cloudevents', tenant.id);
      const asked = await options.ask({
        tenant,
        connectionId: id,
        input: {
          method: 'POST',
          path,
          query: '',
          headers: { 'content-type': CONTENT_TYPES.cloudevents },
          body: Buffer.concat([...pages.map(events.page), events.end()]).toString(),
          idempotent: true,
        },
        timeoutMs: PUSH_TIMEOUT_MS,
        maxResponseBytes: PUSH_RESPONSE_BYTES,
        refusal: ({ status }) =>
          status >= 200 && status <= 299
            ? null
            : { code: 'export_refused', message: `The receiver answered ${status}; it is sent again.` },
      });
      return asked.kind === 'wait' ? asked.waitMs : 0;
    };
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
