// `pawl export`: writes a tenant's ledger or event log to standard output, page by page, in constant memory.
import { once } from 'node:events';
import type { Database } from '../../db/client.ts';
import { findTenant } from '../../db/operator.ts';
import {
  type EventPlace,
  type EventRow,
  type ExportRange,
  exportEvents,
  exportLedger,
  type LedgerRow,
} from '../../db/statements/export-rows.ts';
import type { Tenant } from '../../db/tenants.ts';
import { type Command, readArgs, required, subcommandOf, timeOption, UsageError } from '../command.ts';
import { csvLine } from '../csv.ts';
import { asOperator } from '../operator.ts';

export const command: Command = {
  summary: "Write a tenant's ledger or event log to standard output",
  help: `
Usage: pawl export ledger|events --tenant <id or slug> [--from <time>] [--to <time>] [--format jsonl|csv]

ledger  One row a fired attempt or accepted inbound event, in the order of their ids.
events  One row an entry of the event log: all of one job (or setting) together, oldest first.

--from is included, --to is not; without them, everything. Times are ISO 8601, such as 2026-01-31T12:00:00Z.`,
  async run(args) {
    const { name, rest } = subcommandOf(args, ['ledger', 'events']);
    const { values } = readArgs(rest, {
      tenant: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      format: { type: 'string', default: 'jsonl' },
    });
    const wanted = required(values.tenant, 'tenant');
    const format = values.format;
    if (format !== 'jsonl' && format !== 'csv') throw new UsageError('--format is not one of jsonl, csv.');
    const from = values.from === undefined ? EARLIEST : timeOption(values.from, 'from');
    const to = values.to === undefined ? LATEST : timeOption(values.to, 'to');
    return asOperator(async (db) => {
      const tenant = await findTenant(db, wanted);
      const range = { tenantId: tenant.id, from, to };
      const pages = name === 'ledger' ? ledgerPages(db, tenant, range) : eventPages(db, tenant, range);
      await print(pages, name === 'ledger' ? LEDGER_COLUMNS : EVENT_COLUMNS, format);
      return 0;
    });
  },
};

/** Before and after everything that can be stored under a UUIDv7. */
const EARLIEST = new Date(0);
const LATEST = new Date('9999-12-31T00:00:00Z');
const PAGE = 1_000;

type Wire = Record<string, unknown>;

const LEDGER_COLUMNS = [
  'attempt_id',
  'at',
  'kind',
  'quantity',
  'outcome',
  'provider',
  'connection_id',
  'workflow_id',
  'job_id',
  'action_run_id',
  'attempt',
  'source_id',
  'status_code',
  'request_bytes',
  'response_bytes',
  'duration_ms',
];

const EVENT_COLUMNS = ['subject_id', 'id', 'at', 'kind', 'revision', 'actor', 'data'];

async function* ledgerPages(db: Database, { id, shard }: Tenant, range: ExportRange): AsyncGenerator<Wire[]> {
  for (let after: string | null = null; ; ) {
    const place: { after: string | null; limit: number } = { after, limit: PAGE };
    const rows: LedgerRow[] = await db.once<LedgerRow[]>([id], (sql) =>
      exportLedger(sql, shard, range, place),
    );
    yield rows.map(presentLedgerRow);
    if (rows.length < PAGE) return;
    after = rows.at(-1)?.attemptId ?? null;
  }
}

async function* eventPages(db: Database, { id, shard }: Tenant, range: ExportRange): AsyncGenerator<Wire[]> {
  for (let after: EventPlace | null = null; ; ) {
    const place: { after: EventPlace | null; limit: number } = { after, limit: PAGE };
    const rows: EventRow[] = await db.once<EventRow[]>([id], (sql) => exportEvents(sql, shard, range, place));
    yield rows.map(presentEventRow);
    if (rows.length < PAGE) return;
    after = rows.at(-1) ?? null;
  }
}

function presentLedgerRow(row: LedgerRow): Wire {
  return {
    attempt_id: row.attemptId,
    at: row.at.toISOString(),
    kind: row.kind,
    quantity: row.quantity,
    outcome: row.outcome,
    provider: row.provider,
    connection_id: row.connectionId,
    workflow_id: row.workflowId,
    job_id: row.jobId,
    action_run_id: row.actionRunId,
    attempt: row.attempt,
    source_id: row.sourceId,
    status_code: row.statusCode,
    request_bytes: row.requestBytes,
    response_bytes: row.responseBytes,
    duration_ms: row.durationMs,
  };
}

function presentEventRow({ subjectId, id, at, kind, seq, actor, data }: EventRow): Wire {
  return { subject_id: subjectId, id, at: at.toISOString(), kind, revision: seq, actor, data };
}

async function print(
  pages: AsyncIterable<Wire[]>,
  columns: readonly string[],
  format: 'jsonl' | 'csv',
): Promise<void> {
  if (format === 'csv') await write(csvLine(columns));
  for await (const rows of pages) {
    const lines = rows.map((row) =>
      format === 'csv' ? csvLine(columns.map((column) => row[column])) : `${JSON.stringify(row)}\n`,
    );
    await write(lines.join(''));
  }
}

/** The next page waits until whoever reads has taken this one. */
async function write(text: string): Promise<void> {
  if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
}
