// `node bench/scale.ts`: what it costs that much is stored. Fills databases on a Postgres of its own, server-side; at full size
// for an hour and more, and on tens of gigabytes of disk. Stops by itself, and ends only what it started.
import { parseArgs } from 'node:util';
import type { Figures } from './case.ts';
import { onInterrupt } from './interrupted.ts';
import { figuresOf, readKeptRun } from './kept-run.ts';
import { thisMachine } from './machine.ts';
import { chosenServer, startPostgres } from './postgres.ts';
import { finished } from './scale/finished.ts';
import { neighbour } from './scale/neighbour.ts';
import { queued } from './scale/queued.ts';
import { onGround, type ScaleCase, type Sizes } from './scale/scale-case.ts';
import { shapes } from './scale/shapes.ts';
import { tenants } from './scale/tenants.ts';
import { SCALE_FIGURES } from './scale-figures.ts';
import { type ScaleResult, scaleJson, scaleTable, writeScaleDocs } from './scale-report.ts';

/** The longest last. */
const CASES: readonly ScaleCase[] = [neighbour, shapes, queued, tenants, finished];

const DEFAULTS: Sizes = {
  finished: 10_000_000,
  queued: 1_000_000,
  tenants: 10_000,
  neighbour: 100_000,
  deliveries: 30_000,
  seconds: 5,
  rounds: 3,
  samples: 200,
};

const HELP = `node bench/scale.ts [options]

  --only NAME,…     run only these: ${CASES.map(({ name }) => name).join(', ')}
  --json            print one JSON object on standard output; progress goes to standard error
  --write           write docs/benchmarks-scale.md
  --from FILE       what an earlier --json printed, on this machine and of this code: its figures stand for the cases that are
                    not run now, so that hours may be spent in parts
  --database-url    use this Postgres (superuser login) instead of the embedded one; so is Citus when CITUS_URL is set
  --help

${Object.entries(DEFAULTS)
  .map(([name, value]) => `${`  --${name} N`.padEnd(19)} default ${value}`)
  .join('\n')}
`;

const options = read(process.argv.slice(2));
const log = (line: string): void => void process.stderr.write(`${line}\n`);

// The embedded Postgres has a guard of its own, the children end with us.
const isInterrupted = onInterrupt(['SIGINT', 'SIGTERM'], log, 'stopping after this case');

const figures: Figures = options.from === null ? {} : await figuresIn(options.from);
const postgres = await startPostgres(options.server, log);
try {
  let failed = 0;
  for (const one of options.cases) {
    if (isInterrupted()) break;
    log(`${one.name}:`);
    const { sizes } = options;
    const say = (line: string) => log(`  ${line}`);
    try {
      Object.assign(figures, await onGround(postgres, { sizes, say }, one.run));
    } catch (error) {
      // What others took an hour for is not thrown away.
      failed++;
      log(`  failed: ${(error as Error).stack}`);
    }
  }
  const result: ScaleResult = {
    machine: thisMachine(postgres.version),
    sizes: options.sizes,
    measuredAt: new Date().toISOString(),
    figures,
  };
  (options.json ? log : console.log)(`\n${scaleTable(result)}`);
  if (options.json) process.stdout.write(`${JSON.stringify(scaleJson(result), null, 2)}\n`);
  if (options.write && !isInterrupted()) await writeScaleDocs(result);
  if (failed > 0) process.exitCode = 1;
} finally {
  await postgres.stop();
}

function read(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string' },
        json: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        from: { type: 'string' },
        'database-url': { type: 'string' },
        help: { type: 'boolean', default: false },
        ...Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, { type: 'string' as const }])),
      },
    });
    if (values.help) {
      process.stdout.write(HELP);
      process.exit(0);
    }
    const only = values.only?.split(',');
    const unknown = only?.filter((name) => !CASES.some((one) => one.name === name)) ?? [];
    if (unknown.length > 0) throw new TypeError(`there is no case ${unknown.join(', ')}`);
    const given = values as Record<string, unknown>;
    return {
      sizes: Object.fromEntries(
        Object.entries(DEFAULTS).map(([name, value]) => [name, sizeOf(name, given[name], value)]),
      ) as unknown as Sizes,
      cases: CASES.filter(({ name }) => only?.includes(name) ?? true),
      json: values.json,
      write: values.write,
      from: values.from ?? null,
      server: chosenServer(values['database-url']),
    };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${HELP}`);
    process.exit(2);
  }
}

/** Of an earlier run, without its ratios: they follow from these. */
async function figuresIn(file: string): Promise<Figures> {
  const kept = figuresOf(await readKeptRun(file, 'node bench/scale.ts --json > FILE keeps one'));
  return Object.fromEntries(Object.entries(kept).filter(([name]) => name in SCALE_FIGURES));
}

function sizeOf(name: string, text: unknown, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!(value > 0)) throw new TypeError(`--${name} is ${String(text)}; expected a positive number`);
  return value;
}
