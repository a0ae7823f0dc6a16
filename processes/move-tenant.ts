// Moves a tenant to another shard while it works. Every step is written down with the rows it copied, so whoever finds a
// move that was not finished goes on with it. docs/decisions/0016-a-move-is-announced.md says why it is safe.
import { setTimeout as pause } from 'node:timers/promises';
import { type Database, LONGEST_STATEMENT_MS, type ReservedSql } from '../db/client.ts';
import type { TableName } from '../db/layout.ts';
import { CHANGES, HISTORY, type MovedTable, movedTables, WHOLE } from '../db/moved-tables.ts';
import { newId } from '../db/new-id.ts';
import { createNotifier } from '../db/notifications.ts';
import { inOrder } from '../db/statements/in-order.ts';
import { countRows, deleteCopied, deleteSome, type Way } from '../db/statements/move-rows.ts';
import {
  announceMove,
  beginAbort,
  findOpenMove,
  finishMove,
  leaseMove,
  type MoveRow,
  releaseMove,
} from '../db/statements/tenant-moves.ts';
import type { Tenant } from '../db/tenants.ts';
import { BELIEVED_FOR_MS } from '../db/whereabouts.ts';
import { PawlError } from '../engine/errors.ts';
import { createTenantCopy, LEASE_MS, NOTHING_YET, type Progress, TakenOver, TooLong } from './tenant-copy.ts';

export interface MoveOptions {
  /** As role `pawl_mover`. */
  db: Database;
  tenant: Tenant;
  toShard: number;
  /** How long the tenant may stand still. A try that would take longer is undone, and made again. */
  longestPauseMs: number;
  /**
   * After this, no process works with what it read before the move was announced. Default: as long as that is believed, and
   * two of the longest statements.
   */
  graceMs?: number;
  /** What is being done. */
  onStep?(text: string): void;
  /** Ends it after the step that is under way; what is done stays done. */
  signal?: AbortSignal;
}

export type AbortOptions = Pick<MoveOptions, 'db' | 'tenant' | 'onStep'>;

export interface Moved {
  moveId: string;
  pauseMs: number;
}

const GRACE_MS = BELIEVED_FOR_MS + 2 * LONGEST_STATEMENT_MS;
/** Between two rounds while time has to pass. */
const ROUND_EVERY_MS = 2_000;
const ROUNDS_MIN = 2;
const SWITCH_TRIES = 10;
const ROWS_AT_ONCE = 2_000;

/**
 * Begins a move, or goes on with the one that is under way.
 * @throws PawlError Conflict `tenant_moving` while another process does, or while it goes to another shard;
 *   InvalidInput `tenant_there_already`; Unavailable `move_needs_one_postgres`, `move_pause_too_long`
 */
export async function moveTenant(options: MoveOptions): Promise<Moved> {
  const { db, tenant, toShard, graceMs = GRACE_MS, onStep = () => {}, signal } = options;
  if (await db.isDistributed()) throw onOnePostgres();
  const holder = newId();
  const { id } = await openMove(db, tenant, toShard);
  const [found] = await leaseMove(db.sql, { id, holder, leaseMs: LEASE_MS });
  if (!found)
    throw moving(`${tenant.slug} is being moved by another process. If that died, try again in a minute.`);
  const notifier = createNotifier(db.sql, () => {});
  const changed = () => notifier.changed(`tenant:${tenant.id}`);
  const way: Way = { tenantId: tenant.id, from: found.fromShard, to: found.toShard };
  const tables = await movedTables(db.sql);
  try {
    if (found.state === 'aborting') throw ending(tenant, way.to);
    if (found.state === 'copying') {
      await changed();
      const progress: Progress = { ...structuredClone(NOTHING_YET), ...(found.progress as object) };
      const copy = createTenantCopy({ db, way, move: { id, holder }, tables, progress });
      onStep('copying what is there');
      await copy.firstPass(signal);
      const readyAt = performance.now() + graceMs - found.announcedForMs;
      await catchUp(copy.round, readyAt, signal);
      onStep('switching');
      await switchOver(copy, options);
      await changed();
      notifier.queued([way.to]);
      notifier.inbound();
    }
    onStep('removing what was copied');
    await removeCopied(db, way, tables, { id, holder });
    const [now] = await findOpenMove(db.sql, tenant.id);
    await pause(Math.max(0, graceMs - (now?.switchedForMs ?? 0)), undefined, { signal });
    await db.forTenants([], async (sql) => finishMove(sql, { id, tenantId: tenant.id, state: 'done' }));
    await changed();
    return { moveId: id, pauseMs: now?.pauseMs ?? 0 };
  } catch (error) {
    // A pause that was broken off says so in words of Node's.
    if (signal?.aborted) throw signal.reason;
    if (error instanceof TakenOver) throw moving(`${tenant.slug} is being moved by another process.`);
    throw error;
  } finally {
    await releaseMove(db.sql, { id, holder }).catch(() => {});
  }
}

/**
 * Ends a move before the tenant was switched, and deletes what was copied. Broken off, it is finished by the next, and the move goes on no more.
 * @throws PawlError NotFound `move_not_found`, Conflict `tenant_moving`, `move_switched`
 */
export async function abortMove({ db, tenant, onStep = () => {} }: AbortOptions): Promise<void> {
  const [open] = await findOpenMove(db.sql, tenant.id);
  if (!open) throw new PawlError('NotFound', 'move_not_found', `${tenant.slug} is not being moved.`);
  const { id } = open;
  const holder = newId();
  /** What is deleted are copies only while nobody else can switch the tenant to them. */
  const held = <T>(work: (sql: ReservedSql, found: MoveRow) => Promise<T>): Promise<T> =>
    db.forTenants([], async (sql) => {
      const [found] = await leaseMove(sql, { id, holder, leaseMs: LEASE_MS });
      if (!found)
        throw moving(
          `${tenant.slug} is being moved by another process: stop that first. If it died, try again in a minute.`,
        );
      return work(sql, found);
    });
  try {
    const shard = await held(async (sql, { state, toShard }) => {
      if (state === 'switched') throw switched(tenant);
      await beginAbort(sql, { id, holder });
      return toShard;
    });
    const tables = await movedTables(db.sql);
    for (const name of HISTORY) {
      onStep(`removing what was copied of ${name}`);
      const table = tables.get(name) as MovedTable;
      const some = () => held((sql) => deleteSome(sql, table, { tenantId: tenant.id, shard }, ROWS_AT_ONCE));
      while ((await some()) > 0);
    }
    await held(async (sql) => finishMove(sql, { id, tenantId: tenant.id, state: 'aborted' }));
  } finally {
    await releaseMove(db.sql, { id, holder }).catch(() => {});
  }
  await createNotifier(db.sql, () => {}).changed(`tenant:${tenant.id}`);
}

async function openMove(db: Database, tenant: Tenant, toShard: number): Promise<MoveRow> {
  const [open] = await findOpenMove(db.sql, tenant.id);
  if (open && open.toShard !== toShard)
    throw moving(`${tenant.slug} is being moved to shard ${open.toShard}.`);
  if (open) return open;
  const [made] = await db.forTenants([], (sql) =>
    announceMove(sql, { id: newId(), tenantId: tenant.id, toShard }),
  );
  if (made) return made;
  const [other] = await findOpenMove(db.sql, tenant.id);
  if (other) return openMove(db, tenant, toShard);
  throw new PawlError(
    'InvalidInput',
    'tenant_there_already',
    `${tenant.slug} is on shard ${toShard} already.`,
  );
}

/** Rounds until everybody knows of the move, and the last one left next to nothing. */
async function catchUp(round: () => Promise<void>, readyAt: number, signal?: AbortSignal): Promise<void> {
  for (let rounds = 1; ; rounds++) {
    await round();
    signal?.throwIfAborted();
    const leftMs = readyAt - performance.now();
    if (leftMs <= 0 && rounds >= ROUNDS_MIN) return;
    if (leftMs > 0) await pause(Math.min(leftMs, ROUND_EVERY_MS), undefined, { signal });
  }
}

async function switchOver(
  copy: ReturnType<typeof createTenantCopy>,
  { tenant, longestPauseMs, onStep, signal }: MoveOptions,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    await copy.round();
    try {
      const pauseMs = await copy.switchOver(longestPauseMs);
      onStep?.(`switched; ${tenant.slug} stood still for ${pauseMs} ms`);
      return;
    } catch (error) {
      if (!(error instanceof TooLong)) throw error;
      onStep?.(`not switched: ${error.message}`);
      if (tries < SWITCH_TRIES) {
        await pause(ROUND_EVERY_MS, undefined, { signal });
        continue;
      }
      throw new PawlError(
        'Unavailable',
        'move_pause_too_long',
        `${tenant.slug} would have to stand still for longer than ${longestPauseMs} ms (${error.message}). It works on where it is. Run the command again at a quieter time or with a longer --pause-ms, or end the move with --abort.`,
        { cause: error },
      );
    }
  }
}

/** Deletes where the tenant was what is, to the last bit, where it is now. */
async function removeCopied(
  db: Database,
  way: Way,
  tables: ReadonlyMap<TableName, MovedTable>,
  move: { id: string; holder: string },
): Promise<void> {
  const missing: string[] = [];
  for (const name of HISTORY) {
    const page = { changes: CHANGES.has(name), limit: ROWS_AT_ONCE };
    let after: string[] | null = null;
    let kept = 0;
    do {
      const at: string[] | null = after;
      const done: { last: string[] | null; missing: number } = await db.forTenants([], async (sql) => {
        const [held] = await leaseMove(sql, { ...move, leaseMs: LEASE_MS });
        if (!held) throw new TakenOver('another process carries out this move');
        await inOrder(sql);
        return deleteCopied(sql, tables.get(name) as MovedTable, way, { ...page, after: at });
      });
      kept += done.missing;
      after = done.last;
    } while (after !== null);
    if (kept > 0) missing.push(`${kept} of ${name}`);
  }
  for (const name of WHOLE) {
    const there = { tenantId: way.tenantId, shard: way.from };
    const [row] = await db.forTenants([], (sql) => countRows(sql, tables.get(name) as MovedTable, there));
    if (row && row.rows > 0) missing.push(`${row.rows} of ${name}`);
  }
  if (missing.length === 0) return;
  throw new PawlError(
    'Corrupt',
    'move_left_rows',
    `The tenant works on shard ${way.to}. On shard ${way.from} there are rows of it that are not there, and they were left: ${missing.join(', ')}.`,
  );
}

const moving = (message: string) => new PawlError('Conflict', 'tenant_moving', message);

const ending = (tenant: Tenant, toShard: number) =>
  moving(
    `The move of ${tenant.slug} to shard ${toShard} is being ended, and not all of what was copied is there. Run the command with --abort to end it; then move the tenant.`,
  );

const switched = (tenant: Tenant) =>
  new PawlError(
    'Conflict',
    'move_switched',
    `${tenant.slug} is on the other shard already. Finish the move, and then move it back.`,
  );

const onOnePostgres = () =>
  new PawlError(
    'Unavailable',
    'move_needs_one_postgres',
    'On Citus a tenant cannot be moved to another shard. Move the bucket of its shard to another server instead: `select citus_move_shard_placement(…)`; see docs/scaling.md.',
  );
