// What one run of a benchmark gets: a fresh database, a receiver, the configuration of production, and children that
// end with it.
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Config, readConfig } from '../config/config.ts';
import type { Definition } from '../engine/definition.ts';
import { type KeyRing, parseKeyRing } from '../vault/key-ring.ts';
import { type Child, type Handlers, startChild } from './child.ts';
import type { JobTarget } from './load.ts';
import { nowMs } from './measure.ts';
import type { BenchDatabase, BenchPostgres } from './postgres.ts';
import type { ApiProcess } from './processes/api.ts';
import type { JobRef, JobsProcess } from './processes/jobs.ts';
import type { WorkerProcess } from './processes/worker.ts';
import type { Receiver } from './receiver.ts';
import { type SeededTenant, seed, WORKFLOW } from './seed.ts';
import type { Options, Settings } from './settings.ts';

export interface Workbench {
  settings: Settings;
  database: BenchDatabase;
  config: Config;
  keyRing: KeyRing;
  start<H extends Handlers>(module: URL): Promise<Child<H>>;
  startReceiver(options: {
    record: boolean;
    hang?: boolean;
  }): Promise<{ url: string; receiver: Child<Receiver> }>;
  startApi(): Promise<{ url: string; api: Child<ApiProcess> }>;
  /** Loaded, and not working before it is told to. */
  loadWorker(): Promise<Child<WorkerProcess>>;
  /** Told to work. */
  work(worker: Child<WorkerProcess>): Promise<void>;
  /** Tenants, their connections to the receiver, and jobs of the ping-pong machine, dealt over the tenants. */
  seedJobs(asked: SeedJobs): Promise<Seeded>;
  /** Resolves when `count` attempts are in the ledger, with the moment (`nowMs`). Peers have a table of their own. */
  recorded(count: number, ledger?: 'utility_ledger' | 'ledger'): Promise<number>;
  end(): Promise<void>;
}

export interface SeedJobs {
  receiverUrl: string;
  definition(connectionId: string): Definition;
  jobs: number;
}

export interface Seeded {
  tenants: SeededTenant[];
  /** Neighbours belong to different tenants. */
  jobs: JobRef[];
  /** Where the events of each of `jobs` are posted. */
  targets: JobTarget[];
  /** The process that started them. */
  sender: Child<JobsProcess>;
}

/** Longer than any backlog here takes to drain. */
const RECORDED_WITHIN_MS = 240_000;
const LOOK_MS = 5;
/** Who looks for one millisecond does not for so many. */
const LOOK_SHARE = 10;

export async function createWorkbench(
  postgres: BenchPostgres,
  { settings, variables, profile }: Pick<Options, 'settings' | 'variables' | 'profile'>,
): Promise<Workbench> {
  const database = await postgres.createDatabase();
  const encryptionKey = randomBytes(32).toString('hex');
  const config = productionConfig(database.url, encryptionKey, variables);
  // Promises, so that one that is still being started when the run ends is ended too.
  const children: Promise<Child<Handlers>>[] = [];
  const execArgv = profile === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${resolve(profile)}`];

  function start<H extends Handlers>(module: URL): Promise<Child<H>> {
    const child = startChild<H>(module, execArgv);
    children.push(child as unknown as Promise<Child<Handlers>>);
    return child;
  }
  const of = { config, databaseUrl: database.url };
  const keyRing = parseKeyRing({ encryptionKey });

  return {
    settings,
    database,
    config,
    keyRing,
    start,
    async startReceiver(options) {
      const receiver = await start<Receiver>(new URL('./receiver.ts', import.meta.url));
      const { url } = await receiver.ask('listen', options);
      return { url, receiver };
    },
    async startApi() {
      const api = await start<ApiProcess>(new URL('./processes/api.ts', import.meta.url));
      const { url } = await api.ask('start', of);
      return { url, api };
    },
    loadWorker: () => start<WorkerProcess>(new URL('./processes/worker.ts', import.meta.url)),
    work: (worker) => worker.ask('start', of),
    async seedJobs({ receiverUrl, definition, jobs: count }) {
      const tenants = await seed({
        databaseUrl: database.url,
        keyRing,
        receiverUrl,
        tenants: settings.tenants,
        definition,
      });
      const sender = await start<JobsProcess>(new URL('./processes/jobs.ts', import.meta.url));
      await sender.ask('open', { databaseUrl: database.url, poolMax: config.database.poolMax });
      const { senders } = settings;
      const ofTenants = await Promise.all(
        tenants.map(({ tenant }) =>
          sender.ask('start', {
            tenantId: tenant.id,
            workflow: WORKFLOW,
            count: Math.ceil(count / tenants.length),
            senders,
          }),
        ),
      );
      const jobs = dealt(ofTenants).slice(0, count);
      const keys = new Map(tenants.map(({ tenant, apiKey }) => [tenant.id, apiKey]));
      const targets = jobs.map(({ tenantId, jobId }) => ({
        path: `/api/v1/jobs/${jobId}/events`,
        authorization: `Bearer ${keys.get(tenantId)}`,
      }));
      return { tenants, jobs, targets, sender };
    },
    async recorded(count, ledger = 'utility_ledger') {
      const until = nowMs() + RECORDED_WITHIN_MS;
      for (;;) {
        const lookedAt = nowMs();
        const [row] = await database.sql<
          { rows: number }[]
        >`select count(*)::integer as rows from ${database.sql(ledger)}`;
        if (Number(row?.rows) >= count) return nowMs();
        if (nowMs() > until) throw new Error(`only ${row?.rows} of ${count} attempts were recorded`);
        // On Citus all servers are asked: that must not be what is measured.
        await pause(Math.max(LOOK_MS, LOOK_SHARE * (nowMs() - lookedAt)));
      }
    },
    async end() {
      await Promise.allSettled(children.map(async (child) => (await child).end()));
      await database.drop();
    },
  };
}

/** Defaults, but for what a receiver on this machine needs. */
export function productionConfig(
  databaseUrl: string,
  encryptionKey: string,
  variables: Readonly<Record<string, string>>,
): Config {
  return readConfig({
    DATABASE_URL: databaseUrl,
    ENCRYPTION_KEY: encryptionKey,
    PORT: '0',
    LOG_LEVEL: 'warn',
    EGRESS_ALLOW_HTTP: 'true',
    EGRESS_ALLOWED_PORTS: 'any',
    EGRESS_ALLOWED_CIDRS: '127.0.0.0/8',
    // One address sends everything here.
    RATE_LIMIT_ADDRESS_PER_MINUTE: '0',
    RATE_LIMIT_ACCOUNT_PER_MINUTE: '0',
    RATE_LIMIT_TENANT_PER_MINUTE: '0',
    ...variables,
  });
}

/** One from each in turn. */
function dealt<T>(piles: readonly (readonly T[])[]): T[] {
  const most = Math.max(...piles.map((pile) => pile.length));
  return Array.from({ length: most }, (_, i) => piles.flatMap((pile) => pile.slice(i, i + 1))).flat();
}
