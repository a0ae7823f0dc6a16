// A worker in a process of its own, as `pawl start` runs it: so that a test can kill it, or stop it in its tracks.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Config, readConfig } from '../config/config.ts';
import type { FromChild, ToChild } from '../processes/child-messages.ts';
import { TEST_ENCRYPTION_KEY } from '../worker/worker.testkit.ts';

export interface WorkerProcess {
  pid: number;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** Graceful; resolves when the process is gone. */
  stop(): Promise<void>;
}

/** Short, so that the dead are found soon; nothing asserts how soon. */
export const SHORT_LEASE = { leaseMs: 600, heartbeatIntervalMs: 200 } as const;

/** A module: from when it is loaded, the time of its process is `aheadMs` ahead. */
const withTimeAhead = (aheadMs: number): string =>
  `data:text/javascript,${encodeURIComponent(`
    const RealDate = Date;
    const now = () => RealDate.now() + ${aheadMs};
    globalThis.Date = class extends RealDate {
      constructor(...given) { super(...(given.length === 0 ? [now()] : given)); }
      static now() { return now(); }
    };`)}`;

const CHILD = fileURLToPath(new URL('../processes/child.ts', import.meta.url));

/** Resolves when it works. @param options with `aheadMs`, by how much the clock of its machine is ahead */
export async function startWorkerProcess(
  databaseUrl: string,
  { aheadMs = 0, ...worker }: Partial<Config['worker']> & { aheadMs?: number } = {},
): Promise<WorkerProcess> {
  const config = readConfig({
    DATABASE_URL: databaseUrl,
    ENCRYPTION_KEY: TEST_ENCRYPTION_KEY,
    EGRESS_ALLOW_HTTP: 'true',
    EGRESS_ALLOWED_PORTS: 'any',
    EGRESS_ALLOWED_CIDRS: '127.0.0.0/8',
    WORKER_POLL_INTERVAL_MS: '50',
    LOG_LEVEL: 'fatal',
  });
  const execArgv = aheadMs === 0 ? [] : ['--import', withTimeAhead(aheadMs)];
  const child = fork(CHILD, { execArgv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(child, 'exit').then(() => {});
  const tell = (message: ToChild) => child.send(message);
  tell({
    order: 'start',
    role: 'worker',
    config: { ...config, worker: { ...config.worker, ...SHORT_LEASE, ...worker } },
    databaseUrl,
    logTo: 2,
  });
  const [answer] = (await once(child, 'message')) as [FromChild];
  if (answer.state === 'failed') throw new Error(`the worker process did not start: ${answer.message}`);
  return {
    pid: child.pid as number,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    signal: (signal) => void child.kill(signal),
    async stop() {
      if (child.connected) tell({ order: 'stop' });
      await ended;
    },
  };
}
