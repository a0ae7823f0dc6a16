// The forms an export may have. Each turns pages of rows into bytes, in memory for one page.
import type { LedgerRow } from '../db/statements/export-rows.ts';
import { cloudEventOf } from './cloud-event.ts';
import { csvLine } from './csv.ts';
import type { Encoder } from './encoder.ts';
import { LEDGER_COLUMNS, presentLedgerRow } from './ledger-row.ts';
import { createParquetEncoder } from './parquet.ts';

export const EXPORT_FORMATS = ['csv', 'jsonl', 'parquet', 'cloudevents'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export const CONTENT_TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  jsonl: 'application/x-ndjson',
  parquet: 'application/vnd.apache.parquet',
  cloudevents: 'application/cloudevents-batch+json',
};

export const EXTENSIONS: Readonly<Record<ExportFormat, string>> = {
  csv: 'csv',
  jsonl: 'jsonl',
  parquet: 'parquet',
  cloudevents: 'cloudevents.json',
};

export function createEncoder(format: ExportFormat, tenantId: string): Encoder {
  switch (format) {
    case 'csv':
      return lines(csvLine(LEDGER_COLUMNS), (row) => {
        const fact = presentLedgerRow(row);
        return csvLine(LEDGER_COLUMNS.map((column) => fact[column]));
      });
    case 'jsonl':
      return lines('', (row) => `${JSON.stringify(presentLedgerRow(row))}\n`);
    case 'cloudevents':
      return events(tenantId);
    case 'parquet':
      return createParquetEncoder();
  }
}

function lines(head: string, lineOf: (row: LedgerRow) => string): Encoder {
  let before = head;
  const take = () => {
    const text = before;
    before = '';
    return text;
  };
  return {
    page: (rows) => Buffer.from(take() + rows.map(lineOf).join('')),
    end: () => Buffer.from(take()),
  };
}

/** One JSON array, an event a line. */
function events(tenantId: string): Encoder {
  let before = '[\n';
  return {
    page(rows) {
      if (rows.length === 0) return new Uint8Array();
      const text = rows.map((row) => JSON.stringify(cloudEventOf(tenantId, row))).join(',\n');
      const whole = before + text;
      before = ',\n';
      return Buffer.from(whole);
    },
    end: () => Buffer.from(before === '[\n' ? '[]\n' : '\n]\n'),
  };
}
