// Restate's server: fetched into .pawl/ when a benchmark first wants it, because nothing else of Pawl needs its 200 MB, and
// run on the loopback interface with data of its own, as it comes, until the benchmark is over.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Measured } from './cost.ts';
import { nowMs, peakRssMbOf } from './measure.ts';
import { cpuMsOf } from './server-cpu.ts';

/** A pair with the SDK in package.json: see the table of versions in the SDK's README. */
export const RESTATE_SERVER_VERSION = '1.7.12';
const HOME = fileURLToPath(new URL(`../.pawl/restate-server-${RESTATE_SERVER_VERSION}/`, import.meta.url));
const READY_WITHIN_MS = 60_000;
const END_WITHIN_MS = 10_000;
const LOOK_MS = 50;

export interface RestateServer extends Measured {
  /** Where its users' requests go. */
  ingressUrl: string;
  /** Makes the services at `url` known. */
  register(url: string): Promise<void>;
}

const servers = new Set<ChildProcess>();
process.on('exit', () => {
  for (const server of servers) server.kill('SIGKILL');
});

/**
 * Fetches the server if it is not there yet.
 * @throws Error in words where there is none for this machine, or npm cannot fetch it
 */
export async function fetchRestateServer(log: (line: string) => void): Promise<void> {
  if (existsSync(program())) return;
  log(`fetching @restatedev/restate-server ${RESTATE_SERVER_VERSION} into ${HOME}`);
  await mkdir(HOME, { recursive: true });
  const wanted = `@restatedev/restate-server@${RESTATE_SERVER_VERSION}`;
  // Its packages have no scripts that it needs; one of them reports the installation to its makers.
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save'];
  await promisify(execFile)('npm', ['install', '--prefix', HOME, ...options, wanted]);
  if (!existsSync(program()))
    throw new Error(`there is no Restate server for ${process.platform}-${process.arch}`);
}

function program(): string {
  const part = `@restatedev/restate-server-${process.platform}-${process.arch}`;
  return join(HOME, 'node_modules', part, 'bin', 'restate-server');
}

/** @returns when it takes requests */
export async function startRestateServer(): Promise<RestateServer> {
  const directory = await mkdtemp(join(tmpdir(), 'pawl-bench-restate-'));
  const [node, ingress, admin] = (await freePorts(3)) as [number, number, number];
  const server = spawn(program(), ['--no-logo', '--listen-mode', 'tcp', '--base-dir', directory], {
    env: {
      RESTATE_BIND_IP: '127.0.0.1',
      RESTATE_BIND_PORT: String(node),
      RESTATE_INGRESS__BIND_PORT: String(ingress),
      RESTATE_ADMIN__BIND_PORT: String(admin),
      RESTATE_NODE_NAME: 'bench',
      // It looks for a newer release of itself, and says so where it cannot.
      RESTATE_LOG_FILTER: 'error,octocrab=off',
      RESTATE_DISABLE_TELEMETRY: 'true',
    },
    stdio: ['ignore', 2, 2],
  });
  servers.add(server);
  const ended = new Promise<void>((resolve) => {
    server.once('error', () => resolve());
    server.once('exit', () => resolve());
  }).finally(() => servers.delete(server));
  const url = (port: number) => `http://127.0.0.1:${port}`;
  const pid = server.pid as number;
  await ready([`${url(admin)}/health`, `${url(ingress)}/restate/health`], ended);

  return {
    ingressUrl: url(ingress),
    async register(uri) {
      const answer = await fetch(`${url(admin)}/deployments`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ uri }),
      });
      if (!answer.ok) throw new Error(`Restate did not register the service: ${await answer.text()}`);
    },
    usage: async () => ({ cpuMs: cpuMsOf(pid), peakRssMb: peakRssMbOf(pid) }),
    async end() {
      server.kill('SIGTERM');
      const timer = setTimeout(() => server.kill('SIGKILL'), END_WITHIN_MS);
      await ended;
      clearTimeout(timer);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function ready(urls: readonly string[], ended: Promise<void>): Promise<void> {
  let gone = false;
  void ended.then(() => {
    gone = true;
  });
  for (const until = nowMs() + READY_WITHIN_MS; nowMs() < until && !gone; await pause(LOOK_MS)) {
    const answers = await Promise.all(
      urls.map((url) =>
        fetch(url).then(
          ({ ok }) => ok,
          () => false,
        ),
      ),
    );
    if (answers.every(Boolean)) return;
  }
  throw new Error(gone ? 'the Restate server ended while starting' : 'the Restate server did not get ready');
}

/** Free now; nothing holds them until they are bound, so they are bound at once. */
async function freePorts(count: number): Promise<number[]> {
  const listening = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = listening.map((server) => (server.address() as { port: number }).port);
  await Promise.all(listening.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
