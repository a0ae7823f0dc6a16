// The result of a run: one JSON object, a table for the terminal, and docs/benchmarks.md.
import { writeFile } from 'node:fs/promises';
import type { Figures } from './case.ts';
import { RUN_LENGTHS } from './cases/half-load.ts';
import { type Bar, FIGURES, isMet, RATIOS, type Ratio, show } from './figures.ts';
import { describeMachine, type Machine } from './machine.ts';
import { median } from './measure.ts';
import { BASELINE, type Settings } from './settings.ts';
import { whatStepsGave } from './steps.ts';

export interface Result {
  machine: Machine;
  /** Versions of what Pawl is compared with, by package. */
  peers: Readonly<Record<string, string>>;
  settings: Settings;
  /** Of Pawl's configuration, where it is not the default. */
  variables: Readonly<Record<string, string>>;
  measuredAt: string;
  /** Of each figure, one value a run. */
  values: ReadonlyMap<string, readonly number[]>;
}

/** As `--json` prints it and bench/baseline.json keeps it; figures and ratios lie beside what is named here. */
export interface ResultJson {
  /** In bench/baseline.json: whose figures these are. */
  release?: string;
  machine: Machine;
  peers: Readonly<Record<string, string>>;
  settings: Readonly<Record<string, unknown>>;
  measured_at: string;
  /** By name and bound. */
  bars: Readonly<Record<string, 'met' | 'missed'>>;
}

/** The figures flat, as medians, with `machine` and `settings` beside them. */
export function toJson(result: Result): ResultJson {
  const figures = medians(result);
  const ratios = ratiosOf(figures).map(({ ratio, value }) => [ratio.name, round(value)]);
  return {
    machine: result.machine,
    peers: result.peers,
    settings: { ...result.settings, ...result.variables },
    measured_at: result.measuredAt,
    ...Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, round(value)])),
    ...Object.fromEntries(ratios),
    bars: Object.fromEntries(
      barsOf(figures).map(({ name, bar, value }) => [
        `${name} ${'least' in bar ? '>=' : '<='} ${'least' in bar ? bar.least : bar.most}`,
        isMet(bar, value) ? 'met' : 'missed',
      ]),
    ),
  };
}

export function toTable(result: Result): string {
  const figures = medians(result);
  const rows = Object.entries(figures).map(([name, value]) => [name, show(name, value), what(name, value)]);
  for (const { ratio, value } of ratiosOf(figures)) {
    rows.push([ratio.name, value.toFixed(2), `${ratio.of} / ${ratio.to}${verdicts(ratio.bars, value)}`]);
  }
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map(
    ([name = '', value = '', what = '']) =>
      `${name.padEnd(widths[0] ?? 0)}  ${value.padStart(widths[1] ?? 0)}  ${what}`,
  );
  return [describeMachine(result.machine), ...lines].join('\n');
}

/** The page of the documentation. */
export async function writeDocs(result: Result): Promise<void> {
  await writeFile(new URL('../docs/benchmarks.md', import.meta.url), toMarkdown(result));
}

/** What later runs are compared with. */
export async function writeBaseline(release: string, result: Result): Promise<void> {
  await writeFile(BASELINE, `${JSON.stringify({ release, ...toJson(result) }, null, 2)}\n`);
}

function toMarkdown(result: Result): string {
  const { settings, values, variables } = result;
  const figures = medians(result);
  const rows = Object.entries(figures).map(([name, value]) => {
    const all = values.get(name) ?? [];
    const range = all.length > 1 ? `${show(name, Math.min(...all))} – ${show(name, Math.max(...all))}` : '';
    return `| \`${name}\` | ${show(name, value)} | ${range} | ${what(name, value)} |`;
  });
  const ratios = ratiosOf(figures).map(
    ({ ratio, value }) =>
      `| \`${ratio.name}\` | ${value.toFixed(2)} | \`${ratio.of}\` / \`${ratio.to}\`${verdicts(ratio.bars, value)} |`,
  );
  const set = Object.entries(variables).map(([name, value]) => `\`${name}=${value}\``);
  const peers = Object.entries(result.peers).map(([name, version]) => `${name} ${version}`);
  const changed = set.length > 0 ? ` Not the default: ${set.join(', ')}.` : '';
  return `# Benchmarks

Written by \`npm run bench -- --write\` on ${result.measuredAt.slice(0, 10)}; do not edit by hand.

Machine: ${describeMachine(result.machine)}. Everything runs on it at once: Postgres (fsync on), the process that is
measured, the receiver and the load. Beside it: ${peers.join(', ')}.

| figure | median | lowest – highest | what it is |
|---|--:|--:|---|
${rows.join('\n')}

Ratios of figures of the same run differ less from machine to machine:

| ratio | value | |
|---|--:|---|
${ratios.join('\n')}

## How it is measured

- Each figure is the median of ${settings.rounds} runs. A run begins with a fresh database and fresh processes. Cases that
  are compared with each other take turns, so that whatever else the machine does meets all of them.
- Postgres is the embedded one with its production settings (its binaries are built with \`-Os\`: \`select * from pg_config\`;
  a distribution's are built for speed); so are the processes of Pawl, with the default limits:
  ${settings.tenants} tenants on as many shards, with one connection each. After seeding, the database is vacuumed and a
  checkpoint is made.${changed}
- The receiver is a process that reads raw sockets and answers 200 with a fixed body. The HTTP load is a raw client in a
  process of its own, with ${settings.connections} keep-alive connections and one request at a time on each.
- The machine under test has two states and one event that leads from each to the other, with an ASSIGN on the way, and a
  WEBHOOK where something is to be sent: \`{ job_id, state, count, n }\`, each value from a template.
- \`deliveries\`: ${count(settings.deliveries)} transitions are queued, then one worker process is started. Counted from the arrival of
  the first third until every attempt is in the ledger.
- \`graphile-worker\`: as many jobs, one process, batched as its documentation does for its best figures, as many jobs at
  once as our worker sends; a job is the same POST (through undici), then one statement that writes one metering row and one audit row.
- \`pg-boss\`: as many jobs in a table of their own, one process, four workers that take 100 at a time and go on at once while
  there are more. The POSTs of a batch go out together, one statement writes the rows of all of them, and each job is
  settled by its own outcome. It writes its rows when the slowest of a hundred is over; ours and graphile-worker's are not held up.
- Neither is asked for tenants, an encrypted credential, an order of actions, or a record before the request leaves.
- \`e2e\`: events are sent for ${settings.seconds} s, each answered when it is committed; the clock stops when the last of their
  webhooks is in the ledger. One API process and one worker.
- \`dbos\`: the same load on two processes that each serve HTTP (node:http) and run workflows, 20 connections each. A request
  starts a workflow and is answered when that is stored. Step one updates the job and writes its event row; step two
  posts and writes both rows. Workflows are not queued, as a queue only adds to what is done. The clock stops when the last is
  SUCCESS.
- \`restate\`: the same load on Restate's server as it comes, with one process of services over HTTP/2. A request is answered when
  the server has stored it (\`send\`). A job is a virtual object, whose state the server keeps: no row of it is written to
  Postgres. One durable step posts and writes both rows. The server is not part of this repository: the first run fetches the
  npm package \`@restatedev/restate-server\` into \`.pawl/\`; where that fails, the case is left out.
- \`pgbench\`: as many clients as \`transitions\` has senders, each with a connection of its own, as in the program of that name; a
  client updates one job and adds its row to the log, as our committer does, in one prepared statement and one commit, then
  goes on to its next. Superuser, no row level security, nothing decided. It runs on our driver, because not every
  Postgres brings the program. \`pgbench_pooled\`: the same clients on 32 connections, which is less work for
  Postgres and the harder floor.
- \`half_load\`: half as many events a second as \`e2e\` just reached, for ${settings.seconds * RUN_LENGTHS} s, evenly spaced and sent when they are due whether
  or not earlier ones were answered. Times from when an event was due, so that a stall counts for everything it delays. Stalls that
  come again and again show in \`half_load_second_max_ms\`: with a single one it stays far below \`half_load_max_ms\`.
- CPU time, WAL and transactions of \`e2e\`, \`transitions\` and what is compared with them are of the whole run, warm-up included. Restate's
  own log is not in its WAL.
- \`idle\`: ${settings.samples} events one at a time, 15 to 75 ms apart; from reading the answer to arrival at the receiver.
- \`inbound\`: signed webhooks of a source of kind \`github\`, each checked, stored and answered; no trigger acts on them.
- \`hanging\`: as \`idle\` on one connection, before and while another connection of the same tenant has as many requests
  out as it may have, none of which is answered, and a backlog behind them.
- \`backlog\`: the worker's own claim statement on ${count(1_000)} and on ${count(settings.backlog)} queued transitions; then a worker drains
  ${count(Math.min(settings.backlog, settings.deliveries))} of them.

${whatStepsGave}
## Is it slower than before?

\`npm run bench -- --compare\` measures, and sets the result beside the run of the last release, which is kept in
\`bench/baseline.json\` and replaced only by \`--release VERSION\`: beside the run before, what is lost a little each time would never be seen.
\`--compare FILE\` takes what an earlier \`--json\` printed. What is timed is divided by a floor of its own
run, undici or pgbench, before the two are compared: a machine that is half as fast is so in both. Each figure may lose the part
that runs of the same code differ by (\`bench/compare.ts\`). The command prints a table and ends with status 1 when
something fell by more. It is not part of \`npm test\`. It leaves out the peers and takes some ten minutes; \`--only NAME,…\` takes
less.
`;
}

const count = (value: number): string => value.toLocaleString('en').replaceAll(',', ' ');

const medians = ({ values }: Result): Figures =>
  Object.fromEntries(
    Object.keys(FIGURES).flatMap((name) => {
      const all = values.get(name);
      return all ? [[name, median(all)]] : [];
    }),
  );

function ratiosOf(figures: Figures): { ratio: Ratio; value: number }[] {
  return RATIOS.flatMap((ratio) => {
    const of = figures[ratio.of];
    const to = figures[ratio.to];
    return of === undefined || to === undefined ? [] : [{ ratio, value: of / to }];
  });
}

/** Of every figure and ratio that was measured. */
function barsOf(figures: Figures): { name: string; bar: Bar; value: number }[] {
  const ofFigures = Object.entries(figures).flatMap(([name, value]) => {
    const bar = FIGURES[name]?.bar;
    return bar ? [{ name, bar, value }] : [];
  });
  const ofRatios = ratiosOf(figures).flatMap(({ ratio: { name, bars = [] }, value }) =>
    bars.map((bar) => ({ name, bar, value })),
  );
  return [...ofFigures, ...ofRatios];
}

function what(name: string, value: number): string {
  const { what: text, bar } = FIGURES[name] ?? { what: '' };
  return `${text}${verdicts(bar ? [bar] : [], value)}`;
}

/** Each bar, and whether it is met. */
export const verdicts = (bars: readonly Bar[] = [], value: number): string =>
  bars
    .map((bar) => {
      const wanted = 'least' in bar ? `at least ${bar.least}` : `at most ${bar.most}`;
      return `; ${wanted}: ${isMet(bar, value) ? 'met' : 'missed'}`;
    })
    .join('');

const round = (value: number): number => Number(value.toPrecision(5));
