// Which rule of a table an error of Postgres is about.

/** The name of the constraint that a statement violated; undefined for any other error. */
export const violatedConstraint = (error: unknown): string | undefined =>
  (error as { constraint_name?: string }).constraint_name?.replace(BUCKET, '');

/** The table whose unique or primary key a statement violated; undefined for any other error. */
export function tableThatHasItAlready(error: unknown): string | undefined {
  const { code, table_name: table } = error as { code?: string; table_name?: string };
  return code === UNIQUE_VIOLATION ? table?.replace(BUCKET, '') : undefined;
}

const UNIQUE_VIOLATION = '23505';

/** On Citus the name ends in the number of the table's part that the row was for. */
const BUCKET = /_\d{6,}$/;
