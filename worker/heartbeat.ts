// This worker's sign of life, and what it does for the others: those that fall silent are declared dead and what they
// held is freed.
import type { Sql } from '../db/client.ts';
import { newId } from '../db/new-id.ts';
import {
  beat,
  declareDead,
  forgetDead,
  freeRowsOf,
  registerWorker,
  removeWorker,
} from '../db/statements/workers.ts';
import { createLoop, type Loop } from './loop.ts';

export interface Heartbeat {
  /** Registers; resolves when others can see it. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Current registration. A worker that was declared dead goes on under a new one: what it held is no longer its own. */
  workerId(): string;
}

export interface HeartbeatOptions {
  sql: Sql;
  name: string;
  version: string;
  intervalMs: number;
  onError(error: unknown): void;
  /** Declared dead, though alive: under the new id nothing is held. */
  onDeclaredDead(): void;
}

export function createHeartbeat({
  sql,
  name,
  version,
  intervalMs,
  onError,
  onDeclaredDead,
}: HeartbeatOptions): Heartbeat {
  let id = newId();
  const loop = createLoop({
    intervalMs,
    onError,
    async run() {
      const alive = await beat(sql, id);
      if (alive.length === 0) {
        id = newId();
        await registerWorker(sql, { id, name, version });
        onDeclaredDead();
      }
      return false;
    },
  });
  return {
    async start() {
      await registerWorker(sql, { id, name, version });
      loop.start();
    },
    async stop() {
      await loop.stop();
      // Nothing is held any more, so nobody has to find out that this worker is gone.
      await removeWorker(sql, id);
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
  onError(error: unknown): void;
}): Loop {
  const { sql, intervalMs, leaseMs, now, onFreed, onError } = options;
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
        const freed = await freeRowsOf(
          sql,
          dead.map(({ id }) => id),
        );
        if (freed.length > 0) onFreed(freed.map(({ shard }) => shard));
        await forgetDead(sql);
      }
      return false;
    },
  });
}
