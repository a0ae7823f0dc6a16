// How much is measured. The defaults are what docs/benchmarks.md is written from; smaller ones are for trying things out.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type BenchServer, chosenServer } from './postgres.ts';

export interface Settings {
  /** Of each timed figure, warm-up not counted. */
  seconds: number;
  /** Runs of each repeated case; the median counts. */
  rounds: number;
  tenants: number;
  /** Jobs that events go to. */
  jobs: number;
  /** Events sent at once where there is no HTTP. */
  senders: number;
  /** Keep-alive connections of the HTTP load. */
  connections: number;
  /** Transitions queued before the worker starts. */
  deliveries: number;
  /** Of the backlog that memory and claims are measured with. */
  backlog: number;
  /** Events sent one at a time. */
  samples: number;
}

export interface Options {
  settings: Settings;
  /** Names of cases; null: all. */
  only: readonly string[] | null;
  json: boolean;
  /** Writes docs/benchmarks.md. */
  write: boolean;
  /** Keeps the run in bench/baseline.json, as that of this version; null: what is there stays. */
  release: string | null;
  /** The JSON file of the run to compare with; null: none. */
  compare: string | null;
  /** Configuration of Pawl's processes that differs from the defaults. */
  variables: Readonly<Record<string, string>>;
  /** Where CPU profiles of all processes are written; null: none are. */
  profile: string | null;
  server: BenchServer;
  help: boolean;
}

// Four tenants with a connection each: the least that the default limits of a worker let use all of its concurrency.
export const DEFAULTS: Settings = {
  seconds: 5,
  rounds: 3,
  tenants: 4,
  jobs: 1_024,
  senders: 128,
  connections: 64,
  deliveries: 45_000,
  backlog: 100_000,
  samples: 200,
};

export const HELP = `npm run bench -- [options]

  --only NAME,…     run only these cases
  --json            print one JSON object on standard output; progress goes to standard error
  --write           write docs/benchmarks.md
  --release VERSION --write, and keep the run in bench/baseline.json as that of the release, once for each
  --compare [FILE]  compare with the run in FILE, default bench/baseline.json (of the last release), as ratios to the
                    floors of each run, which are measured with what --only names; exit with 1 when something fell
                    by more than it may. Peers are left out, unless --write or --only says otherwise
  --set NAME=VALUE  a variable of Pawl's configuration, for its processes; may be given several times
  --profile DIR     write a CPU profile of each process there
  --database-url    use this Postgres (superuser login) instead of the embedded one; so is Citus when CITUS_URL is
                    set, to the URL of a coordinator that knows its workers
  --help

${Object.entries(DEFAULTS)
  .map(([name, value]) => [`  --${name} N`.padEnd(19), `default ${value}`].join(' '))
  .join('\n')}
`;

/** Of the last release. */
export const BASELINE = fileURLToPath(new URL('./baseline.json', import.meta.url));

/** @throws TypeError for an option that does not exist or whose value is not a positive number */
export function readOptions(args: readonly string[], environment = process.env): Options {
  const numbers = Object.keys(DEFAULTS) as (keyof Settings)[];
  const { values } = parseArgs({
    args: args.map((arg, i) =>
      arg === '--compare' && !isValue(args[i + 1]) ? `--compare=${BASELINE}` : arg,
    ),
    options: {
      only: { type: 'string' },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      release: { type: 'string' },
      compare: { type: 'string' },
      set: { type: 'string', multiple: true, default: [] },
      profile: { type: 'string' },
      'database-url': { type: 'string' },
      help: { type: 'boolean', default: false },
      ...Object.fromEntries(numbers.map((name) => [name, { type: 'string' as const }])),
    },
  });
  const given = values as Record<string, unknown>;
  const settings = { ...DEFAULTS };
  for (const name of numbers) {
    if (given[name] === undefined) continue;
    const value = Number(given[name]);
    if (!(value > 0)) throw new TypeError(`--${name} is ${String(given[name])}; expected a positive number`);
    settings[name] = value;
  }
  const server = chosenServer(values['database-url'], environment);
  const write = values.write || values.release !== undefined;
  if (write && server.kind !== 'embedded') {
    const other = server.kind === 'citus' ? 'CITUS_URL' : '--database-url';
    throw new TypeError(`--write and ${other}: what is published is measured on the embedded Postgres`);
  }
  if (write && values.only !== undefined) {
    throw new TypeError('--write and --only: what is published is measured in one run');
  }
  return {
    settings,
    only: values.only === undefined ? null : values.only.split(',').map((name) => name.trim()),
    json: values.json,
    write,
    release: values.release ?? null,
    compare: values.compare ?? null,
    variables: Object.fromEntries(values.set.map(pair)),
    profile: values.profile ?? null,
    server,
    help: values.help,
  };
}

const isValue = (arg: string | undefined): boolean => arg !== undefined && !arg.startsWith('--');

function pair(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new TypeError(`--set ${text}: expected NAME=VALUE`);
  return [text.slice(0, at), text.slice(at + 1)];
}
