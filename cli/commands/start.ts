// `pawl start`: API and worker, each process with a core of its own; without DATABASE_URL, Postgres too.
import type { Config } from '../../config/config.ts';
import { configFromEnvironment } from '../../config/environment.ts';
import { VARIABLES } from '../../config/variables.ts';
import { boot } from '../../processes/boot.ts';
import type { ChildRole } from '../../processes/child-messages.ts';
import { type Child, startChild } from '../../processes/children.ts';
import { closeAll } from '../../processes/close-all.ts';
import { warnOfTooFewConnections } from '../../processes/connections-wanted.ts';
import { createLog, type Logger } from '../../processes/log.ts';
import type { OpenedDatabase } from '../../processes/open-database.ts';
import { type PlannedProcess, planProcesses } from '../../processes/process-plan.ts';
import { startRole } from '../../processes/start-role.ts';
import { apiKeyFile, createClient, hasWebApplication } from '../client.ts';
import { type Command, readArgs, UsageError } from '../command.ts';
import { startReceiver } from '../development/receiver.ts';
import { prepareSample } from '../development/sample.ts';
import { openDevelopmentTenant } from '../development/tenant.ts';
import { onShutdown } from '../shutdown.ts';

export const command: Command = {
  help: `
Usage: pawl start [--role all|api|worker] [--processes N]

all     (default) API and worker as two processes under this one; one that dies is started again.
api     Only the API, in this process.      worker  Only the worker, in this process.

--processes N  N of each role instead of one (default: PAWL_PROCESSES), always under this one. API processes share PORT. Each
               has connections to Postgres of its own, and its metrics on a port of its own: see docs/operating.md.

The first SIGINT or SIGTERM finishes what is under way, the second ends everything at once. Without DATABASE_URL an
embedded Postgres runs under PAWL_DIRECTORY, with a tenant, its API key and a sample workflow to begin with.`,
  async run(args) {
    const { values } = readArgs(args, {
      role: { type: 'string', default: 'all' },
      processes: { type: 'string' },
    });
    const { role } = values;
    if (role !== 'all' && role !== 'api' && role !== 'worker') {
      throw new UsageError(`--role ${role} is not one of all, api, worker.`);
    }
    const asked = values.processes === undefined ? undefined : processesOption(values.processes);
    const config = configFromEnvironment();
    const processes = asked ?? config.processes;
    const planned = planProcesses(config, role === 'all' ? ['api', 'worker'] : [role], processes);
    const log = createLog({ log: config.log, process: 'pawl' });
    const running: Running = { opened: [], atOnce: [] };
    const stopped = new AbortController();
    const shutdown = onShutdown(() => {
      for (const end of running.atOnce) end();
      // The embedded Postgres has a guard that ends it when we are gone.
      process.exit(1);
    });
    void shutdown.asked.then(() => stopped.abort(STOPPED));
    try {
      const database = await boot({ config, log, signal: stopped.signal });
      running.opened.push(database.stop);
      await warnOfTooFewConnections(planned, database.databaseUrl, log);
      if (role === 'all') await startAll(planned, config, database, log, running);
      else if (processes > 1) await startChildren(planned, config, database, log, running);
      else await startOne(role, config, database, log, running);
      const signal = await shutdown.asked;
      log.info({ signal }, 'stopping; a second signal stops at once');
    } catch (error) {
      if (error !== STOPPED) throw error;
    } finally {
      await closeAll(running.opened, log);
    }
    return 0;
  },
};

/** Why it ends that was stopped before there was anything to stop. */
const STOPPED = Symbol('stopped');

interface Running {
  /** Closed in turn, the last one first. */
  opened: (() => unknown)[];
  /** What a second signal does. */
  atOnce: (() => void)[];
}

/** As PAWL_PROCESSES takes it. */
function processesOption(text: string): number {
  const { data, error } = VARIABLES.PAWL_PROCESSES.safeParse(text);
  if (data === undefined) {
    throw new UsageError(`--processes ${text} is not ${error?.issues[0]?.message}.`);
  }
  return data;
}

async function startAll(
  planned: readonly PlannedProcess[],
  config: Config,
  database: OpenedDatabase,
  log: Logger,
  running: Running,
): Promise<void> {
  const url = await startChildren(planned, config, database, log, running);
  log.info({ url, processes: planned.length }, 'API and worker are running');
  if (config.development) await beginDevelopment(config, database.databaseUrl, url as string, log, running);
}

/** @returns where the API is, if one is among them */
async function startChildren(
  planned: readonly PlannedProcess[],
  config: Config,
  { databaseUrl }: OpenedDatabase,
  log: Logger,
  running: Running,
): Promise<string | undefined> {
  const urls: Partial<Record<ChildRole, string | undefined>> = {
    api: config.database.apiUrl,
    worker: config.database.workerUrl,
  };
  const children: Child[] = [];
  running.opened.push(() => Promise.all(children.map((child) => child.stop())));
  running.atOnce.push(() => children.forEach((child) => void child.kill()));
  const started = planned.map(async (one) => {
    const child = await startChild({ ...one, databaseUrl: urls[one.role] ?? databaseUrl, log });
    children.push(child);
    return child;
  });
  // All are waited for even if one fails, so that none is left behind.
  for (const one of await Promise.allSettled(started)) if (one.status === 'rejected') throw one.reason;
  return children.find(({ url }) => url !== undefined)?.url;
}

async function startOne(
  role: 'api' | 'worker',
  config: Config,
  { databaseUrl }: OpenedDatabase,
  log: Logger,
  running: Running,
): Promise<void> {
  const { apiUrl = databaseUrl, workerUrl = databaseUrl } = config.database;
  const url = role === 'api' ? apiUrl : workerUrl;
  running.opened.push((await startRole(role, { config, databaseUrl: url, log })).stop);
}

async function beginDevelopment(
  config: Config,
  databaseUrl: string,
  url: string,
  log: Logger,
  running: Running,
): Promise<void> {
  const apiKey = await openDevelopmentTenant(databaseUrl, config.directory);
  const receiver = await startReceiver(config.directory, (line) => console.log(`receiver got: ${line}`));
  running.opened.push(receiver.stop);
  await prepareSample(createClient({ url, apiKey }), receiver.url);
  log.info({ api_key_file: apiKeyFile(config.directory) }, 'development is ready');
  const page = (await hasWebApplication(url)) ? `\n  open           ${url}/#key=${apiKey}` : '';
  console.log(`
Pawl is running, for development on this machine.
${page}
  API            ${url}/api/v1      docs       ${url}/docs
  API key        ${apiKeyFile(config.directory)} (tenant "dev", Owner)
  receiver       ${receiver.url} (connection "echo"; prints what it gets)
  workflow       work-order, published: the README's three lines start it, move it and show its webhook

Ctrl-C stops it. What is stored stays in ${config.directory}.
`);
}
