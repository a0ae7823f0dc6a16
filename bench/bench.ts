// `npm run bench`: every benchmark in one go on a Postgres of its own. Stops by itself, and ends only what it started.
import { VERSION } from '../processes/version.ts';
import type { Case } from './case.ts';
import { CASES } from './cases.ts';
import { chosen } from './chosen.ts';
import { compare, toComparisonTable } from './compare.ts';
import { FIGURES, show } from './figures.ts';
import { onInterrupt } from './interrupted.ts';
import { figuresOf, readKeptRun } from './kept-run.ts';
import { peerVersions, thisMachine } from './machine.ts';
import { type BenchPostgres, startPostgres } from './postgres.ts';
import { whyNotKept } from './release.ts';
import { type ResultJson, toJson, toTable, writeBaseline, writeDocs } from './report.ts';
import { RESTATE_SERVER_VERSION } from './restate-server.ts';
import { BASELINE, HELP, type Options, readOptions } from './settings.ts';
import { createWorkbench } from './workbench.ts';

const options = read(process.argv.slice(2));
const log = (line: string): void => void process.stderr.write(`${line}\n`);
const print = options.json ? log : (line: string): void => void process.stdout.write(`${line}\n`);

// The embedded Postgres has a guard of its own, the children end with us.
const isInterrupted = onInterrupt(['SIGINT', 'SIGTERM'], log, 'stopping after this run');

// Read before anything is measured: what cannot be compared or kept is said now, and `--release` may replace it.
const hint = 'npm run bench -- --release VERSION keeps a run there; so does --json > FILE';
const kept = options.compare === null ? null : await readKeptRun<ResultJson>(options.compare, hint);
if (options.release !== null) await refuseKept(options.release);
const postgres = await startPostgres(options.server, log);
try {
  const values = await measure(postgres, await possible(chosen(CASES, options)));
  const result = {
    machine: thisMachine(postgres.version),
    peers: { ...peerVersions(), '@restatedev/restate-server': RESTATE_SERVER_VERSION },
    settings: options.settings,
    variables: options.variables,
    measuredAt: new Date().toISOString(),
    values,
  };
  print(`\n${toTable(result)}`);
  const json = toJson(result);
  if (options.json) process.stdout.write(`${JSON.stringify(json, null, 2)}\n`);
  if (kept !== null && !isInterrupted()) process.exitCode = judge(kept, json);
  if (options.write && !isInterrupted()) await writeDocs(result);
  if (options.release !== null && !isInterrupted()) await writeBaseline(options.release, result);
} finally {
  await postgres.stop();
}

async function measure(on: BenchPostgres, cases: readonly Case[]): Promise<Map<string, number[]>> {
  const values = new Map<string, number[]>();
  const soFar = (figure: string): number => {
    const newest = values.get(figure)?.at(-1);
    if (newest === undefined) throw new Error(`nothing has measured ${figure}`);
    return newest;
  };
  for (const group of Map.groupBy(cases, (one) => one.group).values()) {
    for (let round = 1; round <= options.settings.rounds; round++) {
      for (const one of group) {
        if (isInterrupted() || (round > 1 && !one.repeated)) continue;
        const bench = await createWorkbench(on, options);
        try {
          for (const [name, value] of Object.entries(await one.run(bench, soFar))) {
            values.set(name, [...(values.get(name) ?? []), value]);
            print(`${one.name} ${round}: ${name} ${show(name, value)}`);
          }
        } finally {
          await bench.end();
        }
      }
    }
  }
  const unknown = [...values.keys()].filter((name) => !Object.hasOwn(FIGURES, name));
  if (unknown.length > 0) throw new Error(`figures.ts does not explain ${unknown.join(', ')}`);
  return values;
}

/** @returns the status to exit with */
function judge(before: ResultJson, now: ResultJson): number {
  const comparisons = compare(figuresOf(before), figuresOf(now));
  const settings = { before: before.settings, now: now.settings };
  const whose = before.release === undefined ? 'the run' : `the release ${before.release}`;
  print(
    `\nbeside ${whose} of ${before.measured_at.slice(0, 10)}:\n${toComparisonTable(comparisons, settings)}`,
  );
  const fell = comparisons.filter(({ verdict }) => verdict === 'fell');
  const measured = comparisons.filter(({ verdict }) => verdict !== 'not measured');
  if (measured.length === 0) print('nothing of this run is compared');
  for (const { guard } of fell) print(`${guard.of} fell by more than it may`);
  return fell.length > 0 || measured.length === 0 ? 1 : 0;
}

/** Without those that need what cannot be had here. */
async function possible(cases: readonly Case[]): Promise<Case[]> {
  const left: Case[] = [];
  for (const one of cases) {
    try {
      await one.prepare?.(log);
      left.push(one);
    } catch (error) {
      log(`${one.name} is left out: ${(error as Error).message}`);
    }
  }
  return left;
}

async function refuseKept(release: string): Promise<void> {
  const { release: before = null } = await readKeptRun<ResultJson>(BASELINE, hint);
  const why = whyNotKept(release, { version: VERSION, kept: before });
  if (why === null) return;
  log(why);
  process.exit(2);
}

function read(args: readonly string[]): Options {
  const names = CASES.map(({ name }) => name);
  try {
    const read = readOptions(args);
    const unknown = read.only?.filter((name) => !names.includes(name)) ?? [];
    if (unknown.length > 0) throw new TypeError(`there is no case ${unknown.join(', ')}`);
    if (!read.help) return read;
    process.stdout.write(`${HELP}\ncases: ${names.join(', ')}\n`);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${HELP}\ncases: ${names.join(', ')}\n`);
    process.exit(2);
  }
}
