// `node bench/sealing.ts`: what sealing costs the transition rate, and whether it keeps up. Runs with the sealer and without
// it take turns, each on a database of its own. Prints one JSON line.
import { parseArgs } from 'node:util';
import { startChild } from './child.ts';
import { median, warmUpMsFor } from './measure.ts';
import { startPostgres } from './postgres.ts';
import type { SealerProcess } from './processes/sealer.ts';
import { silentPingPong } from './seed.ts';
import { DEFAULTS } from './settings.ts';
import { createWorkbench } from './workbench.ts';

const HELP = `node bench/sealing.ts [options]

  --rounds N   with and without (default 5)
  --seconds N  each, after as long a warm-up (default 5)
`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const seconds = Number(values.seconds);
const SEAL_INTERVAL_MS = 1_000;

interface Round {
  perSecond: number;
  /** Entries that were written and not sealed when the load ended; 0 without a sealer. */
  behind: number;
  sealed: number;
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const postgres = await startPostgres(null, say);
const rounds: { without: Round; beside: Round }[] = [];
try {
  for (let nth = 0; nth < Number(values.rounds); nth++) {
    // Whoever comes first meets another machine than whoever comes second: they change places.
    const first = await round(nth % 2 === 0);
    const second = await round(nth % 2 !== 0);
    const [beside, without] = nth % 2 === 0 ? [first, second] : [second, first];
    rounds.push({ without, beside });
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
process.stdout.write(`${JSON.stringify({ without, beside, cost, seconds_behind: secondsBehind, rounds })}\n`);

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
    await sealer?.ask('start', { databaseUrl: bench.database.url, intervalMs: SEAL_INTERVAL_MS });
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
