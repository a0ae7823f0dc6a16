// Which processes run on this machine: how many of which role, and what is different for each of them.
import type { Config } from '../config/config.ts';
import { PawlError } from '../engine/errors.ts';
import type { ChildRole } from './child-messages.ts';

export interface PlannedProcess {
  role: ChildRole;
  /** The first of a role has the configuration as it is; the port of the metrics is one higher for each further one. */
  config: Config;
  /** There are several of its role that listen. */
  sharesPort: boolean;
}

/**
 * @param processes of each role
 * @throws PawlError InvalidInput `config_invalid` where two processes would show their metrics on one port
 */
export function planProcesses(
  config: Config,
  roles: readonly ChildRole[],
  processes: number,
): PlannedProcess[] {
  const planned = roles.flatMap((role) =>
    Array.from({ length: processes }, (_, nth) => ({
      role,
      config: nth === 0 ? config : { ...config, metrics: metricsOfNth(config.metrics, nth) },
      sharesPort: role === 'api' && processes > 1,
    })),
  );
  const ports = planned.flatMap(({ role, config: { metrics } }) => portOf(role, metrics) || []);
  const taken = ports.find((port, at) => ports.indexOf(port) !== at || port > LAST_PORT);
  if (taken !== undefined) throw cannotShow(config.metrics, processes, taken);
  return planned;
}

const LAST_PORT = 65_535;

const portOf = (role: ChildRole, { apiPort, workerPort }: Config['metrics']) =>
  role === 'api' ? apiPort : workerPort;

/** Port 0 is any free one, for each. */
function metricsOfNth(metrics: Config['metrics'], nth: number): Config['metrics'] {
  const { apiPort, workerPort } = metrics;
  return {
    ...metrics,
    ...(apiPort && { apiPort: apiPort + nth }),
    ...(workerPort && { workerPort: workerPort + nth }),
  };
}

function cannotShow({ apiPort, workerPort }: Config['metrics'], processes: number, port: number): PawlError {
  const message =
    port > LAST_PORT
      ? `The metrics of ${processes} processes end at port ${port}; the last port there is is ${LAST_PORT}.`
      : `METRICS_API_PORT is ${apiPort} and METRICS_WORKER_PORT is ${workerPort}; with ${processes} processes of each, whose ports follow each other, they must be at least ${processes} apart.`;
  const pointer = port > LAST_PORT ? '/PAWL_PROCESSES' : '/METRICS_WORKER_PORT';
  return new PawlError('InvalidInput', 'config_invalid', message, {
    problems: [{ pointer, code: 'config_variable_conflict', message, severity: 'error' }],
  });
}
