// A statement as it would be sent: its text and its values, from the same tagged template.
import type { PendingQuery, ReservedSql, Row } from 'postgres';

interface WrittenDown {
  /** With `$1`, `$2`, … */
  text: string;
  values: unknown[];
}

class Part {
  readonly texts: readonly string[];
  readonly values: readonly unknown[];

  constructor(texts: readonly string[], values: readonly unknown[]) {
    this.texts = texts;
    this.values = values;
  }
}

/** @param statement made of tagged templates alone: no identifiers, no lists */
export function writeDown<T extends Row>(statement: (sql: ReservedSql) => PendingQuery<T[]>): WrittenDown {
  const tag = (texts: readonly string[], ...values: unknown[]) => new Part(texts, values);
  const values: unknown[] = [];
  const textOf = (part: Part): string =>
    part.texts.reduce((text, next, i) => {
      const value = part.values[i - 1];
      return `${text}${value instanceof Part ? textOf(value) : `$${values.push(value)}`}${next}`;
    });
  return { text: textOf(statement(tag as unknown as ReservedSql) as unknown as Part), values };
}
