// The other side of the demo's webhooks: writes down what arrives, in order, and answers as the path says.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Arrival } from '../../invariants/receiver-log.ts';

export interface DemoReceiver {
  url: string;
  /** In the order the requests came. */
  arrivals: readonly Arrival[];
  stop(): Promise<void>;
}

export async function startDemoReceiver(): Promise<DemoReceiver> {
  const arrivals: Arrival[] = [];
  const server = createServer((request, response) => {
    // A body that breaks off is a request that did not arrive.
    request.resume().once('end', () => {
      arrivals.push({ key: String(request.headers['idempotency-key']) });
      // Nobody answers: whoever waits learns nothing, until the receiver ends and cuts the line.
      if (request.url === '/hooks/slow') return;
      const status = request.url === '/hooks/failing' ? 500 : 200;
      response.writeHead(status, { 'content-type': 'application/json' }).end('{"received":true}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    arrivals,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
