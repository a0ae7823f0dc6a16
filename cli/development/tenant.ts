// The tenant that development begins with, and its API key: kept in a file, so that curl can read it.
import { readFile, writeFile } from 'node:fs/promises';
import { readApiKey } from '../../api/auth/api-key.ts';
import { createApiKey } from '../../api/auth/create-api-key.ts';
import { connect } from '../../db/client.ts';
import { allTenants, createTenant } from '../../db/operator.ts';
import { apiKeyFile } from '../client.ts';

const OWNER_ONLY = 0o600;

/** Makes tenant `dev` and its key, unless both are there. @returns the key */
export async function openDevelopmentTenant(databaseUrl: string, directory: string): Promise<string> {
  const db = connect({ url: databaseUrl, role: 'pawl_operator', poolMax: 1, applicationName: 'pawl start' });
  try {
    const found = (await allTenants(db)).find(({ slug }) => slug === 'dev');
    const tenant = found ?? (await createTenant(db, { name: 'Development', slug: 'dev' }));
    const path = apiKeyFile(directory);
    const kept = (await readFile(path, 'utf8').catch(() => '')).trim();
    // A key of another tenant is left from a database that somebody removed.
    if (readApiKey(kept)?.tenantId === tenant.id) return kept;
    const { key } = await createApiKey(db, tenant, { name: 'development', roles: ['Owner'] });
    await writeFile(path, `${key}\n`, { mode: OWNER_ONLY });
    return key;
  } finally {
    await db.close();
  }
}
