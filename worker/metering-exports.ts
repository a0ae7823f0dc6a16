// Carries out standing exports: what is settled since the last run goes out in parts, each recorded when it is delivered.
import type { Database } from '../db/client.ts';
import { newId } from '../db/new-id.ts';
import { exportHorizon, type LedgerRow } from '../db/statements/export-rows.ts';
import {
  advanceExport,
  beginWindow,
  type ExportRun,
  endWindow,
  failExport,
  takeDueExport,
} from '../db/statements/metering-exports.ts';
import type { Tenant, Tenants } from '../db/tenants.ts';
import type { Sender } from '../egress/sender.ts';
import { isPawlError, PawlError } from '../engine/errors.ts';
import { buildRequest } from '../integrations/build-request.ts';
import { getProvider } from '../integrations/catalogue.ts';
import { cloudEventOf } from '../metering/cloud-event.ts';
import type { ExportDestination, FileStore } from '../metering/destination.ts';
import { CONTENT_TYPES, createEncoder, EXTENSIONS } from '../metering/format.ts';
import { readLedger } from '../metering/ledger-reader.ts';
import type { Decrypt } from '../vault/decrypt.ts';
import { createLoop, type Loop } from './loop.ts';
import { openCredentials } from './open-credentials.ts';
import type { SealedConnections } from './sealed-connections.ts';

export interface MeteringExportsOptions {
  db: Database;
  tenants: Tenants;
  shards: readonly number[];
  stores: ExportStores;
  connections: SealedConnections;
  decrypt: Decrypt;
  sender: Sender;
  userAgent: string;
  now(): Date;
  onError(error: unknown): void;
}

/** Those that the deployment is set up for. */
export interface ExportStores {
  directory?: FileStore;
  s3?: FileStore;
}

const INTERVAL_MS = 2_000;
/** Longer than it takes to deliver a part; who died holding a lease costs this much. */
const LEASE_MS = 120_000;
/** Ten megabytes or so as text. */
const ROWS_PER_FILE = 50_000;
/** As many as metering services take in one request. */
const EVENTS_PER_REQUEST = 500;
const PUSH_TIMEOUT_MS = 30_000;
const PUSH_RESPONSE_BYTES = 16 * 1024;
const EVERYTHING = { from: new Date(0), to: new Date('9999-12-31T00:00:00Z') };

/** Delivers the rows of one part, whole or not at all. */
type Deliver = (rows: readonly LedgerRow[], part: number) => Promise<void>;

export function createMeteringExports(options: MeteringExportsOptions): Loop {
  const { db, tenants, shards, stores, onError } = options;

  async function run(): Promise<boolean> {
    const [taken] = await takeDueExport(db.sql, shards, LEASE_MS);
    if (!taken) return false;
    const tenant = await tenants.get(taken.tenantId);
    if (!tenant) return true;
    try {
      await exportWindow(tenant, taken);
    } catch (error) {
      // What is wrong with its destination is the tenant's to mend, and shown to it.
      if (!isPawlError(error)) onError(error);
      const { code, message } = isPawlError(error)
        ? error
        : { code: 'export_failed', message: 'It broke off.' };
      const at = options.now().toISOString();
      await db.once([tenant.id], (sql) => failExport(sql, taken, { code, message, at }));
    }
    return true;
  }

  async function exportWindow(tenant: Tenant, taken: ExportRun): Promise<void> {
    const upto = taken.upto ?? (await begin(tenant, taken));
    if (upto === null) return;
    const window = { since: taken.since, upto };
    const destination = taken.destination as ExportDestination;
    const deliver = destination.type === 'http' ? pushes(tenant, destination) : writes(tenant, taken, window);
    const size = destination.type === 'http' ? EVENTS_PER_REQUEST : ROWS_PER_FILE;
    const rows = readLedger(db, tenant, { window, range: EVERYTHING, after: taken.afterId, limit: null });
    let { part } = taken;
    for await (const rowsOfPart of inParts(rows, size)) {
      await deliver(rowsOfPart, part);
      const delivered = {
        afterId: rowsOfPart.at(-1)?.attemptId as string,
        rows: rowsOfPart.length,
        leaseMs: LEASE_MS,
      };
      const [still] = await db.once([tenant.id], (sql) => advanceExport(sql, taken, delivered));
      // Somebody else goes on, or nobody wants it any more.
      if (!still) return;
      part += 1;
    }
    await db.once([tenant.id], (sql) => endWindow(sql, taken));
  }

  async function begin(tenant: Tenant, taken: ExportRun): Promise<number | null> {
    const [row] = await db.once<{ horizon: number }[]>([tenant.id], (sql) => exportHorizon(sql));
    const upto = Math.max(taken.since, row?.horizon ?? 0);
    const [still] = await db.once([tenant.id], (sql) => beginWindow(sql, taken, upto));
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
    return async (rows, part) => {
      const encoder = createEncoder(format, tenant.id);
      const bytes = Buffer.concat([encoder.page(rows), encoder.end()]);
      // The same for the same rows, so that whoever delivers them again replaces the file and adds none.
      const place = [digits(window.since), digits(window.upto), String(part).padStart(5, '0')].join('-');
      await store.write(`${tenant.id}/${id}/usage-${place}.${EXTENSIONS[format]}`, bytes);
    };
  }

  function pushes(
    tenant: Tenant,
    { connection_id: id, path }: Extract<ExportDestination, { type: 'http' }>,
  ): Deliver {
    return async (rows) => {
      const connection = await options.connections.get(tenant, id, 0);
      const provider = connection && getProvider(connection.provider);
      if (!provider)
        throw new PawlError('NotFound', 'connection_not_found', 'The connection does not exist any more.');
      if (!connection.enabled)
        throw new PawlError('Conflict', 'connection_disabled', 'The connection is disabled.');
      const reread = () => options.connections.reread(tenant, id);
      const credentials = await openCredentials(tenant.id, connection, { decrypt: options.decrypt, reread });
      const input = {
        method: 'POST',
        path,
        query: '',
        headers: { 'content-type': CONTENT_TYPES.cloudevents },
        body: JSON.stringify(rows.map((row) => cloudEventOf(tenant.id, row))),
        idempotent: true,
      };
      const context = { now: options.now(), idempotencyKey: newId(), userAgent: options.userAgent };
      const built = buildRequest(provider, { kind: 'webhook', input }, credentials, context);
      if (!built.ok) throw new PawlError('InvalidInput', built.code, built.message);
      const limits = { timeoutMs: PUSH_TIMEOUT_MS, maxResponseBytes: PUSH_RESPONSE_BYTES };
      const answer = await options.sender.send(built.request, limits);
      if (answer.phase !== 'answered') throw new PawlError('Unavailable', answer.code, answer.message);
      if (answer.status < 200 || answer.status > 299) {
        const message = `The receiver answered ${answer.status}; it is sent again.`;
        throw new PawlError('Unavailable', 'export_refused', message);
      }
    };
  }

  return createLoop({ intervalMs: INTERVAL_MS, onError, run });
}

const digits = (n: number): string => String(n).padStart(16, '0');

/** Pages put together into parts of `size`, the last of what is left. */
async function* inParts(pages: AsyncIterable<LedgerRow[]>, size: number): AsyncGenerator<LedgerRow[]> {
  let part: LedgerRow[] = [];
  for await (const page of pages) {
    for (const row of page) {
      part.push(row);
      if (part.length < size) continue;
      yield part;
      part = [];
    }
  }
  if (part.length > 0) yield part;
}
