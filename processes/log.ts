// The log of a process: one JSON object a line, or lines for people. Credentials never get in, here is the second net.
import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from '../config/config.ts';

export type { Logger };

export interface LogOptions extends Pick<Config, 'log'> {
  /** Which process speaks. */
  process: string;
  /** File descriptor; 2 where standard output belongs to what a command prints. Default 1. */
  to?: 1 | 2;
}

// Where request headers, and what belongs to tenants, may stand in what is logged.
const REDACTED = [
  'authorization',
  'headers.authorization',
  '*.headers.authorization',
  '*.*.headers.authorization',
  // What Postgres says of a row that it refuses is the row itself, a tenant's.
  'err.detail',
  'err.parameters',
  'err.cause.detail',
  'err.cause.parameters',
];

export function createLog({ log: { level, format }, process: name, to = 1 }: LogOptions): Logger {
  const options = {
    level,
    base: { process: name, pid: process.pid },
    redact: { paths: REDACTED, censor: '***' },
    timestamp: pino.stdTimeFunctions.isoTime,
    // Names instead of pino's numbers: whoever reads JSON logs should not need a table.
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if (format === 'pretty') {
    return pino(
      options,
      pretty({
        destination: to,
        colorize: (to === 1 ? process.stdout : process.stderr).isTTY,
        ignore: 'process,pid',
        sync: true,
      }),
    );
  }
  return pino(options, pino.destination({ dest: to, sync: true }));
}
