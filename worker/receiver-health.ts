// Writes down what this worker finds out about receivers, and tells the other workers. What it finds out itself holds
// here at once, whether or not it can be written.
import type { Database, ReservedSql } from '../db/client.ts';
import { newId } from '../db/new-id.ts';
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
import type { Receiver } from './lane.ts';

export interface ReceiverHealth {
  opened(receiver: Receiver, of: { misses: number; error: JsonObject }): void;
  closed(receiver: Receiver): void;
  paused(receiver: Receiver, forMs: number): void;
  /** Of all workers that ask, one may try. Null: nothing is written of this connection. */
  takeProbe(receiver: Receiver): Promise<(ConnectionHealth & { mayTry: boolean }) | null>;
  probeMissed(receiver: Receiver, error: JsonObject): void;
  probeNotMade(receiver: Receiver): void;
  /** Resolves when all that was said so far has been written, or could not be. */
  settled(): Promise<void>;
}

export interface ReceiverHealthOptions {
  db: Database;
  workerId(): string;
  /** What is written now. */
  onWritten(receiver: Receiver, health: ConnectionHealth): void;
  /** Tells the other workers to read it. */
  announce(receiver: Receiver): Promise<void>;
  onError(error: unknown): void;
}

/** Longer than any action may take, with what it waits for before it is sent. */
const PROBE_LEASE_MS = 90_000;

type Statement = (sql: ReservedSql) => ReturnType<typeof closeCircuit>;

export function createReceiverHealth(options: ReceiverHealthOptions): ReceiverHealth {
  const { db, workerId, onWritten, announce, onError } = options;
  const underWay = new Set<Promise<void>>();

  async function write(receiver: Receiver, statement: Statement): Promise<void> {
    const [health] = await db.once<ConnectionHealth[]>([receiver.tenantId], statement);
    if (!health) return;
    onWritten(receiver, health);
    await announce(receiver);
  }

  /** Nobody waits for it but who stops. */
  function aside(work: Promise<void>): void {
    const settled = work.catch(onError).finally(() => underWay.delete(settled));
    underWay.add(settled);
  }

  /** Of the log. */
  const entry = () => ({ entryId: newId(), actor: 'worker' });
  const say = (receiver: Receiver, statement: Statement) => aside(write(receiver, statement));

  return {
    opened: (receiver, of) =>
      say(receiver, (sql) => openCircuit(sql, db.shardOf(receiver), receiver, { ...entry(), ...of })),
    closed: (receiver) => say(receiver, (sql) => closeCircuit(sql, db.shardOf(receiver), receiver, entry())),
    paused: (receiver, forMs) =>
      say(receiver, (sql) => pauseConnection(sql, db.shardOf(receiver), receiver, Math.ceil(forMs))),
    async takeProbe(receiver) {
      const by = { workerId: workerId(), leaseMs: PROBE_LEASE_MS };
      const [answer] = await db.once<(ConnectionHealth & { mayTry: boolean })[]>([receiver.tenantId], (sql) =>
        takeProbe(sql, db.shardOf(receiver), receiver, by),
      );
      if (answer?.mayTry) aside(announce(receiver));
      return answer ?? null;
    },
    probeMissed(receiver, error) {
      const by = { workerId: workerId(), error };
      say(receiver, (sql) => probeMissed(sql, db.shardOf(receiver), receiver, by));
    },
    probeNotMade: (receiver) =>
      say(receiver, (sql) => probeNotMade(sql, db.shardOf(receiver), receiver, workerId())),
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
