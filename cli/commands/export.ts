// `pawl export`: writes a tenant's ledger or event log to standard output, page by page, in constant memory.
import { once } from 'node:events';
import type { Database } from '../../db/client.ts';
import { findTenant } from '../../db/operator.ts';
import {
  countNewer,
  type EventPlace,
  type EventRow,
  type ExportRange,
  exportEvents,
} from '../../db/statements/export-rows.ts';
import type { Tenant } from '../../db/tenants.ts';
import { csvLine } from '../../metering/csv.ts';
import { createEncoder, EXPORT_FORMATS, type ExportFormat } from '../../metering/format.ts';
import { openWindow, readLedger } from '../../metering/ledger-reader.ts';
import { type Command, readArgs, required, subcommandOf, timeOption, UsageError } from '../command.ts';
import { asOperator } from '../operator.ts';

export const command: Command = {
  help: `
Usage: pawl export ledger|events --tenant <id or slug> [--from <time>] [--to <time>] [--format <format>]

ledger  One row for each attempt that was sent and each inbound event that was accepted, by id.
        --format: jsonl (default), csv, parquet or cloudevents (see docs/metering.md).
events  One row for each entry of the event log: all of one job (or setting) together, oldest first.
        --format: jsonl (default) or csv.

--from is included, --to is not. Without them, everything that is final is exported: rows that are written while the command
runs, or while an older transaction is open, are left out, and the command says how many.
Times are ISO 8601, such as 2026-01-31T12:00:00Z.`,
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
    const formats: readonly string[] = name === 'ledger' ? EXPORT_FORMATS : ['csv', 'jsonl'];
    if (!formats.includes(format)) throw new UsageError(`--format is not one of ${formats.join(', ')}.`);
    const from = values.from === undefined ? EARLIEST : timeOption(values.from, 'from');
    const to = values.to === undefined ? LATEST : timeOption(values.to, 'to');
    return asOperator(async (db) => {
      const tenant = await findTenant(db, wanted);
      if (name === 'ledger') {
        const newer = await printLedger(db, tenant, { from, to }, format as ExportFormat);
        if (newer > 0)
          console.error(
            `${newer} newer rows are left out, because an older transaction is still open. Export again when it has ended.`,
          );
      } else {
        const pages = eventPages(db, tenant, { tenantId: tenant.id, from, to });
        await printEvents(pages, format as 'csv' | 'jsonl');
      }
      return 0;
    });
  },
};

/** Before and after everything that can be stored under a UUIDv7. */
const EARLIEST = new Date(0);
const LATEST = new Date('9999-12-31T00:00:00Z');
const PAGE = 1_000;

type Wire = Record<string, unknown>;

const EVENT_COLUMNS = ['subject_id', 'id', 'at', 'kind', 'revision', 'actor', 'data'];

async function* eventPages(db: Database, { id, shard }: Tenant, range: ExportRange): AsyncGenerator<Wire[]> {
  for (let after: EventPlace | null = null; ; ) {
    const place: { after: EventPlace | null; limit: number } = { after, limit: PAGE };
    const rows: EventRow[] = await db.once<EventRow[]>([id], (sql) => exportEvents(sql, shard, range, place));
    yield rows.map(presentEventRow);
    if (rows.length < PAGE) return;
    after = rows.at(-1) ?? null;
  }
}

function presentEventRow({ subjectId, id, at, kind, seq, actor, data }: EventRow): Wire {
  return { subject_id: subjectId, id, at: at.toISOString(), kind, revision: seq, actor, data };
}

/** What is settled at this moment; whatever commits meanwhile is for the next export. @returns how many rows that are by now */
async function printLedger(
  db: Database,
  tenant: Tenant,
  range: Pick<ExportRange, 'from' | 'to'>,
  format: ExportFormat,
): Promise<number> {
  const window = await openWindow(db, tenant, 0);
  const encoder = createEncoder(format, tenant.id);
  for await (const rows of readLedger(db, tenant, { window, range, after: null, limit: null })) {
    await write(encoder.page(rows));
  }
  await write(encoder.end());
  const { id: tenantId, shard } = tenant;
  const newer = { ...range, tenantId, upto: window.upto };
  const [row] = await db.once<{ rows: number }[]>([tenantId], (sql) => countNewer(sql, shard, newer));
  return row?.rows ?? 0;
}

async function printEvents(pages: AsyncIterable<Wire[]>, format: 'jsonl' | 'csv'): Promise<void> {
  if (format === 'csv') await write(csvLine(EVENT_COLUMNS));
  for await (const rows of pages) {
    const lines = rows.map((row) =>
      format === 'csv' ? csvLine(EVENT_COLUMNS.map((column) => row[column])) : `${JSON.stringify(row)}\n`,
    );
    await write(lines.join(''));
  }
}

/** The next page waits until whoever reads has taken this one. */
async function write(bytes: string | Uint8Array): Promise<void> {
  if (bytes.length > 0 && !process.stdout.write(bytes)) await once(process.stdout, 'drain');
}
