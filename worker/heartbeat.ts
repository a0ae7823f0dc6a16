// This worker's sign of life, by which it learns who else lives; and what it does for the others: those that fall silent
// are declared dead and what they held is freed.
import type { Sql } from '../db/client.ts';
import { newId } from '../db/new-id.ts';
import { freeExportsOf } from '../db/statements/metering-exports.ts';
import {
  beat,
  declareDead,
  forgetDead,
  freeRowsOf,
  type LivingWorker,
  leaveShards,
  registerWorker,
  removeWorker,
  retireWorker,
} from '../db/statements/workers.ts';
import { createLoop, type Loop } from './loop.ts';

export interface Heartbeat {
  /** Registers; resolves when others can see it and it knows of them. */
  start(): Promise<void>;
  /** Others came or went. */
  wake(): void;
  /** Others may divide among themselves what was this worker's part. */
  leave(): Promise<void>;
  /** @param mayHold whether something may be held still, which others are to find */
  stop(mayHold: boolean): Promise<void>;
  /** Current registration. A worker that was declared dead goes on under a new one: what it held is no longer its own. */
  workerId(): string;
}

export interface HeartbeatOptions {
  sql: Sql;
  name: string;
  version: string;
  shards: readonly number[];
  intervalMs: number;
  onError(error: unknown): void;
  /** At every heartbeat: all that live, this one among them. */
  onLiving(living: readonly LivingWorker[], ownId: string): void;
  /** Tells the others that this one came or goes. */
  announce(): Promise<void>;
  /** Declared dead, though alive: under the new id nothing is held. */
  onDeclaredDead(): void;
}

export function createHeartbeat(options: HeartbeatOptions): Heartbeat {
  const { sql, name, version, intervalMs, onError, onLiving, onDeclaredDead } = options;
  let id = newId();
  let { shards } = options;

  async function register(): Promise<void> {
    await registerWorker(sql, { id, name, version, shards });
    onLiving(await beat(sql, id), id);
    await options.announce().catch(onError);
  }

  const loop = createLoop({
    intervalMs,
    onError,
    async run() {
      const living = await beat(sql, id);
      if (living.length > 0) onLiving(living, id);
      else {
        id = newId();
        await register();
        onDeclaredDead();
      }
      return false;
    },
  });
  return {
    async start() {
      await register();
      loop.start();
    },
    wake: loop.wake,
    async leave() {
      shards = [];
      await leaveShards(sql, id);
      await options.announce();
    },
    async stop(mayHold) {
      await loop.stop();
      await (mayHold ? retireWorker : removeWorker)(sql, id);
    },
    workerId: () => id,
  };
}

/** The longest that fits the statement's parameter: 24 days. */
const NOBODY_IS_AS_SILENT_MS = 2 ** 31 - 1;

export function createReaper(options: {
  sql: Sql;
  intervalMs: number;
  /** Silence after which a worker counts as dead. */
  leaseMs: number;
  /** Milliseconds, monotonic. */
  now(): number;
  onFreed(shards: readonly number[]): void;
  /** Standing exports may be taken that a dead worker held. */
  onExportsFreed(): void;
  onError(error: unknown): void;
}): Loop {
  const { sql, intervalMs, leaseMs, now, onFreed, onExportsFreed, onError } = options;
  // Who could not ask the database for a while cannot tell that others were silent: they could not be heard either.
  // It listens for a whole lease before it judges anybody again.
  const deafAfterMs = Math.max(leaseMs / 2, intervalMs * 1.5);
  let heardAt = now();
  let listensUntil = Number.NEGATIVE_INFINITY;

  return createLoop({
    intervalMs,
    onError,
    async run() {
      const at = now();
      if (at - heardAt > deafAfterMs) listensUntil = at + leaseMs;
      const dead = await declareDead(sql, at < listensUntil ? NOBODY_IS_AS_SILENT_MS : leaseMs);
      heardAt = now();
      if (dead.length > 0) {
        const ids = dead.map(({ id }) => id);
        const freed = await freeRowsOf(sql, ids);
        if ((await freeExportsOf(sql, ids)).length > 0) onExportsFreed();
        if (freed.length > 0) onFreed(freed.map(({ shard }) => shard));
        await forgetDead(sql);
      }
      return false;
    },
  });
}
