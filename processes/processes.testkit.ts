// API and worker as in production, in this process, on a database of their own, with one tenant.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { createApiKey } from '../api/auth/create-api-key.ts';
import { type Client, createClient } from '../cli/client.ts';
import { type Config, readConfig } from '../config/config.ts';
import { connect, type Database } from '../db/client.ts';
import { createTenant } from '../db/operator.ts';
import type { Tenant } from '../db/tenants.ts';
import { createDatabase, type TestDatabase } from '../test/postgres.testkit.ts';
import { type RunningApi, startApi } from './api.ts';
import { type RunningWorker, startWorker } from './worker.ts';

export interface TestInstallation {
  config: Config;
  databaseUrl: string;
  operator: Database;
  tenant: Tenant;
  apiKey: string;
  api: RunningApi;
  client: Client;
  worker: RunningWorker;
  /** Stops what still runs. */
  stop(): Promise<void>;
}

export const SILENT = pino({ level: 'silent' });
export const TEST_ENVIRONMENT = {
  PORT: '0',
  // Where the key of development for the audit goes, and its checkpoints.
  PAWL_DIRECTORY: join(tmpdir(), 'pawl-test'),
  ENCRYPTION_KEYS: `a:${'a1'.repeat(32)}`,
  ENCRYPTION_KEY_ID: 'a',
  AUTH_SECRET: 'a1'.repeat(32),
};

/** @param given a migrated, empty database; default: one of its own */
export async function setupInstallation(
  environment: Record<string, string> = {},
  given?: TestDatabase,
): Promise<TestInstallation> {
  const database = given ?? (await createDatabase());
  const databaseUrl = database.url;
  const config = readConfig({ ...TEST_ENVIRONMENT, ...environment });
  const operator = connect({
    url: databaseUrl,
    role: 'pawl_operator',
    poolMax: 3,
    applicationName: 'test operator',
  });
  const tenant = await createTenant(operator, { name: 'Alder', slug: 'alder' });
  const { key: apiKey } = await createApiKey(operator, tenant, { name: 'test', roles: ['Owner'] });
  const options = { config, databaseUrl, log: SILENT };
  const api = await startApi(options);
  const worker = await startWorker(options);
  return {
    config,
    databaseUrl,
    operator,
    tenant,
    apiKey,
    api,
    client: createClient({ url: api.url, apiKey }),
    worker,
    async stop() {
      await Promise.all([api.stop(), worker.stop()]);
      await operator.close();
      await database.drop();
    },
  };
}
