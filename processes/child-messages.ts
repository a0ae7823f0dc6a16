// What a parent and its API and worker processes tell each other. Plain JSON.
import type { Config } from '../config/config.ts';

export type ChildRole = 'api' | 'worker';

export interface StartOrder {
  order: 'start';
  role: ChildRole;
  config: Config;
  databaseUrl: string;
  /** File descriptor the log goes to. */
  logTo: 1 | 2;
}

export type ToChild = StartOrder | { order: 'stop' };

export type FromChild =
  | { state: 'started'; url?: string }
  | { state: 'failed'; code: string; message: string };
