// What each process is started with.
import type { Config } from '../config/config.ts';
import type { Logger } from './log.ts';

export interface ProcessOptions {
  config: Config;
  /** A login that may act as this process's role. The tables are there already: see boot.ts. */
  databaseUrl: string;
  log: Logger;
}
