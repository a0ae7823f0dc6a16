// What an earlier run printed with --json, to compare with or to go on from.
import { readFile } from 'node:fs/promises';
import type { Figures } from './case.ts';

/** Ends the process with status 2, and says why, when there is none in the file. @param hint how one comes to be there */
export async function readKeptRun<Result extends object>(file: string, hint: string): Promise<Result> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Result;
  } catch (error) {
    process.stderr.write(`there is no earlier run in ${file}: ${(error as Error).message}\n${hint}\n`);
    process.exit(2);
  }
}

/** Its numbers, by name. */
export const figuresOf = (run: object): Figures =>
  Object.fromEntries(Object.entries(run).filter(([, value]) => typeof value === 'number'));
