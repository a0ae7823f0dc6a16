// Lines of text made of pages of columns: what stands between the values is known before the first row is.
import { LEDGER_COLUMNS, type LedgerColumn, type LedgerPage } from './ledger-page.ts';

/** What a line consists of: text as it is, and values. */
export type LineTemplate = readonly (string | Cell)[];

export interface Cell {
  column: LedgerColumn;
  /** Gets the text of the value, empty for null. Of words it is asked once each; there are few. */
  spell(text: string): string;
}

/** A value as JSON. */
export function jsonOf(column: LedgerColumn): Cell {
  const is = LEDGER_COLUMNS[column];
  if (is === 'count' || is === 'size') return { column, spell: (text) => text || 'null' };
  // Ids and times have nothing that is escaped.
  if (is === 'id' || is === 'time') return { column, spell: (text) => (text === '' ? 'null' : `"${text}"`) };
  return { column, spell: (text) => JSON.stringify(text) };
}

/** A JSON object of these columns. */
export function jsonFields(columns: readonly LedgerColumn[]): LineTemplate {
  return [...columns.flatMap((column, i) => [`${i === 0 ? '{' : ','}"${column}":`, jsonOf(column)]), '}'];
}

/** @returns what makes the text of a page: its lines, with `between` them */
export function linesOf(template: LineTemplate, between: string): (page: LedgerPage) => string {
  const words = new Map<Cell, Map<string, string>>();
  const speller = (cell: Cell) => {
    if (LEDGER_COLUMNS[cell.column] !== 'word') return cell.spell;
    const known = words.get(cell) ?? new Map<string, string>();
    words.set(cell, known);
    return (text: string) => {
      const spelled = known.get(text) ?? cell.spell(text);
      known.set(text, spelled);
      return spelled;
    };
  };
  const pieces = template.map((piece) =>
    typeof piece === 'string' ? piece : { column: piece.column, spell: speller(piece) },
  );
  return ({ length, columns }) => {
    const values = pieces.map((piece) => (typeof piece === 'string' ? [] : columns[piece.column]));
    let text = '';
    for (let row = 0; row < length; row++) {
      if (row > 0) text += between;
      for (let i = 0; i < pieces.length; i++) {
        const piece = pieces[i] as (typeof pieces)[number];
        text += typeof piece === 'string' ? piece : piece.spell(values[i]?.[row] as string);
      }
    }
    return text;
  };
}
