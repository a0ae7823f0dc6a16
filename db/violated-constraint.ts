// Which rule of a table an error of Postgres is about.

/** The name of the constraint that a statement violated; undefined for any other error. */
export const violatedConstraint = (error: unknown): string | undefined =>
  (error as { constraint_name?: string }).constraint_name?.replace(BUCKET, '');

/** On Citus the name ends in the number of the table's part that the row was for. */
const BUCKET = /_\d{6,}$/;
