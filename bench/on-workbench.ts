// A workbench for as long as it is wanted, and gone afterwards however that ends.
import { type BenchPostgres, type BenchServer, chosenServer, startPostgres } from './postgres.ts';
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

/** @param server default: as the environment says (`chosenServer`) @param say is told of its start, line by line */
export async function onServers<T>(
  { server = chosenServer(), ...of }: OnWorkbench & { server?: BenchServer },
  say: (line: string) => void,
  run: (bench: Workbench) => Promise<T>,
): Promise<T> {
  const postgres = await startPostgres(server, say);
  try {
    return await onWorkbench(postgres, of, run);
  } finally {
    await postgres.stop();
  }
}
