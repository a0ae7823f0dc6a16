// `pawl start`: the API and the worker, each a process with a core of its own; without DATABASE_URL, Postgres too.
import type { Config } from '../../config/config.ts';
import { configFromEnvironment } from '../../config/environment.ts';
import { startApi } from '../../processes/api.ts';
import { type Boot, boot } from '../../processes/boot.ts';
import { type Child, startChild } from '../../processes/children.ts';
import { closeAll } from '../../processes/close-all.ts';
import { createLog, type Logger } from '../../processes/log.ts';
import { startWorker } from '../../processes/worker.ts';
import { apiKeyFile, createClient, hasWebApplication } from '../client.ts';
import { type Command, readArgs, UsageError } from '../command.ts';
import { startReceiver } from '../development/receiver.ts';
import { prepareSample } from '../development/sample.ts';
import { openDevelopmentTenant } from '../development/tenant.ts';
import { onShutdown } from '../shutdown.ts';

export const command: Command = {
  summary: 'Run Pawl',
  help: `
Usage: pawl start [--role all|api|worker]

all     (default) API and worker as two processes under this one; one that dies is started again.
api     Only the API, in this process.      worker  Only the worker, in this process.

The first SIGINT or SIGTERM finishes what is under way, the second ends everything at once. Without DATABASE_URL an
embedded Postgres runs under PAWL_DIRECTORY, with a tenant, its API key and a sample workflow to begin with.`,
  async run(args) {
    const { values } = readArgs(args, { role: { type: 'string', default: 'all' } });
    const { role } = values;
    if (role !== 'all' && role !== 'api' && role !== 'worker') {
      throw new UsageError(`--role ${role} is not one of all, api, worker.`);
    }
    const config = configFromEnvironment();
    const log = createLog({ log: config.log, process: 'pawl' });
    const running: Running = { opened: [], atOnce: [] };
    const shutdown = onShutdown(() => {
      for (const end of running.atOnce) end();
      // The embedded Postgres has a guard that ends it when we are gone.
      process.exit(1);
    });
    try {
      const database = await boot({ config, log });
      running.opened.push(database.stop);
      await (role === 'all'
        ? startAll(config, database, log, running)
        : startOne(role, config, database, log, running));
      const signal = await shutdown.asked;
      log.info({ signal }, 'stopping; a second signal stops at once');
    } finally {
      await closeAll(running.opened, log);
    }
    return 0;
  },
};

interface Running {
  /** Closed in turn, the last one first. */
  opened: (() => unknown)[];
  /** What a second signal does. */
  atOnce: (() => void)[];
}

async function startAll(config: Config, { databaseUrl }: Boot, log: Logger, running: Running): Promise<void> {
  const urls = { api: config.database.apiUrl, worker: config.database.workerUrl };
  const children: Child[] = [];
  running.opened.push(() => Promise.all(children.map((child) => child.stop())));
  running.atOnce.push(() => children.forEach((child) => void child.kill()));
  const started = (['api', 'worker'] as const).map(async (role) => {
    const child = await startChild({ role, config, databaseUrl: urls[role] ?? databaseUrl, log });
    children.push(child);
    return child;
  });
  // Both are waited for even if one fails, so that none is left behind.
  const [api, worker] = await Promise.allSettled(started);
  if (api?.status === 'rejected') throw api.reason;
  if (worker?.status === 'rejected') throw worker.reason;
  const url = api?.value.url as string;
  log.info({ url }, 'API and worker are running');
  if (config.development) await beginDevelopment(config, databaseUrl, url, log, running);
}

async function startOne(
  role: 'api' | 'worker',
  config: Config,
  { databaseUrl }: Boot,
  log: Logger,
  running: Running,
): Promise<void> {
  const { apiUrl = databaseUrl, workerUrl = databaseUrl } = config.database;
  if (role === 'api') running.opened.push((await startApi({ config, databaseUrl: apiUrl, log })).stop);
  else running.opened.push((await startWorker({ config, databaseUrl: workerUrl, log })).stop);
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
