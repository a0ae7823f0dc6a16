// This worker's sign of life, and what it does for the others: those that fall silent are declared dead and what they
// held is freed.
import { v7 as uuidv7 } from 'uuid';
import type { Sql } from '../db/client.ts';
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
  let id = uuidv7();
  const loop = createLoop({
    intervalMs,
    onError,
    async run() {
      const alive = await beat(sql, id);
      if (alive.length === 0) {
        id = uuidv7();
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

export function createReaper(options: {
  sql: Sql;
  intervalMs: number;
  /** Silence after which a worker counts as dead. */
  leaseMs: number;
  onFreed(shards: readonly number[]): void;
  onError(error: unknown): void;
}): Loop {
  const { sql, intervalMs, leaseMs, onFreed, onError } = options;
  return createLoop({
    intervalMs,
    onError,
    async run() {
      const dead = await declareDead(sql, leaseMs);
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
