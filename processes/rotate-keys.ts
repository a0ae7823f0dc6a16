// Re-encrypts every connection that is not under the current key, while everything runs. Interrupted, it goes on where
// it was: what is done is no longer found.
import type { Database } from '../db/client.ts';
import { newId } from '../db/new-id.ts';
import { createNotifier } from '../db/notifications.ts';
import { appendLog } from '../db/statements/append-log.ts';
import {
  listToRekey,
  type RekeyPlace,
  type RekeyRow,
  rekeyConnection,
} from '../db/statements/rekey-connections.ts';
import { isPawlError } from '../engine/errors.ts';
import type { KeyRing } from '../vault/key-ring.ts';
import { reencrypt } from '../vault/reencrypt.ts';

export interface Rotation {
  rekeyed: number;
  /** Changed by somebody else meanwhile; theirs holds, and the next round looks at it again. */
  overtaken: number;
  /** Cannot be opened with any key of the ring; left as they were. */
  failed: { tenantId: string; connectionId: string; code: string }[];
}

export interface RotateOptions {
  /** As role `pawl_operator`. */
  db: Database;
  keyRing: KeyRing;
  onProgress(soFar: Readonly<Rotation>): void;
}

const PAGE = 100;
/** A row that somebody changes in every round is under the current key by then, unless an old process still writes. */
const ROUNDS_MAX = 5;

export async function rotateKeys(options: RotateOptions): Promise<Rotation> {
  const total: Rotation = { rekeyed: 0, overtaken: 0, failed: [] };
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const before = total.overtaken;
    total.failed = [];
    await rotateOnce(options, total);
    if (total.overtaken === before) break;
  }
  return total;
}

async function rotateOnce({ db, keyRing, onProgress }: RotateOptions, total: Rotation): Promise<void> {
  const notifier = createNotifier(db.sql, () => {});
  const keyId = keyRing.currentKeyId;
  for (let after: RekeyPlace | null = null; ; ) {
    const rows: readonly RekeyRow[] = await listToRekey(db.sql, { keyId, after, limit: PAGE });
    for (const row of rows) {
      const outcome = await rekeyOne(db, keyRing, row);
      if (outcome === 'rekeyed') {
        total.rekeyed++;
        await notifier.changed(`connection:${row.tenantId}:${row.id}`);
      } else if (outcome === 'overtaken') total.overtaken++;
      else total.failed.push({ tenantId: row.tenantId, connectionId: row.id, code: outcome.code });
    }
    onProgress(total);
    after = rows.at(-1) ?? null;
    if (rows.length < PAGE) return;
  }
}

async function rekeyOne(
  db: Database,
  keyRing: KeyRing,
  row: RekeyRow,
): Promise<'rekeyed' | 'overtaken' | { code: string }> {
  const { tenantId, id: connectionId, provider, allowedOrigin, shard } = row;
  let credentials: Buffer | null;
  try {
    credentials = reencrypt(row.credentials, { tenantId, connectionId, provider, allowedOrigin }, keyRing);
  } catch (error) {
    if (!isPawlError(error)) throw error;
    return { code: error.code };
  }
  // The blob says which key it is under; a row that says otherwise is put right with the blob as it is.
  const now = { credentials: credentials ?? row.credentials, keyId: keyRing.currentKeyId };
  return db.forTenants([tenantId], async (sql) => {
    const [moved] = await rekeyConnection(sql, row, now);
    if (!moved) return 'overtaken';
    await appendLog(sql, shard, {
      tenantId,
      subjectId: connectionId,
      id: newId(),
      kind: 'connection.rekeyed',
      actor: 'operator',
      data: { from: row.keyId, to: now.keyId, version: moved.version },
    });
    return 'rekeyed';
  });
}
