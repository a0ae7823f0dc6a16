// Which rule of a table an error of Postgres is about.

/** The name of the constraint that a statement violated; undefined for any other error. */
export const violatedConstraint = (error: unknown): string | undefined =>
  (error as { constraint_name?: string }).constraint_name;
