// The ledger as Parquet: a row group per so many rows, so that memory holds one at a time.
import {
  type BasicType,
  ByteWriter,
  ParquetWriter,
  schemaFromColumnData,
  type Writer,
} from 'hyparquet-writer';
import type { LedgerRow } from '../db/statements/export-rows.ts';
import type { Encoder } from './encoder.ts';

interface Column {
  name: string;
  type: BasicType;
  nullable: boolean;
  of(row: LedgerRow): unknown;
}

const text = (name: string, of: (row: LedgerRow) => string | null, nullable = false): Column => ({
  name,
  type: 'STRING',
  nullable,
  of,
});
const int32 = (name: string, of: (row: LedgerRow) => number | null, nullable = true): Column => ({
  name,
  type: 'INT32',
  nullable,
  of,
});
const int64 = (name: string, of: (row: LedgerRow) => number): Column => ({
  name,
  type: 'INT64',
  nullable: false,
  of: (row) => BigInt(of(row)),
});

const COLUMNS: readonly Column[] = [
  text('attempt_id', (row) => row.attemptId),
  { name: 'at', type: 'TIMESTAMP', nullable: false, of: (row) => row.at },
  text('kind', (row) => row.kind),
  int32('quantity', (row) => row.quantity, false),
  text('outcome', (row) => row.outcome),
  text('provider', (row) => row.provider),
  text('connection_id', (row) => row.connectionId, true),
  text('workflow_id', (row) => row.workflowId, true),
  text('job_id', (row) => row.jobId, true),
  text('action_run_id', (row) => row.actionRunId, true),
  int32('attempt', (row) => row.attempt),
  text('source_id', (row) => row.sourceId, true),
  int32('status_code', (row) => row.statusCode),
  int64('request_bytes', (row) => row.requestBytes),
  int64('response_bytes', (row) => row.responseBytes),
  int32('duration_ms', (row) => row.durationMs),
];

/** Enough for columns to compress, and a few megabytes. */
const ROWS_PER_GROUP = 20_000;

/** Nothing is awaited: a writer without `flush` is done when it returns. */
export function createParquetEncoder(): Encoder {
  const out = createChunkWriter();
  const schema = schemaFromColumnData({
    columnData: COLUMNS.map(({ name, type, nullable }) => ({ name, type, nullable, data: [] })),
  });
  const writer = new ParquetWriter({ writer: out.writer, schema });
  let waiting: LedgerRow[] = [];

  function writeGroup(): void {
    if (waiting.length === 0) return;
    const columnData = COLUMNS.map(({ name, of }) => ({ name, data: waiting.map(of) }));
    void writer.write({ columnData, rowGroupSize: waiting.length });
    waiting = [];
  }

  return {
    page(rows) {
      for (const row of rows) {
        waiting.push(row);
        if (waiting.length === ROWS_PER_GROUP) writeGroup();
      }
      return out.take();
    },
    end() {
      writeGroup();
      void writer.finish();
      return out.take();
    },
  };
}

/** The library's own writer, whose bytes are taken away as they come while its offset goes on counting. */
function createChunkWriter(): { writer: Writer; take(): Uint8Array } {
  const writer = new ByteWriter() as Writer & { index: number };
  return {
    writer,
    take() {
      const bytes = writer.getBytes().slice();
      writer.index = 0;
      return bytes;
    },
  };
}
