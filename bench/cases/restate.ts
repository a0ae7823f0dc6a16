// The whole way through Restate: its server and a process of services, as Pawl has two processes.
import { v7 } from 'uuid';
import type { Case } from '../case.ts';
import { measured } from '../cost.ts';
import { endToEnd } from '../end-to-end.ts';
import type { RestateProcess } from '../peers/restate.ts';
import { fetchRestateServer, startRestateServer } from '../restate-server.ts';

/** Connections to Postgres and to the receiver: as many as the load has to the server. */
const CONNECTIONS = 64;
const POOL_SIZE = 20;

export const restate: Case = {
  name: 'restate',
  group: 'e2e',
  repeated: true,
  prepare: fetchRestateServer,
  async run(bench) {
    const { url: receiverUrl, receiver } = await bench.startReceiver({ record: false });
    const databaseUrl = bench.database.url;
    const peer = new URL('../peers/restate.ts', import.meta.url);
    const seeder = await bench.start<RestateProcess>(peer);
    await seeder.ask('prepare', { databaseUrl });
    await seeder.end();
    const server = await startRestateServer();
    try {
      return await endToEnd('restate', {
        bench,
        receiver,
        async start() {
          const services = await bench.start<RestateProcess>(peer);
          const { url } = await services.ask('start', {
            databaseUrl,
            receiverUrl,
            poolSize: POOL_SIZE,
            sockets: CONNECTIONS,
          });
          await server.register(url);
          return {
            processes: [measured(services), server],
            url: server.ingressUrl,
            targets: Array.from({ length: bench.settings.jobs }, () => ({
              // `send`: answered when the event is stored, as Pawl answers.
              path: `/machine/${v7()}/hit/send`,
              authorization: 'none',
            })),
            over: (total) => bench.recorded(total, 'ledger'),
          };
        },
      });
    } finally {
      await server.end();
    }
  },
};
