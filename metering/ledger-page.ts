// A page of the ledger as exports read it: by columns, each value as its text. Taking rows apart into objects, and times into
// Dates, would be most of what an export costs.
import type { LedgerPageRow } from '../db/statements/export-rows.ts';

/** In the order that exports show them. What a value is decides how it is spelled. */
export const LEDGER_COLUMNS = {
  attempt_id: 'id',
  at: 'time',
  kind: 'word',
  quantity: 'count',
  outcome: 'word',
  provider: 'word',
  connection_id: 'id',
  workflow_id: 'id',
  job_id: 'id',
  action_run_id: 'id',
  attempt: 'count',
  source_id: 'id',
  status_code: 'count',
  request_bytes: 'size',
  response_bytes: 'size',
  duration_ms: 'count',
} as const;

export type LedgerColumn = keyof typeof LEDGER_COLUMNS;
export const LEDGER_COLUMN_NAMES = Object.keys(LEDGER_COLUMNS) as LedgerColumn[];

export interface LedgerPage {
  length: number;
  /** Empty for what is null. */
  columns: Readonly<Record<LedgerColumn, readonly string[]>>;
}

export function readPage({ length, ...texts }: LedgerPageRow): LedgerPage {
  const columns = {} as Record<LedgerColumn, readonly string[]>;
  for (const name of LEDGER_COLUMN_NAMES) columns[name] = length === 0 ? [] : texts[camel(name)].split('\n');
  return { length, columns };
}

export function lastIdOf({ columns }: LedgerPage): string | undefined {
  const id = columns.attempt_id.at(-1);
  return id === undefined ? undefined : copyOfText(id);
}

/** Of a value that is kept for longer than its page: a value is a part of the text of its column, and keeps all of that. */
export const copyOfText = (value: string): string => Buffer.from(value).toString();

type Camel<T extends string> = T extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : T;

const camel = <T extends LedgerColumn>(name: T) =>
  name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()) as Camel<T>;
