// A Postgres that other network namespaces reach: the embedded one serves its own host alone, so its port is passed on.
import { connect, createServer, type Socket } from 'node:net';
import { serve } from '../child.ts';
import { EMBEDDED, startPostgres } from '../postgres.ts';

export type PostgresProcess = typeof handlers;

const handlers = {
  /** @returns the URL of a fresh, migrated database, as it is known at `address` */
  async start({ address }: { address: string }): Promise<{ url: string }> {
    const server = await startPostgres(EMBEDDED, (line) => process.stderr.write(`${line}\n`));
    const { url } = await server.createDatabase();
    const port = Number(new URL(url).port);
    const listening = createServer((socket) => passOn(socket, connect({ host: '127.0.0.1', port })));
    await new Promise<void>((resolve) => listening.listen(0, address, resolve));
    stop = async () => {
      listening.close();
      await server.stop();
    };
    const reached = new URL(url);
    // It may name a socket in the file system.
    reached.search = '';
    reached.hostname = address;
    reached.port = String((listening.address() as { port: number }).port);
    return { url: reached.href };
  },
  stop: () => stop(),
};

const SILENT_MS = 1_000;

let stop = async (): Promise<void> => {};

function passOn(from: Socket, to: Socket): void {
  for (const [one, other] of [
    [from, to],
    [to, from],
  ] as const) {
    one.setNoDelay(true);
    // Whoever was cut off says nothing, and Postgres would wait for it behind us.
    one.setKeepAlive(true, SILENT_MS);
    one.pipe(other);
    one.on('error', () => other.destroy());
  }
}

serve(handlers);
