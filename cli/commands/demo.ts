// `pawl demo`: the whole product in a few seconds, on a Postgres of its own, and a check that every promise held.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createApiKey } from '../../api/auth/create-api-key.ts';
import type { Config } from '../../config/config.ts';
import { developmentEgress } from '../../config/egress.ts';
import { citusUrlFromEnvironment, configFromEnvironment } from '../../config/environment.ts';
import { connect } from '../../db/client.ts';
import { createTenant } from '../../db/operator.ts';
import { checkInvariants } from '../../invariants/check-invariants.ts';
import { boot } from '../../processes/boot.ts';
import { type Child, startChild } from '../../processes/children.ts';
import { closeAll } from '../../processes/close-all.ts';
import { createLog, type Logger } from '../../processes/log.ts';
import { createClient } from '../client.ts';
import { type Command, readArgs } from '../command.ts';
import { makeCitusDatabase } from '../demo/on-citus.ts';
import { startDemoReceiver } from '../demo/receiver.ts';
import { asJson, asTable, readReport } from '../demo/report.ts';
import { play } from '../demo/scenario.ts';
import { settled } from '../demo/settled.ts';
import { onShutdown } from '../shutdown.ts';

export const command: Command = {
  help: `
Usage: pawl demo [--json] [--database <url>]

Starts an embedded Postgres of its own under PAWL_DIRECTORY/demo (never DATABASE_URL), API, worker and a receiver; makes
a tenant, a connection and a workflow; runs jobs whose webhooks succeed, fail, take too long and are skipped; prints what
came of each, and checks that what is stored and what was received agree. Exit status 0 only if they do.

--json      Exactly one JSON object on standard output.
--database  Use this database instead. It must have been made for the demo.

With CITUS_URL (the superuser login of a Citus coordinator that knows its workers) it uses Citus instead: it makes a database
there, lays it out over the servers, and drops it at the end.`,
  async run(args) {
    const { values } = readArgs(args, {
      json: { type: 'boolean', default: false },
      database: { type: 'string' },
    });
    const own = ownConfig(configFromEnvironment());
    const log = createLog({ log: own.log, process: 'demo', to: 2 });
    const opened: (() => unknown)[] = [];
    const children: Child[] = [];
    onShutdownEnd(children);
    try {
      const citusUrl = values.database === undefined ? citusUrlFromEnvironment() : null;
      const onCitus = citusUrl === null ? null : await makeCitusDatabase(citusUrl);
      if (onCitus) opened.push(onCitus.drop);
      const config = inDatabase(own, onCitus?.url ?? values.database);
      const database = await boot({ config, log });
      opened.push(database.stop);
      const report = await demonstrate(config, database.databaseUrl, log, opened, children);
      console.log(values.json ? JSON.stringify(asJson(report)) : asTable(report));
      return report.violations.length === 0 ? 0 : 1;
    } finally {
      await closeAll(opened, log);
    }
  },
};

/** The configuration but for what would make the demo meet anything else: another database, port, key or receiver. */
function ownConfig(config: Config): Config {
  const { poolMax } = config.database;
  return {
    ...config,
    development: true,
    directory: join(config.directory, 'demo'),
    database: { poolMax },
    http: { ...config.http, host: '127.0.0.1', port: 0 },
    log: { ...config.log, level: config.log.level === 'info' ? 'warn' : config.log.level },
    encryption: {},
    egress: { ...config.egress, ...developmentEgress({}) },
    worker: { ...config.worker, shards: Array.from({ length: 64 }, (_, shard) => shard) },
  };
}

/** @param url undefined: in the demo's own */
const inDatabase = (config: Config, url: string | undefined): Config =>
  url === undefined ? config : { ...config, database: { ...config.database, url } };

function onShutdownEnd(children: readonly Child[]): void {
  // Nothing here is worth finishing. The embedded Postgres has a guard that ends it when we are gone.
  const end = () => {
    for (const child of children) child.kill();
    process.exit(130);
  };
  void onShutdown(end).asked.then(end);
}

async function demonstrate(
  config: Config,
  databaseUrl: string,
  log: Logger,
  opened: (() => unknown)[],
  children: Child[],
) {
  const receiver = await startDemoReceiver();
  opened.push(receiver.stop);
  const operator = connect({
    url: databaseUrl,
    role: 'pawl_operator',
    poolMax: 2,
    applicationName: 'pawl demo',
  });
  opened.push(operator.close);
  const slug = `demo-${randomBytes(4).toString('hex')}`;
  const tenant = await createTenant(operator, { name: 'Demo', slug });
  const { key: apiKey } = await createApiKey(operator, tenant, { name: 'demo', roles: ['Owner'] });

  opened.push(() => Promise.all(children.map((child) => child.stop())));
  const child = (role: 'api' | 'worker') => startChild({ role, config, databaseUrl, log, logTo: 2 });
  const [api, worker] = await Promise.allSettled([child('api'), child('worker')]);
  for (const one of [api, worker]) if (one.status === 'fulfilled') children.push(one.value);
  for (const one of [api, worker]) if (one.status === 'rejected') throw one.reason;

  await play({
    api: createClient({ url: children[0]?.url ?? '', apiKey }),
    receiverUrl: receiver.url,
    settled: () => settled(operator, tenant),
  });
  const violations = await checkInvariants({ db: operator, tenants: [tenant], arrivals: receiver.arrivals });
  return readReport(operator, tenant, receiver.arrivals.length, violations);
}
