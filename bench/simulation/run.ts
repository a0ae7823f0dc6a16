// `node bench/simulation/run.ts`: at which load which resource ends first, for an installation as the options say it, and what
// it takes to lose a part of it. Reads what measure.ts measured.
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { check } from './check.ts';
import { ASSUMED, readMeasured } from './costs.ts';
import { PAGE, partsOf, scenesOf, withParts } from './page.ts';
import { checkTable, costsTable, limitsTable, lossesTable } from './report.ts';
import { endingOf, lossesOf, MACHINE, type Scene, TENANTS } from './scenes.ts';
import type { SpreadOptions } from './spread.ts';

const NUMBERS = {
  seed: TENANTS.seed,
  tenants: TENANTS.tenants,
  tail: TENANTS.tail ?? 0,
  shards: 0,
  actions: TENANTS.work.actions,
  'receiver-ms': TENANTS.work.receiverMs,
  servers: MACHINE.servers,
  cores: MACHINE.coresPerServer,
  'wal-mb': MACHINE.walMbPerSecond,
  'max-connections': MACHINE.maxConnections,
  api: MACHINE.apiProcesses,
  workers: MACHINE.workers,
  usable: MACHINE.usable,
  'jobs-per-second': 1_000_000,
};
type Name = keyof typeof NUMBERS;

const HELP = `node bench/simulation/run.ts [options]

Of one installation:
${Object.entries(NUMBERS)
  .map(([name, value]) => [`  --${name} N`.padEnd(23), `default ${value}`].join(' '))
  .join('\n')}
  --placement P         hashed (default), balanced or even
  --shards 0            as new tenants are given them: four on one server, 64 on several
  --tail 0              all tenants are equal; 1.16: a fifth has four fifths of the load

  --steps               the installations of docs/scaling.md instead, and the plan for --jobs-per-second
  --check               what is predicted beside what was measured
  --bench FILE          with --check: what \`npm run bench -- --json\` printed, beside the same predictions
  --measured FILE       what measure.ts printed; default: bench/simulation/measured.json
  --write               write the marked parts of docs/scaling.md
  --help
`;

const { values } = parseArgs({
  options: {
    ...Object.fromEntries(Object.keys(NUMBERS).map((name) => [name, { type: 'string' as const }])),
    placement: { type: 'string', default: 'hashed' },
    steps: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    bench: { type: 'string' },
    measured: { type: 'string' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const given = values as Record<string, unknown>;
const PLACEMENTS: readonly string[] = ['hashed', 'balanced', 'even'] satisfies SpreadOptions['placement'][];
const LEAST: Partial<Record<Name, number>> = { servers: 1, tenants: 1, cores: 1 };
const wrong = Object.keys(NUMBERS).find((name) => !(of(name as Name) >= (LEAST[name as Name] ?? 0)));
if (values.help || wrong || !PLACEMENTS.includes(values.placement)) {
  if (wrong) process.stderr.write(`--${wrong} is not a number from ${LEAST[wrong as Name] ?? 0} on\n\n`);
  process.stdout.write(HELP);
  process.exit(values.help ? 0 : 2);
}

const measured = readMeasured(values.measured);
const model = { costs: measured.costs, assumed: ASSUMED };
const tail = of('tail') === 0 ? null : of('tail');
const work = { ...TENANTS.work, actions: of('actions'), receiverMs: of('receiver-ms') };
const population = { seed: of('seed'), tenants: of('tenants'), tail, shards: of('shards') || null, work };
const asked: Scene = {
  name: 'as asked',
  placement: values.placement as SpreadOptions['placement'],
  layout: {
    ...MACHINE,
    servers: of('servers'),
    coresPerServer: of('cores'),
    walMbPerSecond: of('wal-mb'),
    maxConnections: of('max-connections'),
    apiProcesses: of('api'),
    workers: of('workers'),
    usable: of('usable'),
  },
};
const say = (text: string): void => void process.stdout.write(`${text}\n\n`);

if (values.write) {
  await writeFile(PAGE, withParts(await readFile(PAGE, 'utf8'), partsOf(measured)));
} else if (values.check) {
  const bench = values.bench === undefined ? null : JSON.parse(await readFile(values.bench, 'utf8'));
  say(checkTable(check(measured, bench)));
} else if (values.steps) {
  say(costsTable(measured));
  for (const part of Object.values(scenesOf(population, model, of('jobs-per-second')))) say(part);
} else {
  say(limitsTable(endingOf(asked, population, model)));
  say(lossesTable(lossesOf(asked, population, model)));
}

function of(name: Name): number {
  return given[name] === undefined ? NUMBERS[name] : Number(given[name]);
}
