// `node bench/kill-processes.ts`: workers and API processes over one database, under load. Every second one of them, any,
// is killed and replaced. Afterwards nothing may be lost, done twice, or out of order. Exit status 1 if anything is.
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Child, Handlers } from './child.ts';
import { drained } from './drained.ts';
import { onInterrupt } from './interrupted.ts';
import { checkAfterKills } from './kill-checks.ts';
import { nowMs } from './measure.ts';
import { onServers } from './on-workbench.ts';
import { tellOutcome } from './outcome.ts';
import { listPingPong } from './seed.ts';
import { startSureSenders } from './sure-senders.ts';
import type { Workbench } from './workbench.ts';

const HELP = `node bench/kill-processes.ts [options]

  --seconds N    kill for so long (default 120)
  --every-ms N   between two kills (default 1000)
  --workers N    that work at any time (default 4)
  --apis N       that answer at any time (default 2)
  --senders N    events under way at once (default 16)
  --json         print the summary as one JSON object
`;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '120' },
    'every-ms': { type: 'string', default: '1000' },
    workers: { type: 'string', default: '4' },
    apis: { type: 'string', default: '2' },
    senders: { type: 'string', default: '16' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}

/** Three actions: one that is parked when nobody knows what became of it, two that are sent again. */
const LIST_LENGTH = 3;
const JOBS = 200;
const SAY_EVERY = 10;
// The shortest lease there is: what a dead worker held is free again soon.
const VARIABLES = { WORKER_LEASE_MS: '1000', WORKER_POLL_INTERVAL_MS: '200' };

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const isInterrupted = onInterrupt(['SIGINT'], say, 'no more kills; checking');

await onServers({ settings: { jobs: JOBS }, variables: VARIABLES }, say, run);

async function run(bench: Workbench): Promise<void> {
  const { url: receiverUrl, receiver } = await bench.startReceiver({ record: true });
  const definition = (connectionId: string) => listPingPong(connectionId, LIST_LENGTH);
  const { tenants, targets, sender } = await bench.seedJobs({ receiverUrl, definition, jobs: JOBS });
  await sender.end();
  const fleet = await createFleet(bench);
  const sending = startSureSenders(targets, { urls: fleet.urls, atOnce: number('senders') });

  const startedAt = nowMs();
  let kills = 0;
  for (let next = startedAt; nowMs() - startedAt < number('seconds') * 1_000 && !isInterrupted(); kills++) {
    next += number('every-ms');
    await fleet.replaceOne();
    if (kills % SAY_EVERY === 0) say(`${kills} kills, ${sending.accepted} events accepted`);
    await pause(Math.max(0, next - nowMs()));
  }
  const killedForMs = nowMs() - startedAt;
  const accepted = await sending.stop();
  const left = await drained(bench.database);
  const checked = await checkAfterKills({
    databaseUrl: bench.database.url,
    sql: bench.database.sql,
    tenants: tenants.map(({ tenant }) => tenant),
    arrivals: await receiver.ask('arrivals', { from: 0 }),
    accepted,
    listLength: LIST_LENGTH,
  });
  const counts = {
    kills,
    workers_killed: fleet.killed.workers,
    apis_killed: fleet.killed.apis,
    seconds: Math.round(killedForMs / 1_000),
    sent_again: sending.again,
    ...checked.counts,
  };
  const violations = [...fleet.surprises, ...(left === null ? [] : [left]), ...checked.violations];
  tellOutcome(counts, violations, values.json);
}

interface Member {
  kind: 'workers' | 'apis';
  child: Child<Handlers>;
  /** Of an API that answers. */
  url: string | null;
}

/** As many of each as asked for; one that is killed is replaced at once by one that is loaded already. */
async function createFleet(bench: Workbench) {
  const members: Member[] = [];
  const killedChildren = new Set<Child<Handlers>>();
  const surprises: string[] = [];
  const killed = { workers: 0, apis: 0 };
  let standby = bench.loadWorker();

  function join(member: Member): void {
    members.push(member);
    void member.child.ended.then((how) => {
      members.splice(members.indexOf(member), 1);
      if (!killedChildren.has(member.child)) surprises.push(`not killed: ${how}`);
    });
  }

  async function addWorker(): Promise<void> {
    const child = await standby;
    standby = bench.loadWorker();
    join({ kind: 'workers', child: child as unknown as Child<Handlers>, url: null });
    // Not waited for: a worker may be killed while it starts, too.
    bench.work(child).catch((error) => {
      if (!killedChildren.has(child as unknown as Child<Handlers>))
        surprises.push(`a worker could not start: ${error}`);
    });
  }

  async function addApi(): Promise<void> {
    const { api, url } = await bench.startApi();
    join({ kind: 'apis', child: api as unknown as Child<Handlers>, url });
  }

  for (let i = 0; i < number('workers'); i++) await addWorker();
  for (let i = 0; i < number('apis'); i++) await addApi();

  return {
    surprises,
    killed,
    urls: () => members.flatMap(({ url }) => (url === null ? [] : [url])),
    async replaceOne(): Promise<void> {
      const member = members[Math.floor(Math.random() * members.length)];
      if (!member) return;
      killedChildren.add(member.child);
      killed[member.kind]++;
      await member.child.kill();
      if (member.kind === 'workers') await addWorker();
      // It takes a second to load; meanwhile the others answer.
      else addApi().catch((error) => surprises.push(`an API could not start: ${error}`));
    },
  };
}

function number(name: 'seconds' | 'every-ms' | 'workers' | 'apis' | 'senders'): number {
  const value = Number(values[name]);
  if (value >= 1) return Math.floor(value);
  process.stderr.write(`--${name} is ${values[name]}; expected a number from 1\n\n${HELP}`);
  process.exit(2);
}
