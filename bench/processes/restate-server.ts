// Keeps Restate's server: as it comes, on the loopback interface, with data of its own. When this process ends, however the
// benchmark ended, so does the server.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { serve } from '../child.ts';
import { nowMs, peakRssMbOf, type Usage } from '../measure.ts';
import { RESTATE_SERVER } from '../restate-server.ts';
import { cpuMsOf } from '../server-cpu.ts';

const READY_WITHIN_MS = 60_000;
const END_WITHIN_MS = 10_000;
const LOOK_MS = 50;

const directory = mkdtempSync(join(tmpdir(), 'pawl-bench-restate-'));
let server: ChildProcess | null = null;
let adminUrl = '';

process.on('exit', () => {
  server?.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

export type RestateServerProcess = typeof handlers;

const handlers = {
  /** @returns when it takes requests, and where */
  async start(): Promise<{ ingressUrl: string }> {
    const [node, ingress, admin] = (await freePorts(3)) as [number, number, number];
    const started = spawn(RESTATE_SERVER, ['--no-logo', '--listen-mode', 'tcp', '--base-dir', directory], {
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
    server = started;
    const ingressUrl = `http://127.0.0.1:${ingress}`;
    adminUrl = `http://127.0.0.1:${admin}`;
    await ready([`${adminUrl}/health`, `${ingressUrl}/restate/health`], started);
    return { ingressUrl };
  },

  /** Makes the services at `url` known to the server. */
  async register({ url }: { url: string }): Promise<void> {
    const answer = await fetch(`${adminUrl}/deployments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ uri: url }),
    });
    if (!answer.ok) throw new Error(`Restate did not register the service: ${await answer.text()}`);
  },

  /** Of the server; this process does nothing. */
  usage(): Usage {
    const pid = server?.pid ?? Number.NaN;
    return { cpuMs: cpuMsOf(pid), peakRssMb: peakRssMbOf(pid) };
  },

  async stop(): Promise<void> {
    if (server === null || server.exitCode !== null || server.signalCode !== null) return;
    const stopping = server;
    const timer = setTimeout(() => stopping.kill('SIGKILL'), END_WITHIN_MS);
    await new Promise((resolve) => {
      stopping.once('exit', resolve);
      stopping.kill('SIGTERM');
    });
    clearTimeout(timer);
  },
};

async function ready(urls: readonly string[], started: ChildProcess): Promise<void> {
  let gone = false;
  const went = () => {
    gone = true;
  };
  started.once('exit', went).once('error', went);
  const answers = (url: string) =>
    fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
  for (const until = nowMs() + READY_WITHIN_MS; nowMs() < until && !gone; await pause(LOOK_MS)) {
    if ((await Promise.all(urls.map(answers))).every(Boolean)) return;
  }
  throw new Error(gone ? 'the Restate server ended while starting' : 'the Restate server did not get ready');
}

/** Free now. Nothing holds them until the server binds them, which it does next. */
async function freePorts(count: number): Promise<number[]> {
  const listening = await Promise.all(
    Array.from({ length: count }, async () => {
      const holder = createServer();
      await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
      return holder;
    }),
  );
  const ports = listening.map((holder) => (holder.address() as { port: number }).port);
  await Promise.all(listening.map((holder) => new Promise((resolve) => holder.close(resolve))));
  return ports;
}

serve(handlers);
