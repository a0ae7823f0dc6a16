// The rows of a tenant's ledger, in windows: sets of rows that are complete and never change again. A row is in one window,
// and a window is read in one order, so that whoever goes on where they were misses nothing and gets nothing twice.
import type { Database } from '../db/client.ts';
import {
  boundsOfWindow,
  type ExportRange,
  exportHorizon,
  exportLedger,
  type LedgerPageRow,
} from '../db/statements/export-rows.ts';
import { oldestTransaction } from '../db/statements/oldest-transaction.ts';
import type { Tenant } from '../db/tenants.ts';
import { type LedgerPage, lastIdOf, readPage } from './ledger-page.ts';

/** Rows of transactions from `since` to `upto` (not included). */
export interface Window {
  since: number;
  upto: number;
}

export interface ReadRequest {
  window: Window;
  /** Of `at`. */
  range: Pick<ExportRange, 'from' | 'to'>;
  /** The last row that was read; null: none was. */
  after: string | null;
  /** Null: all there are. */
  limit: number | null;
  /** Rows of a page but the last; default: what is quickest. */
  pageRows?: number;
}

/**
 * Large enough that a page is worth its round trip. The text of a column is up to 37 bytes a row: from 128 KB on V8 takes it
 * for old as soon as it sees it twice, and memory grows until old objects are collected.
 */
const PAGE_ROWS = 3_000;

/** Everything that is settled and was not in a window that ended at `since`. */
export async function openWindow(db: Database, tenant: Tenant, since: number): Promise<Window> {
  const known = await oldestTransaction(db);
  const [row] = await db.once<{ horizon: number }[]>([tenant.id], (sql) => exportHorizon(sql, known));
  return { since, upto: Math.max(since, row?.horizon ?? since) };
}

/**
 * Whether a replica shows all rows of a window that may have been opened elsewhere. One that is to be opened begins where
 * another one ended, so that much it must show as well.
 */
export async function hasWindow(
  replica: Database,
  tenant: Tenant,
  { since, upto }: { since: number; upto: number | null },
): Promise<boolean> {
  return (await openWindow(replica, tenant, 0)).upto >= (upto ?? since);
}

/** While one page is used the next is read. */
export async function* readLedger(
  db: Database,
  tenant: Tenant,
  { window, range, after, limit, pageRows = PAGE_ROWS }: ReadRequest,
): AsyncGenerator<LedgerPage> {
  const bounds = window.since === 0 ? EVERYTHING : await narrow(db, tenant, window);
  if (bounds === null) return;
  let left = limit ?? Number.POSITIVE_INFINITY;
  const read = (place: string | null) => {
    const page = { after: place ?? bounds.before, last: bounds.last, limit: Math.min(pageRows, left) };
    const pending = db.once<LedgerPageRow[]>([tenant.id], (sql) =>
      exportLedger(sql, tenant.shard, { tenantId: tenant.id, ...range, ...window }, page),
    );
    // Whoever stops reading never asks how the page ahead went.
    pending.catch(() => {});
    return pending;
  };
  for (let next: Promise<LedgerPageRow[]> | null = read(after); next !== null; ) {
    const asked: number = Math.min(pageRows, left);
    const [row] = await next;
    const page = readPage(row as LedgerPageRow);
    left -= page.length;
    const last = lastIdOf(page);
    next = last && page.length === asked && left > 0 ? read(last) : null;
    yield page;
  }
}

const EVERYTHING = { before: null, last: null };

/** The first and the last id of a window, so that what was exported before is not read again. */
async function narrow(
  db: Database,
  tenant: Tenant,
  window: Window,
): Promise<{ before: string | null; last: string | null } | null> {
  if (window.since >= window.upto) return null;
  const bounds = await db.forTenants([tenant.id], (sql) =>
    boundsOfWindow(sql, tenant.shard, { tenantId: tenant.id, ...window }),
  );
  return bounds && { before: previous(bounds.first), last: bounds.last };
}

/** The UUID before this one. */
function previous(id: string): string {
  const digits = (BigInt(`0x${id.replaceAll('-', '')}`) - 1n).toString(16).padStart(32, '0');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
