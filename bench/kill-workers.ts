// `node bench/kill-workers.ts --kills 1000`: kills workers under load at random moments, lets the others finish, and
// checks that nothing was lost, sent out of order, or sent without being metered. Exit status 1 if anything was.
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Child } from './child.ts';
import { drained } from './drained.ts';
import { onInterrupt } from './interrupted.ts';
import { checkAfterKills } from './kill-checks.ts';
import { nowMs } from './measure.ts';
import { onServers } from './on-workbench.ts';
import { tellOutcome } from './outcome.ts';
import type { WorkerProcess } from './processes/worker.ts';
import { listPingPong } from './seed.ts';
import type { Workbench } from './workbench.ts';

const HELP = `node bench/kill-workers.ts [options]

  --kills N      workers to kill (default 1000)
  --seconds N    stop killing after this long, however many that were (default 3600)
  --workers N    that work at any time (default 2)
  --burst N      transitions sent before each kill, on average (default 40)
  --json         print the summary as one JSON object
`;

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '3600' },
    workers: { type: 'string', default: '2' },
    burst: { type: 'string', default: '40' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const kills = number('kills');
const seconds = number('seconds');
const workers = number('workers');
const burst = number('burst');

/** Three actions: one that is parked when nobody knows what became of it, two that are sent again. */
const LIST_LENGTH = 3;
const JOBS = 400;
/** A worker takes about as long to claim, send and record a burst, so that a kill may meet it anywhere. */
const LIVES_MS = 120;
/** Processes that are loaded and wait to be told to work: what starting them costs would be most of the time. */
const STANDBY = 2;
// The shortest lease there is: what a dead worker held is free again soon. Killed or not, a worker never waits long.
const VARIABLES = { WORKER_LEASE_MS: '1000', WORKER_POLL_INTERVAL_MS: '200' };

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const isInterrupted = onInterrupt(['SIGINT'], say, 'no more kills; checking');

await onServers({ settings: { jobs: JOBS }, variables: VARIABLES }, say, run);

async function run(bench: Workbench): Promise<void> {
  const { url: receiverUrl, receiver } = await bench.startReceiver({ record: true });
  const definition = (connectionId: string) => listPingPong(connectionId, LIST_LENGTH);
  const { tenants, jobs, sender } = await bench.seedJobs({ receiverUrl, definition, jobs: JOBS });
  const fleet = createFleet(bench);
  for (let i = 0; i < workers; i++) await fleet.launch();

  const startedAt = nowMs();
  let accepted = 0;
  let killed = 0;
  while (killed < kills && nowMs() - startedAt < seconds * 1_000 && !isInterrupted()) {
    const size = Math.min(JOBS, 1 + Math.floor(Math.random() * 2 * burst));
    const from = Math.floor(Math.random() * (JOBS - size));
    const targets = jobs.slice(from, from + size);
    const asked = { targets, senders: size, warmUpMs: 0, forMs: null, total: size };
    const sent = sender.ask('send', asked);
    await pause(Math.random() * LIVES_MS);
    if (await fleet.killOne()) killed++;
    await fleet.launch();
    accepted += (await sent).done;
    if (killed % 50 === 0)
      say(`${killed} kills, ${accepted} transitions, ${await receiver.ask('count')} received`);
  }
  const killedForMs = nowMs() - startedAt;
  const left = await drained(bench.database);
  const arrivals = await receiver.ask('arrivals', { from: 0 });
  const checked = await checkAfterKills({
    databaseUrl: bench.database.url,
    sql: bench.database.sql,
    tenants: tenants.map(({ tenant }) => tenant),
    arrivals,
    accepted,
    listLength: LIST_LENGTH,
  });
  const violations = [...fleet.surprises, ...(left === null ? [] : [left]), ...checked.violations];
  tellOutcome(
    { kills: killed, seconds: Math.round(killedForMs / 1_000), ...checked.counts },
    violations,
    values.json,
  );
}

/** Workers that work, and a few that wait to. */
function createFleet(bench: Workbench) {
  const working = new Set<Child<WorkerProcess>>();
  const killed = new Set<Child<WorkerProcess>>();
  const surprises: string[] = [];
  const standby: Promise<Child<WorkerProcess>>[] = Array.from({ length: STANDBY }, () => bench.loadWorker());

  return {
    /** What went wrong without being killed. */
    surprises,
    async launch(): Promise<void> {
      const worker = await (standby.shift() as Promise<Child<WorkerProcess>>);
      standby.push(bench.loadWorker());
      working.add(worker);
      // Not waited for: a worker may be killed while it starts, too.
      bench.work(worker).catch((error) => {
        if (!killed.has(worker)) surprises.push(`a worker could not start: ${error}`);
      });
      void worker.ended.then((how) => {
        working.delete(worker);
        if (!killed.has(worker) && surprises.length < 100) surprises.push(`not killed: ${how}`);
      });
    },
    /** @returns false when there was none left */
    async killOne(): Promise<boolean> {
      const worker = [...working][Math.floor(Math.random() * working.size)];
      if (!worker) return false;
      killed.add(worker);
      await worker.kill();
      return true;
    },
  };
}

function number(name: 'kills' | 'seconds' | 'workers' | 'burst'): number {
  const value = Number(values[name]);
  if (value >= 1) return Math.floor(value);
  process.stderr.write(`--${name} is ${values[name]}; expected a number from 1\n\n${HELP}`);
  process.exit(2);
}
