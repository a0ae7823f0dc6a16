// Writes down what this worker finds out about receivers, and tells the other workers. What it finds out itself holds
// here at once, whether or not it can be written.
import type { Database, ReservedSql } from '../db/client.ts';
import {
  type ConnectionHealth,
  closeCircuit,
  openCircuit,
  pauseConnection,
  probeMissed,
  probeNotMade,
  takeProbe,
} from '../db/statements/connection-health.ts';
import type { JsonObject } from '../engine/json.ts';
import type { Lane } from './lane.ts';

export interface ReceiverHealth {
  opened(lane: Lane, of: { misses: number; error: JsonObject }): void;
  closed(lane: Lane): void;
  paused(lane: Lane, forMs: number): void;
  /** Of all workers that ask, one may try. Null: nothing is written of this connection. */
  takeProbe(lane: Lane): Promise<(ConnectionHealth & { mayTry: boolean }) | null>;
  probeMissed(lane: Lane, error: JsonObject): void;
  probeNotMade(lane: Lane): void;
  /** Resolves when all that was said so far has been written, or could not be. */
  settled(): Promise<void>;
}

export interface ReceiverHealthOptions {
  db: Database;
  workerId(): string;
  /** What is written now. */
  onWritten(lane: Lane, health: ConnectionHealth): void;
  /** Tells the other workers to read it. */
  announce(lane: Lane): Promise<void>;
  onError(error: unknown): void;
}

/** Longer than any action may take, with what it waits for before it is sent. */
const PROBE_LEASE_MS = 90_000;

type Statement = (sql: ReservedSql) => ReturnType<typeof closeCircuit>;

export function createReceiverHealth(options: ReceiverHealthOptions): ReceiverHealth {
  const { db, workerId, onWritten, announce, onError } = options;
  const underWay = new Set<Promise<void>>();

  async function write(lane: Lane, statement: Statement): Promise<void> {
    const [health] = await db.once<ConnectionHealth[]>([lane.tenantId], statement);
    if (!health) return;
    onWritten(lane, health);
    await announce(lane);
  }

  /** Nobody waits for it but who stops. */
  function aside(work: Promise<void>): void {
    const settled = work.catch(onError).finally(() => underWay.delete(settled));
    underWay.add(settled);
  }

  const say = (lane: Lane, statement: Statement) => aside(write(lane, statement));

  return {
    opened: (lane, of) => say(lane, (sql) => openCircuit(sql, lane.shard, lane, of)),
    closed: (lane) => say(lane, (sql) => closeCircuit(sql, lane.shard, lane)),
    paused: (lane, forMs) => say(lane, (sql) => pauseConnection(sql, lane.shard, lane, Math.ceil(forMs))),
    async takeProbe(lane) {
      const by = { workerId: workerId(), leaseMs: PROBE_LEASE_MS };
      const [answer] = await db.once<(ConnectionHealth & { mayTry: boolean })[]>([lane.tenantId], (sql) =>
        takeProbe(sql, lane.shard, lane, by),
      );
      if (answer?.mayTry) aside(announce(lane));
      return answer ?? null;
    },
    probeMissed(lane, error) {
      const by = { workerId: workerId(), error };
      say(lane, (sql) => probeMissed(sql, lane.shard, lane, by));
    },
    probeNotMade: (lane) => say(lane, (sql) => probeNotMade(sql, lane.shard, lane, workerId())),
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
