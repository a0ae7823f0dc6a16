// What is about to be forgotten, as Parquet files in a directory. A file is there whole or not at all, and archiving the
// same again replaces it.
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';

/** As a column of Parquet; `JSON` is text that was JSON already. */
export type ColumnType = 'STRING' | 'JSON' | 'INT32' | 'INT64' | 'TIMESTAMP' | 'BYTE_ARRAY';

/** Customers' data: for who writes it and the group, and nobody else of the machine. */
const FILE_MODE = 0o640;
const DIRECTORY_MODE = 0o750;

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
      const path = join(directory, `${name}.parquet`);
      await mkdir(dirname(path), { recursive: true, mode: DIRECTORY_MODE });
      // Another worker may archive the same at this moment.
      const part = `${path}.${randomUUID()}.part`;
      const file = await open(part, 'w', FILE_MODE);
      try {
        await file.writeFile(new Uint8Array(bytes));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(part, path);
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
