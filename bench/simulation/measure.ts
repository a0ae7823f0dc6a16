// `node bench/simulation/measure.ts`: what a transition and an action cost each process, and runs to check the model by. Writes
// bench/simulation/measured.json with --write. CPU time is what counts, which another load on the machine hardly changes.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { describeMachine, thisMachine } from '../machine.ts';
import { type BenchPostgres, EMBEDDED, startPostgres } from '../postgres.ts';
import { DEFAULTS } from '../settings.ts';
import { costsFrom } from './calibrate.ts';
import { MEASURED_FILE, type Measured, type Run } from './costs.ts';
import { runDeliveries, runEndToEnd, runHttp, runSealing, runTransitions } from './runs.ts';

const HELP = `node bench/simulation/measure.ts [options]

  --units N   transitions or actions of each run, after a third as many to warm up (default 20000)
  --write     write bench/simulation/measured.json, which the simulation reads
  --help
`;

const { values } = parseArgs({
  options: {
    units: { type: 'string', default: '20000' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const units = Number(values.units);
if (values.help || !(units > 0)) {
  process.stdout.write(HELP);
  process.exit(values.help ? 0 : 2);
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const postgres = await startPostgres(EMBEDDED, say);
let measured: Measured;
try {
  measured = await measure(postgres);
} finally {
  await postgres.stop();
}
const text = `${JSON.stringify(measured, (_, value) => (typeof value === 'number' ? rounded(value) : value), 2)}\n`;
process.stdout.write(text);
if (values.write) await writeFile(MEASURED_FILE, text);

async function measure(on: BenchPostgres): Promise<Measured> {
  const runs: Record<string, Run> = {};
  const run = async (name: string, made: Promise<Run>) => {
    runs[name] = await made;
    say(
      `${name}: ${JSON.stringify(runs[name], (_, value) => (typeof value === 'number' ? rounded(value) : value))}`,
    );
  };
  const of = (tenants: number, workers = 1) => ({ on, settings: { ...DEFAULTS, tenants }, units, workers });
  for (const tenants of [1, 4, 16, 64]) await run(`transitions_${tenants}`, runTransitions(of(tenants)));
  const sealing = await runSealing(of(4));
  const drained = await runDeliveries(of(4));
  await run('queued_4', Promise.resolve(drained.queued));
  await run('deliveries_4', Promise.resolve(drained.delivered));
  for (const tenants of [16, 64]) {
    await run(
      `deliveries_${tenants}`,
      runDeliveries(of(tenants)).then((two) => two.delivered),
    );
  }
  await run(
    'deliveries_4_backlog',
    runDeliveries({ ...of(4), units: units * 4 }).then((two) => two.delivered),
  );
  for (const workers of [2, 4]) {
    await run(
      `deliveries_4_by_${workers}`,
      runDeliveries(of(4, workers)).then((two) => two.delivered),
    );
  }
  await run('http_4', runHttp(of(4)));
  await run('e2e_4', runEndToEnd(of(4)));
  const machine = thisMachine(on.version);
  return {
    measuredAt: new Date().toISOString(),
    machine: describeMachine(machine),
    cores: machine.cores,
    costs: costsFrom(runs, { sealUs: sealing, disk: drained.disk }),
    runs,
  };
}

function rounded(value: number): number {
  return Number(value.toPrecision(5));
}
