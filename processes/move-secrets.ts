// Moves stored secrets to the newest data key of their tenant, many in a transaction, while everything runs. Interrupted,
// it goes on where it was: what is done is no longer found.
import type { Database } from '../db/client.ts';
import { newId } from '../db/new-id.ts';
import type { Notifier } from '../db/notifications.ts';
import { listSecretsToMove, logMoved, moveSecrets, type SecretRow } from '../db/statements/stored-secrets.ts';
import type { KeyPlace } from '../db/statements/tenant-keys.ts';
import { isPawlError } from '../engine/errors.ts';
import type { DataKeys } from '../vault/data-keys.ts';
import { type Reencrypted, reencrypt } from '../vault/reencrypt.ts';
import { STORED_SECRETS, type StoredSecret } from './stored-secrets.ts';

export interface Moves {
  moved: number;
  /** Changed by somebody else meanwhile; theirs holds, and the next round looks at it again. */
  overtaken: number;
  /** Cannot be opened; left as they were. */
  failed: { kind: string; tenantId: string; id: string; code: string }[];
}

export interface MoveOptions {
  /** As role `pawl_operator`. */
  db: Database;
  keys: DataKeys;
  notifier: Pick<Notifier, 'changedAll'>;
  /** Only this tenant's. */
  tenantId: string | null;
  onProgress(soFar: Readonly<Moves>): void;
}

/** Rows in a transaction: enough that commits cost little, few enough that a row is locked for milliseconds. */
const PAGE = 500;
/** A row that somebody changes in every round is under the newest key by then, unless an old process still writes. */
const ROUNDS_MAX = 5;

/** @throws what the database and the key service do; what was moved by then stays moved */
export async function moveToNewestKeys(options: MoveOptions): Promise<Moves> {
  const total: Moves = { moved: 0, overtaken: 0, failed: [] };
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const before = total.overtaken;
    total.failed = [];
    for (const secret of STORED_SECRETS) await moveAll(secret, options, total);
    if (total.overtaken === before) break;
  }
  return total;
}

async function moveAll(secret: StoredSecret, options: MoveOptions, total: Moves): Promise<void> {
  const { db, keys, notifier, tenantId, onProgress } = options;
  for (let after: KeyPlace | null = null; ; ) {
    const rows: readonly SecretRow[] = await listSecretsToMove(db.sql, secret, {
      tenantId,
      after,
      limit: PAGE,
    });
    const opened: Opened[] = [];
    const outcomes = await Promise.all(rows.map((row) => reencrypted(secret, row, keys)));
    for (const [index, outcome] of outcomes.entries()) {
      const row = rows[index] as SecretRow;
      if ('code' in outcome)
        total.failed.push({ kind: secret.kind, tenantId: row.tenantId, id: row.id, code: outcome.code });
      else opened.push({ row, now: outcome });
    }
    const moved = await writePage(db, secret, opened);
    total.moved += moved.length;
    total.overtaken += opened.length - moved.length;
    await notifier.changedAll(moved.map(({ row }) => `${secret.kind}:${row.tenantId}:${row.id}`));
    onProgress(total);
    after = rows.at(-1) ?? null;
    if (rows.length < PAGE) return;
  }
}

interface Opened {
  row: SecretRow;
  now: Reencrypted;
}

async function reencrypted(
  secret: StoredSecret,
  row: SecretRow,
  keys: DataKeys,
): Promise<Reencrypted | { code: string }> {
  try {
    // A blob that is where it should be, in a row that says otherwise, stays as it is and the row is put right.
    const now = await reencrypt(row.secret, secret.bindingOf(row), keys);
    return now ?? { blob: row.secret, keyId: (await keys.current(row.tenantId)).keyId };
  } catch (error) {
    // A key service that is away is no property of the row.
    if (isPawlError(error) && error.kind === 'Corrupt') return { code: error.code };
    throw error;
  }
}

/** @returns those that nobody had changed meanwhile */
async function writePage(db: Database, secret: StoredSecret, opened: readonly Opened[]): Promise<Opened[]> {
  if (opened.length === 0) return [];
  const tenantIds = [...new Set(opened.map(({ row }) => row.tenantId))];
  return db.forTenants(tenantIds, async (sql) => {
    const ids = new Set((await moveSecrets(sql, secret, opened)).map(({ id }) => id));
    const moved = opened.filter(({ row }) => ids.has(row.id));
    const entries = moved.map(({ row, now }) => ({
      id: newId(),
      of: row,
      data: { from: row.keyId, to: now.keyId },
    }));
    await logMoved(sql, `${secret.kind}.rekeyed`, entries);
    return moved;
  });
}
