// A workbench for as long as it is wanted, and gone afterwards however that ends.
import { type BenchPostgres, startPostgres } from './postgres.ts';
import { DEFAULTS, type Settings } from './settings.ts';
import { createWorkbench, type Workbench } from './workbench.ts';

export interface OnWorkbench {
  /** What differs from the defaults. */
  settings?: Partial<Settings>;
  /** Configuration of Pawl's processes that differs from the defaults. */
  variables?: Readonly<Record<string, string>>;
}

/** On a Postgres that others use after it. */
export async function onWorkbench<T>(
  postgres: BenchPostgres,
  { settings = {}, variables = {} }: OnWorkbench,
  run: (bench: Workbench) => Promise<T>,
): Promise<T> {
  const all = { ...DEFAULTS, ...settings };
  const bench = await createWorkbench(postgres, { settings: all, variables, profile: null });
  try {
    return await run(bench);
  } finally {
    await bench.end();
  }
}

/** On an embedded Postgres of its own. @param say is told of the server's start, line by line */
export async function onOwnPostgres<T>(
  of: OnWorkbench,
  say: (line: string) => void,
  run: (bench: Workbench) => Promise<T>,
): Promise<T> {
  const postgres = await startPostgres(null, say);
  try {
    return await onWorkbench(postgres, of, run);
  } finally {
    await postgres.stop();
  }
}
