// Where reports are read: on a replica while it is near enough to the primary, else on the primary. What must see one's own
// writes is not read here.
import { PawlError } from '../engine/errors.ts';
import type { Database } from './client.ts';
import { createReplicaLag } from './replica-lag.ts';

export interface Reports {
  /**
   * Runs `run` on the replica; once more on the primary, where the replica fails.
   * @returns with what `run` came to, how old that may be; null: it is from the primary
   */
  read<T>(run: (db: Database) => Promise<T>): Promise<{ value: T; lagMs: number | null }>;
  /**
   * For what is read in several steps, all of them in one place.
   * @param isEnough asked of the replica, whether it has what is wanted
   */
  choose(isEnough: (replica: Database) => Promise<boolean>): Promise<{ db: Database; lagMs: number | null }>;
  /** How old what the replica shows may be; null: it is away, or there is none. */
  lagMs(): number | null;
  close(): Promise<void>;
}

export interface ReportsOptions {
  primary: Database;
  replica: Database;
  /** An older answer is not given: the primary is asked. */
  maxLagMs: number;
  /** Told when the replica begins or ceases to be used, with the error that it met. */
  onChange(used: boolean, error: unknown): void;
}

/** Everything is read from the primary. */
export function reportsFromPrimary(primary: Database): Reports {
  return {
    read: async (run) => ({ value: await run(primary), lagMs: null }),
    choose: async () => ({ db: primary, lagMs: null }),
    lagMs: () => null,
    close: async () => {},
  };
}

/** At first everything is read from the primary, until the replica was looked at; it need not be there. */
export function createReports({ primary, replica, maxLagMs, onChange }: ReportsOptions): Reports {
  const lag = createReplicaLag({ primary: primary.sql, replica: replica.sql, maxLagMs, onChange });
  return {
    async read(run) {
      const lagMs = lag.lagMs();
      if (lagMs === null) return { value: await run(primary), lagMs };
      try {
        return { value: await run(replica), lagMs };
      } catch (error) {
        // What the caller asked wrongly is as wrong on the primary; reading twice does no harm otherwise.
        if (error instanceof PawlError) throw error;
        lag.doubt();
        return { value: await run(primary), lagMs: null };
      }
    },
    async choose(isEnough) {
      const lagMs = lag.lagMs();
      const enough = lagMs !== null && (await isEnough(replica).catch(() => false));
      return enough ? { db: replica, lagMs } : { db: primary, lagMs: null };
    },
    lagMs: lag.lagMs,
    async close() {
      lag.stop();
      await replica.close();
    },
  };
}
