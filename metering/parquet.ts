// The ledger as Parquet: a row group per so many rows, so that memory holds one at a time.
import {
  type BasicType,
  ByteWriter,
  ParquetWriter,
  schemaFromColumnData,
  type Writer,
} from 'hyparquet-writer';
import type { Encoder } from './encoder.ts';
import {
  copyOfText,
  LEDGER_COLUMN_NAMES,
  LEDGER_COLUMNS,
  type LedgerColumn,
  type LedgerPage,
} from './ledger-page.ts';

interface Column {
  name: LedgerColumn;
  type: BasicType;
  nullable: boolean;
  /** Left out: a dictionary where that is shorter. */
  encoding?: 'PLAIN';
  codec?: 'UNCOMPRESSED';
  /** Of what nobody looks for ranges of, the least and the greatest are not worth finding. */
  statistics: boolean;
  of(text: string): unknown;
}

const orNull = (text: string) => (text === '' ? null : text);
const TYPES: Readonly<Record<(typeof LEDGER_COLUMNS)[LedgerColumn], Pick<Column, 'type' | 'of'>>> = {
  id: { type: 'STRING', of: orNull },
  word: { type: 'STRING', of: orNull },
  time: { type: 'TIMESTAMP', of: (text) => new Date(text) },
  count: { type: 'INT32', of: (text) => (text === '' ? null : Number(text)) },
  size: { type: 'INT64', of: BigInt },
};

const NEVER_NULL: ReadonlySet<LedgerColumn> = new Set<LedgerColumn>([
  ...([
    'attempt_id',
    'at',
    'kind',
    'quantity',
    'outcome',
    'provider',
    'request_bytes',
    'response_bytes',
  ] as const),
]);
/** No two rows have the same, or hardly any: neither a dictionary nor compression makes them shorter. */
const DISTINCT: ReadonlySet<LedgerColumn> = new Set<LedgerColumn>(['attempt_id', 'job_id', 'action_run_id']);

const COLUMNS: readonly Column[] = LEDGER_COLUMN_NAMES.map((name) => ({
  name,
  ...TYPES[LEDGER_COLUMNS[name]],
  nullable: !NEVER_NULL.has(name),
  statistics: name === 'attempt_id' || name === 'at',
  ...(DISTINCT.has(name) && { encoding: 'PLAIN', codec: 'UNCOMPRESSED' }),
}));

/** Enough for columns to compress, few enough to be forgotten while they are young. */
const ROWS_PER_GROUP = 9_000;

/** Nothing is awaited: a writer without `flush` is done when it returns. */
export function createParquetEncoder(): Encoder {
  const out = createChunkWriter();
  const schema = schemaFromColumnData({
    columnData: COLUMNS.map(({ name, type, nullable }) => ({ name, type, nullable, data: [] })),
  });
  const writer = new ParquetWriter({ writer: out.writer, schema });
  let waiting: LedgerPage[] = [];
  let rows = 0;

  function writeGroup(): void {
    if (rows === 0) return;
    const columnData = COLUMNS.map(({ name, type, nullable, encoding, codec, statistics, of }) => ({
      name,
      ...{ type, nullable, statistics, ...(encoding && { encoding }), ...(codec && { codec }) },
      data: waiting.flatMap(({ columns }) => columns[name].map(of)),
    }));
    keepNoPages(columnData);
    void writer.write({ columnData, rowGroupSize: rows });
    waiting = [];
    rows = 0;
  }

  return {
    page(page) {
      waiting.push(page);
      rows += page.length;
      if (rows >= ROWS_PER_GROUP) writeGroup();
      return out.take();
    },
    end() {
      writeGroup();
      void writer.finish();
      return out.take();
    },
  };
}

/**
 * The writer remembers the least and the greatest value of each group until the end. Ids come in their order, so these are
 * the first and the last: as parts of the texts of their pages they would keep all of those.
 */
function keepNoPages(columns: readonly { statistics: boolean; data: unknown[] }[]): void {
  for (const { statistics, data } of columns) {
    if (statistics) for (const at of [0, data.length - 1]) data[at] = ownText(data[at]);
  }
}

const ownText = (value: unknown) => (typeof value === 'string' ? copyOfText(value) : value);

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
