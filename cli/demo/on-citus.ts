// A database of the demo's own on Citus: made on all of its servers, laid out over them, and dropped again.
import { randomBytes } from 'node:crypto';
import { distribute } from '../../db/distribute.ts';
import { asOwner, migrate } from '../../db/migrate.ts';
import { citusServers, dropDatabase, makeDatabase } from '../../db/servers.ts';

/** @param coordinatorUrl superuser login of a coordinator that knows its workers */
export async function makeCitusDatabase(
  coordinatorUrl: string,
): Promise<{ url: string; drop(): Promise<void> }> {
  const servers = await citusServers(coordinatorUrl);
  const name = `pawl_demo_${randomBytes(4).toString('hex')}`;
  const drop = () => dropDatabase(servers, name);
  try {
    const url = await makeDatabase(servers, name, null);
    await migrate(url);
    await asOwner(url, (sql) => distribute(sql));
    return { url, drop };
  } catch (error) {
    await drop().catch(() => {});
    throw error;
  }
}
