// How many connections to Postgres the processes of this machine may open, and a warning when there are not as many.
import { connect } from '../db/client.ts';
import { isPooled } from '../db/driver.ts';
import { serverConnections } from '../db/statements/server-connections.ts';
import { AUDIT_POOL_MAX } from './audit.ts';
import type { Logger } from './log.ts';
import type { PlannedProcess } from './process-plan.ts';
import { SIGN_IN_POOL_MAX } from './sign-in.ts';

/** LISTEN has a session of its own in each process. */
const LISTENING = 1;

/** At the server itself: behind a pooler only the sessions that listen are. */
export function connectionsWanted(processes: readonly PlannedProcess[]): number {
  return processes.reduce((sum, { role, config: { database, signIn } }) => {
    const url = (role === 'api' ? database.apiUrl : database.workerUrl) ?? database.url;
    if (url !== undefined && isPooled(url)) return sum + LISTENING;
    const signingIn = signIn ? Math.min(SIGN_IN_POOL_MAX, database.poolMax) : 0;
    return sum + database.poolMax + LISTENING + (role === 'api' ? signingIn : AUDIT_POOL_MAX);
  }, 0);
}

/**
 * Pools fill under load: a server that is too small for them would refuse connections then, and not now. So this is said at the
 * start, in numbers, and stops nobody: pools that never fill do no harm.
 */
export async function warnOfTooFewConnections(
  processes: readonly PlannedProcess[],
  databaseUrl: string,
  log: Logger,
): Promise<void> {
  const wanted = connectionsWanted(processes);
  const db = connect({ url: databaseUrl, role: 'pawl_operator', poolMax: 1, applicationName: 'pawl boot' });
  try {
    const [server] = await serverConnections(db.sql);
    if (!server || wanted + server.inUse <= server.usable) return;
    log.warn(
      { wanted, in_use: server.inUse, usable: server.usable },
      'these processes may open more connections than Postgres has left: raise its max_connections, or lower DATABASE_POOL_MAX or PAWL_PROCESSES',
    );
  } finally {
    await db.close();
  }
}
