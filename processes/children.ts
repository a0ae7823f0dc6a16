// API and worker as processes of their own under one parent, so that each has a core. One that dies is started again.
import { type ChildProcess, fork } from 'node:child_process';
import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config/config.ts';
import { PawlError } from '../engine/errors.ts';
import type { ChildRole, FromChild, ToChild } from './child-messages.ts';
import type { Logger } from './log.ts';
import { BUSY_PROCESS } from './node-options.ts';

export interface Child {
  /** Where the API listens; undefined for a worker. */
  readonly url: string | undefined;
  /** Changes when it had to be started again. */
  readonly pid: number | undefined;
  /** Resolves when it has ended gracefully, which takes as long as what it is doing. */
  stop(): Promise<void>;
  /** Ends it at once. */
  kill(): void;
}

export interface ChildOptions {
  role: ChildRole;
  config: Config;
  databaseUrl: string;
  log: Logger;
  /** File descriptor the child's log goes to. Default 1. */
  logTo?: 1 | 2;
  /** It listens on one port with the other children that do: this process takes connections and deals them out. */
  sharesPort?: boolean;
}

const ENTRY = fileURLToPath(new URL('./child.ts', import.meta.url));
const FIRST_PAUSE_MS = 250;
/** A database that is away for a minute must not find everybody asleep when it comes back. */
const LONGEST_PAUSE_MS = 10_000;
/** Whoever ran this long did not die of what it died of before. */
const WELL_AFTER_MS = 60_000;

/**
 * Starts one process and keeps one running from then on.
 * @throws PawlError Unavailable, with the code the process gave, when the first one cannot start
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { role, log } = options;
  let url: string | undefined;
  let current = launch(options);
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;
  let pauseMs = FIRST_PAUSE_MS;

  const first = await current.started;
  if (first.state === 'failed') throw new PawlError('Unavailable', first.code, first.message);
  url = first.url;
  watch(current, Date.now());

  function watch(one: Launched, startedAt: number): void {
    void one.ended.then((how) => {
      if (stopping) return;
      if (Date.now() - startedAt > WELL_AFTER_MS) pauseMs = FIRST_PAUSE_MS;
      log.error({ role, how, again_in_ms: pauseMs }, 'a process ended by itself and is started again');
      timer = setTimeout(again, pauseMs);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    });
  }

  function again(): void {
    current = launch(options);
    watch(current, Date.now());
    void current.started.then((answer) => {
      if (answer.state === 'started') url = answer.url;
      else log.error({ role, code: answer.code }, answer.message);
    });
  }

  return {
    get url() {
      return url;
    },
    get pid() {
      return current.process.pid;
    },
    async stop() {
      stopping = true;
      clearTimeout(timer);
      send(current.process, { order: 'stop' });
      await current.ended;
    },
    kill() {
      stopping = true;
      clearTimeout(timer);
      current.process.kill('SIGKILL');
    },
  };
}

interface Launched {
  process: ChildProcess;
  started: Promise<FromChild>;
  /** Exit status or signal. */
  ended: Promise<string>;
}

function launch({ role, config, databaseUrl, logTo = 1, sharesPort = false }: ChildOptions): Launched {
  const execArgv = [...process.execArgv, ...BUSY_PROCESS];
  const stdio = ['ignore', logTo, 2, 'ipc'] as const;
  const child = sharesPort
    ? forkSharing({ execArgv, stdio: [...stdio] })
    : fork(ENTRY, { execArgv, stdio: [...stdio] });
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit status ${code}`));
    child.once('error', (error) => resolve(error.message));
  });
  const started = Promise.race([
    new Promise<FromChild>((resolve) => child.once('message', (message) => resolve(message as FromChild))),
    ended.then(
      (how): FromChild => ({ state: 'failed', code: 'start_failed', message: `The ${role} ended: ${how}.` }),
    ),
  ]);
  send(child, { order: 'start', role, config, databaseUrl, logTo });
  return { process: child, started, ended };
}

/** What it listens on is opened here and stays open while one of them is left; see docs/decisions/0017. */
function forkSharing(options: { execArgv: string[]; stdio: (string | number)[] }): ChildProcess {
  // Its settings are those of the next fork, and its arguments would be ours.
  cluster.setupPrimary({ exec: ENTRY, args: [], ...options });
  return cluster.fork().process;
}

/** One that is gone need not be told. */
function send(child: ChildProcess, message: ToChild): void {
  if (child.connected) child.send(message, () => {});
}
