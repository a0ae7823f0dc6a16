// The Postgres that was configured, or one of our own.
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { startEmbeddedPostgres } from '../db/embedded.ts';
import type { Logger } from './log.ts';

export interface Boot {
  /** Owns the tables. The processes act as their roles on it, unless they have logins of their own. */
  databaseUrl: string;
  /** Ends the embedded Postgres, if that was started here. */
  stop(): Promise<void>;
}

export interface BootOptions {
  config: Config;
  log: Logger;
  /** false: the embedded Postgres forgets to fsync; for tests and benchmarks. */
  durable?: boolean;
}

/** The Postgres to use: the configured one, or the embedded one, started (and first made) in `config.directory`. */
export async function openDatabase({ config, log, durable = true }: BootOptions): Promise<Boot> {
  const { url } = config.database;
  if (url !== undefined) return { databaseUrl: url, stop: async () => {} };
  const directory = join(config.directory, 'postgres');
  const embedded = await startEmbeddedPostgres({
    directory,
    durable,
    keepRunning: true,
    log: (line) => log.info(line),
  });
  return { databaseUrl: embedded.localUrl, stop: embedded.stop };
}
