// Rotation while everything runs: of the master key (data keys are wrapped anew) and of data keys (secrets are encrypted
// anew). Interrupted at any point, either goes on where it was.
import type { Database } from '../db/client.ts';
import { newId } from '../db/new-id.ts';
import { createNotifier, type Notifier } from '../db/notifications.ts';
import {
  beginRotation,
  dropUnusedKeys,
  finishRotation,
  type KeyedTenant,
  listTenantsToRenew,
  listTenantsWithOldKeys,
} from '../db/statements/data-key-rotations.ts';
import {
  insertTenantKey,
  type KeyPlace,
  listKeysToRewrap,
  lockTenantKeys,
  type Rewrapped,
  rewrapTenantKeys,
  type TenantRef,
  type WrappedRow,
} from '../db/statements/tenant-keys.ts';
import { createTenants } from '../db/tenants.ts';
import { isPawlError } from '../engine/errors.ts';
import { type DataKeys, makeDataKey, rewrap, tenantKeysChanged } from '../vault/data-keys.ts';
import type { MasterKeys } from '../vault/master-keys.ts';
import { dataKeysOf, type OpenedKeys } from './master-keys.ts';
import { type Moves, moveToNewestKeys } from './move-secrets.ts';
import { STORED_SECRETS } from './stored-secrets.ts';

export interface RotateOptions {
  /** As role `pawl_operator`. */
  db: Database;
  opened: OpenedKeys;
  /** After each page of each step. */
  onProgress(soFar: Readonly<Moves & Counts>): void;
}

interface Counts {
  /** Data keys wrapped anew. */
  rewrapped: number;
  /** Data keys made, and old ones deleted. */
  made: number;
  dropped: number;
}

export type Rotation = Moves & Counts;

/** A key service is asked twice for each, some at once. */
const KEYS_PAGE = 100;
const ASKED_AT_ONCE = 8;

/** Moves what is directly under master keys to data keys, and wraps every data key under the current master key. */
export async function rotateMasterKey(options: RotateOptions): Promise<Rotation> {
  const rotation = begin(options);
  await rotation.move(null);
  await rewrapAll(options, rotation);
  return rotation.total;
}

/**
 * Gives each tenant (or the one) a new data key, moves its secrets to it, and deletes the old one when nothing names it.
 * A rotation that was begun and broke off is finished; whom it had given a new key is given no other.
 */
export async function rotateDataKeys(options: RotateOptions, tenantId: string | null): Promise<Rotation> {
  const { db } = options;
  const rotation = begin(options);
  const scope = tenantId ?? 'everything';
  const [begun] = await beginRotation(db.sql, { id: newId(), scope });
  await renewAll(options, rotation, { rotationId: String(begun?.id), tenantId });
  await rotation.move(tenantId);
  await dropOldKeys(options, rotation, tenantId);
  await finishRotation(db.sql, scope);
  return rotation.total;
}

interface Running {
  total: Rotation;
  keys: DataKeys;
  notifier: Notifier;
  /** Moves secrets to the newest data keys. */
  move(tenantId: string | null): Promise<void>;
  /** The keys of these tenants changed: everybody forgets them, we too. */
  changed(tenantIds: Iterable<string>): Promise<void>;
}

function begin({ db, opened, onProgress }: RotateOptions): Running {
  const total: Rotation = { moved: 0, overtaken: 0, failed: [], rewrapped: 0, made: 0, dropped: 0 };
  const keys = dataKeysOf(db, createTenants(db), opened);
  const notifier = createNotifier(db.sql, () => {});
  return {
    total,
    keys,
    notifier,
    async move(tenantId) {
      const report = (moves: Readonly<Moves>) => onProgress(Object.assign(total, moves));
      Object.assign(total, await moveToNewestKeys({ db, keys, notifier, tenantId, onProgress: report }));
    },
    async changed(tenantIds) {
      const what = [...new Set(tenantIds)].map(tenantKeysChanged);
      for (const one of what) keys.changed(one);
      await notifier.changedAll(what);
    },
  };
}

async function rewrapAll(
  { db, opened, onProgress }: RotateOptions,
  { total, changed }: Running,
): Promise<void> {
  const { master } = opened;
  const wrappingKeyId = await master.currentKeyId();
  for (let after: KeyPlace | null = null; ; ) {
    const rows: readonly WrappedRow[] = await listKeysToRewrap(db.sql, {
      wrappingKeyId,
      after,
      limit: KEYS_PAGE,
    });
    const outcomes = await someAtOnce(rows, (row) => rewrappedOrWhy(master, row));
    const wrapped: Rewrapped[] = [];
    for (const outcome of outcomes) {
      if ('now' in outcome) wrapped.push(outcome);
      else total.failed.push(outcome);
    }
    const rewrapped = await rewrapTenantKeys(db.sql, wrapped);
    total.rewrapped += rewrapped.length;
    await changed(rewrapped.map(({ tenantId }) => tenantId));
    onProgress(total);
    after = rows.at(-1) ?? null;
    if (rows.length < KEYS_PAGE) return;
  }
}

async function rewrappedOrWhy(
  master: MasterKeys,
  row: WrappedRow,
): Promise<Rewrapped | Moves['failed'][number]> {
  const { tenantId, id } = row;
  try {
    return { ...row, now: await rewrap(master, tenantId, row) };
  } catch (error) {
    // A key service that is away is no property of the row.
    if (isPawlError(error) && error.kind === 'Corrupt')
      return { kind: 'data_key', tenantId, id, code: error.code };
    throw error;
  }
}

async function renewAll(
  { db, opened, onProgress }: RotateOptions,
  { total, changed }: Running,
  of: { rotationId: string; tenantId: string | null },
): Promise<void> {
  for (let after: TenantRef | null = null; ; ) {
    const rows: readonly KeyedTenant[] = await listTenantsToRenew(db.sql, { ...of, after, limit: KEYS_PAGE });
    const made = await someAtOnce(rows, async (row) => ({
      row,
      key: await makeDataKey(opened.master, row.tenantId, row.generation + 1),
    }));
    // Another rotation that was quicker made the same generation: then that is the new key.
    const inserted = await db.together<{ id: string }[]>(
      rows.map(({ tenantId }) => tenantId),
      made.map(
        ({ row, key }) =>
          (sql) =>
            insertTenantKey(sql, row, key),
      ),
    );
    total.made += inserted.flat().length;
    await changed(rows.map(({ tenantId }) => tenantId));
    onProgress(total);
    after = rows.at(-1) ?? null;
    if (rows.length < KEYS_PAGE) return;
  }
}

async function dropOldKeys(
  { db, onProgress }: RotateOptions,
  { total, changed }: Running,
  only: string | null,
): Promise<void> {
  for (let after: TenantRef | null = null; ; ) {
    const rows: readonly TenantRef[] = await listTenantsWithOldKeys(db.sql, {
      tenantId: only,
      after,
      limit: KEYS_PAGE,
    });
    const tenantIds = rows.map(({ tenantId }) => tenantId);
    const dropped = await db.forTenants(tenantIds, async (sql) => {
      for (const tenantId of tenantIds) await lockTenantKeys(sql, tenantId, 'exclude');
      return dropUnusedKeys(sql, rows, STORED_SECRETS);
    });
    total.dropped += dropped.length;
    await changed(dropped.map(({ tenantId }) => tenantId));
    onProgress(total);
    after = rows.at(-1) ?? null;
    if (rows.length < KEYS_PAGE) return;
  }
}

async function someAtOnce<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += ASKED_AT_ONCE) {
    results.push(...(await Promise.all(items.slice(from, from + ASKED_AT_ONCE).map(run))));
  }
  return results;
}
