// `node bench/many-processes.ts`: what one worker and one API get done, and what several of each do on the same machine, in
// turns. Of each event a webhook must arrive, once. Exit status 1 if one did not, or came twice.
import { parseArgs } from 'node:util';
import { drained } from './drained.ts';
import { checkAfterKills } from './kill-checks.ts';
import type { Load } from './load.ts';
import { median, nowMs, warmUpMsFor } from './measure.ts';
import { tellOutcome } from './outcome.ts';
import { type BenchPostgres, chosenServer, startPostgres } from './postgres.ts';
import { listPingPong } from './seed.ts';
import { DEFAULTS } from './settings.ts';
import { createWorkbench } from './workbench.ts';

const HELP = `node bench/many-processes.ts [options]

  --seconds N       of each measured run (default 10), after as many for each worker to warm up
  --rounds N        of each, in turns; the median counts (default 3)
  --workers N       beside one (default 4)
  --apis N          beside one (default 2)
  --connections N   of the load, all together (default 64)
  --json            print the summary as one JSON object
`;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    workers: { type: 'string', default: '4' },
    apis: { type: 'string', default: '2' },
    connections: { type: 'string', default: '64' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}

const LIST_LENGTH = 1;
const say = (line: string): void => void process.stderr.write(`${line}\n`);

interface Fleet {
  workers: number;
  apis: number;
}

const ONE: Fleet = { workers: 1, apis: 1 };
const MANY: Fleet = { workers: number('workers'), apis: number('apis') };

const postgres = await startPostgres(chosenServer(), say);
try {
  const [one, many]: [number[], number[]] = [[], []];
  const violations: string[] = [];
  for (let round = 0; round < number('rounds'); round++) {
    for (const [fleet, figures] of [
      [ONE, one],
      [MANY, many],
    ] as const) {
      const { perSecond, wrong } = await measure(postgres, fleet);
      figures.push(perSecond);
      violations.push(...wrong);
      say(`${fleet.workers} workers, ${fleet.apis} APIs: ${Math.round(perSecond)} webhooks a second`);
    }
  }
  const ratio = Math.round((median(many) / median(one)) * 100) / 100;
  tellOutcome(
    { one_per_s: Math.round(median(one)), many_per_s: Math.round(median(many)), many_to_one: ratio },
    violations,
    values.json,
  );
} finally {
  await postgres.stop();
}

async function measure(
  server: BenchPostgres,
  { workers, apis }: Fleet,
): Promise<{ perSecond: number; wrong: string[] }> {
  const bench = await createWorkbench(server, { settings: DEFAULTS, variables: {}, profile: null });
  try {
    const { url: receiverUrl, receiver } = await bench.startReceiver({ record: true });
    const definition = (connectionId: string) => listPingPong(connectionId, LIST_LENGTH);
    const seeded = await bench.seedJobs({ receiverUrl, definition, jobs: DEFAULTS.jobs });
    await seeded.sender.end();
    for (let i = 0; i < workers; i++) await bench.work(await bench.loadWorker());
    const urls: string[] = [];
    for (let i = 0; i < apis; i++) urls.push((await bench.startApi()).url);
    const load = await bench.start<Load>(new URL('./load.ts', import.meta.url));
    // A job's events go over one API, one at a time.
    const drive = async (forMs: number): Promise<number> => {
      const answers = await Promise.all(
        urls.map((url, n) =>
          load.ask('drive', {
            url,
            targets: seeded.targets.filter((_, i) => i % urls.length === n),
            connections: Math.ceil(number('connections') / urls.length),
            warmUpMs: 0,
            forMs,
          }),
        ),
      );
      for (const { failed, firstFailure } of answers)
        if (failed > 0) throw new Error(`${failed} events failed: ${firstFailure}`);
      return answers.reduce((sum, { done }) => sum + done, 0);
    };
    // Each is to have done before what one alone has: what V8 has not compiled yet costs several times as much.
    const warmUp = await drive(warmUpMsFor(number('seconds')) * workers);
    await bench.recorded(warmUp);
    await bench.database.settle();
    const startedAt = nowMs();
    const done = await drive(number('seconds') * 1_000);
    await receiver.ask('reached', { total: warmUp + done });
    const endedAt = await bench.recorded(warmUp + done);
    const left = await drained(bench.database);
    const arrivals = await receiver.ask('arrivals', { from: 0 });
    const checked = await checkAfterKills({
      databaseUrl: bench.database.url,
      sql: bench.database.sql,
      tenants: seeded.tenants.map(({ tenant }) => tenant),
      arrivals,
      accepted: warmUp + done,
      listLength: LIST_LENGTH,
    });
    const twice = checked.counts.received_again ?? 0;
    return {
      perSecond: (done / (endedAt - startedAt)) * 1_000,
      wrong: [
        ...(left === null ? [] : [left]),
        ...(twice > 0 ? [`${twice} webhooks came twice`] : []),
        ...checked.violations,
      ],
    };
  } finally {
    await bench.end();
  }
}

function number(name: 'seconds' | 'rounds' | 'workers' | 'apis' | 'connections'): number {
  const value = Number(values[name]);
  if (value >= 1) return Math.floor(value);
  process.stderr.write(`--${name} is ${values[name]}; expected a number from 1\n\n${HELP}`);
  process.exit(2);
}
