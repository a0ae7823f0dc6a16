// Which rule of a table an error of Postgres is about.
import { LAYOUT } from './layout.ts';

/** The name of the constraint that a statement violated; undefined for any other error. */
export function violatedConstraint(error: unknown): string | undefined {
  const { constraint_name: name, code, message } = error as Violation;
  // What a server of Citus refused its coordinator tells in words alone.
  const told = code?.startsWith(CONSTRAINT_VIOLATIONS) ? CONSTRAINT.exec(message ?? '')?.[1] : undefined;
  return (name ?? told)?.replace(BUCKET, '');
}

/** The table whose unique or primary key a statement violated; undefined for any other error. */
export function tableThatHasItAlready(error: unknown): string | undefined {
  const { code, table_name: table } = error as Violation;
  if (code !== UNIQUE_VIOLATION) return undefined;
  if (table !== undefined) return table.replace(BUCKET, '');
  const constraint = violatedConstraint(error) ?? '';
  const owners = Object.keys(LAYOUT).filter((name) => constraint.startsWith(`${name}_`));
  return owners.sort((a, b) => b.length - a.length)[0];
}

interface Violation {
  code?: string;
  message?: string;
  constraint_name?: string;
  table_name?: string;
}

const CONSTRAINT_VIOLATIONS = '23';
const UNIQUE_VIOLATION = '23505';
const CONSTRAINT = /constraint "([^"]+)"/;

/** On Citus the name ends in the number of the table's part that the row was for. */
const BUCKET = /_\d{6,}$/;
