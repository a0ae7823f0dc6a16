// Entry point of one API or worker process: starts what its parent says, stops when its parent says or is gone.
import cluster from 'node:cluster';
import { isPawlError } from '../engine/errors.ts';
import type { FromChild, StartOrder, ToChild } from './child-messages.ts';
import { createLog } from './log.ts';
import { type RunningRole, startRole } from './start-role.ts';

let running: Promise<RunningRole> | undefined;
let stopping = false;

process.on('message', (message: ToChild) => {
  if (message.order === 'start') void start(message);
  else void stop();
});
// Else Node ends a child that shares a port at once when its parent is gone, and with it what it is answering.
if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
// Whoever would tell us to stop is gone.
process.on('disconnect', () => void stop());
// A terminal tells the whole group; our parent decides when we end.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => void stop());

async function start({ role, config, databaseUrl, logTo }: StartOrder): Promise<void> {
  const log = createLog({ log: config.log, process: role, to: logTo });
  // Going on after an error that nobody expected would be going on in a state that nobody knows.
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'an error that nobody expected ends this process');
    process.exit(1);
  });
  running = startRole(role, { config, databaseUrl, log });
  try {
    const { url } = await running;
    tell(url === undefined ? { state: 'started' } : { state: 'started', url });
  } catch (error) {
    const code = isPawlError(error) ? error.code : 'start_failed';
    if (!isPawlError(error)) log.error({ err: error }, 'could not start');
    tell({ state: 'failed', code, message: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
    process.disconnect?.();
  }
}

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  const started = await running?.catch(() => undefined);
  await started?.stop();
  process.exit();
}

/** A parent that is gone need not be told. */
function tell(message: FromChild): void {
  if (process.connected) process.send?.(message, () => {});
}
