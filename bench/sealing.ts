// `node bench/sealing.ts`: what sealing costs, and whether it keeps up. First by CPU time, of a transition and of sealing its
// entry, which another load on the machine hardly changes; then by rate: runs with the sealer and without it take turns, each
// on a database of its own. Prints one JSON line.
import { parseArgs } from 'node:util';
import { startChild } from './child.ts';
import { median, nowMs, warmUpMsFor } from './measure.ts';
import { EMBEDDED, startPostgres } from './postgres.ts';
import type { SealerProcess } from './processes/sealer.ts';
import { silentPingPong } from './seed.ts';
import { DEFAULTS } from './settings.ts';
import { createWorkbench } from './workbench.ts';

const HELP = `node bench/sealing.ts [options]

  --rounds N   with and without (default 5; 0: only CPU time)
  --seconds N  each, after as long a warm-up (default 5)
  --within N   begin no further round that would end after so many seconds (default 300)
`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    within: { type: 'string', default: '300' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const seconds = Number(values.seconds);
const SEAL_INTERVAL_MS = 1_000;
const SEND_WITHIN_MS = 120_000;
/** Enough for the hundredths of a second in which CPU time is counted. */
const TRANSITIONS = 20_000;

interface Round {
  perSecond: number;
  /** Entries that were written and not sealed when the load ended; 0 without a sealer. */
  behind: number;
  sealed: number;
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const postgres = await startPostgres(EMBEDDED, say);
const until = nowMs() + Number(values.within) * 1_000;
let cpu: CpuCost;
const rounds: { without: Round; beside: Round }[] = [];
try {
  cpu = await cpuCost();
  say(JSON.stringify(cpu));
  let longestMs = 0;
  for (let nth = 0; nth < Number(values.rounds) && nowMs() + longestMs < until; nth++) {
    const startedAt = nowMs();
    // Whoever comes first meets another machine than whoever comes second: they change places.
    const first = await round(nth % 2 === 0);
    const second = await round(nth % 2 !== 0);
    const [beside, without] = nth % 2 === 0 ? [first, second] : [second, first];
    rounds.push({ without, beside });
    longestMs = Math.max(longestMs, nowMs() - startedAt);
    say(
      `${Math.round(without.perSecond)}/s without, ${Math.round(beside.perSecond)}/s sealed, ${beside.behind} behind`,
    );
  }
} finally {
  await postgres.stop();
}
const without = median(rounds.map((pair) => pair.without.perSecond));
const beside = median(rounds.map((pair) => pair.beside.perSecond));
const cost = median(rounds.map((pair) => 1 - pair.beside.perSecond / pair.without.perSecond));
const secondsBehind = median(rounds.map((pair) => pair.beside.behind / pair.beside.perSecond));
process.stdout.write(
  `${JSON.stringify({ cpu, without, beside, cost, seconds_behind: secondsBehind, rounds })}\n`,
);

interface CpuCost {
  /** Microseconds, of Node and Postgres together. */
  transition_us: number;
  sealing_us: number;
  /** The second as a part of the first. */
  ratio: number;
}

async function cpuCost(): Promise<CpuCost> {
  const bench = await createWorkbench(postgres, { settings: DEFAULTS, variables: {}, profile: null });
  const sealer = await startChild<SealerProcess>(new URL('./processes/sealer.ts', import.meta.url));
  try {
    const { jobs: count, senders } = DEFAULTS;
    const of = { receiverUrl: 'http://127.0.0.1:9', definition: silentPingPong };
    const { sender, jobs: targets } = await bench.seedJobs({ ...of, jobs: count });
    const { url: databaseUrl } = bench.database;
    // As in a worker: the connection stays open from one pass to the next.
    await sealer.ask('open', { databaseUrl });
    await sealer.ask('sealAll');
    await bench.database.settle();
    const used = async (usage: Promise<{ cpuMs: number }>) =>
      (await bench.database.cpuMs()) + (await usage).cpuMs;

    const beforeSending = await used(sender.ask('usage'));
    const load = { targets, senders, warmUpMs: 0, forMs: SEND_WITHIN_MS, total: TRANSITIONS };
    const { done } = await sender.ask('send', load);
    const sentMs = (await used(sender.ask('usage'))) - beforeSending;
    const beforeSealing = await used(sealer.ask('usage'));
    const sealed = await sealer.ask('sealAll');
    const sealedMs = (await used(sealer.ask('usage'))) - beforeSealing;
    const [transitionUs, sealingUs] = [(sentMs * 1_000) / done, (sealedMs * 1_000) / sealed];
    return { transition_us: transitionUs, sealing_us: sealingUs, ratio: sealingUs / transitionUs };
  } finally {
    await sealer.ask('stop');
    await sealer.end();
    await bench.end();
  }
}

async function round(isSealed: boolean): Promise<Round> {
  const bench = await createWorkbench(postgres, { settings: DEFAULTS, variables: {}, profile: null });
  const sealer = isSealed
    ? await startChild<SealerProcess>(new URL('./processes/sealer.ts', import.meta.url))
    : null;
  try {
    const { jobs, senders } = DEFAULTS;
    const seeded = await bench.seedJobs({
      receiverUrl: 'http://127.0.0.1:9',
      definition: silentPingPong,
      jobs,
    });
    await bench.database.settle();
    await sealer?.ask('open', { databaseUrl: bench.database.url });
    await sealer?.ask('start', { intervalMs: SEAL_INTERVAL_MS });
    const warmUpMs = warmUpMsFor(seconds);
    const forMs = warmUpMs + seconds * 1_000;
    const load = { targets: seeded.jobs, senders, warmUpMs, forMs, total: null };
    const pace = await seeded.sender.ask('send', load);
    const sealed = (await sealer?.ask('sealed')) ?? 0;
    // One entry a transition, and those of the jobs' starts.
    const behind = sealer ? Math.max(0, pace.done + jobs - sealed) : 0;
    return { perSecond: pace.perSecond, behind, sealed };
  } finally {
    await sealer?.ask('stop');
    await sealer?.end();
    await bench.end();
  }
}
