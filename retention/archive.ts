// What is about to be forgotten, as Parquet files in a directory. A file is there whole or not at all, and archiving the
// same again replaces it.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { writeWholeFile } from '../files/whole-file.ts';

/** As a column of Parquet; `JSON` is text that was JSON already. */
export type ColumnType = 'STRING' | 'JSON' | 'INT32' | 'INT64' | 'TIMESTAMP' | 'BYTE_ARRAY';

export interface Archive {
  readonly directory: string;
  /**
   * Resolves when it is on the disk.
   * @param name such as `action_runs/2026-11/…`, without its ending
   * @param columns what is archived of each row, in this order
   */
  write<R extends object>(
    name: string,
    columns: Readonly<Partial<Record<keyof R & string, ColumnType>>>,
    rows: readonly R[],
  ): Promise<void>;
}

export function createArchive(directory: string): Archive {
  return {
    directory,
    async write(name, columns, rows) {
      const bytes = parquetWriteBuffer({
        columnData: Object.entries(columns).map(([column, type]) => ({
          name: column.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
          // The library would write a JSON text as a JSON string.
          type: type === 'JSON' ? 'STRING' : (type as Exclude<ColumnType, 'JSON'>),
          data: rows.map((row) => inParquet((row as Record<string, unknown>)[column], type as ColumnType)),
        })),
      });
      await writeWholeFile(join(directory, `${name}.parquet`), new Uint8Array(bytes));
    },
  };
}

/**
 * Names a file by the rows in it: of two workers that forget at once, each may have read rows that the other has not, and
 * neither may replace what the other has archived.
 */
export const fileNameOf = (ids: readonly string[]): string =>
  `${ids[0]}-${createHash('sha256').update(ids.join()).digest('hex').slice(0, 16)}`;

function inParquet(value: unknown, type: ColumnType): unknown {
  if (value === null || value === undefined) return null;
  return type === 'INT64' ? BigInt(value as string) : value;
}
