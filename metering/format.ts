// The forms an export may have. Each turns pages into bytes, in memory for one page.
import { cloudEventTemplate } from './cloud-event.ts';
import { csvLine, csvValue } from './csv.ts';
import type { Encoder } from './encoder.ts';
import { LEDGER_COLUMN_NAMES, LEDGER_COLUMNS } from './ledger-page.ts';
import { jsonFields, type LineTemplate, linesOf } from './line-template.ts';
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
      return lines(csvLine(LEDGER_COLUMN_NAMES), CSV, '\r\n');
    case 'jsonl':
      return lines('', jsonFields(LEDGER_COLUMN_NAMES), '\n');
    case 'cloudevents':
      return events(tenantId);
    case 'parquet':
      return createParquetEncoder();
  }
}

/** Words are quoted where they must be; what else there is never begins or holds anything that matters. */
const CSV: LineTemplate = LEDGER_COLUMN_NAMES.flatMap((column, i) => [
  i === 0 ? '' : ',',
  { column, spell: LEDGER_COLUMNS[column] === 'word' ? csvValue : (text: string) => text },
]);

function lines(head: string, template: LineTemplate, lineEnd: string): Encoder {
  const textOf = linesOf(template, lineEnd);
  let before = head;
  const take = () => {
    const text = before;
    before = '';
    return text;
  };
  return {
    page: (page) => Buffer.from(take() + (page.length === 0 ? '' : textOf(page) + lineEnd)),
    end: () => Buffer.from(take()),
  };
}

/** One JSON array, an event a line. */
function events(tenantId: string): Encoder {
  const textOf = linesOf(cloudEventTemplate(tenantId), ',\n');
  let before = '[\n';
  return {
    page(page) {
      if (page.length === 0) return new Uint8Array();
      const whole = before + textOf(page);
      before = ',\n';
      return Buffer.from(whole);
    },
    end: () => Buffer.from(before === '[\n' ? '[]\n' : '\n]\n'),
  };
}
