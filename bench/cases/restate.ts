// The whole way through Restate: its server and a process of services, as Pawl has two processes.
import { v7 } from 'uuid';
import type { Case } from '../case.ts';
import type { Child } from '../child.ts';
import { measured } from '../cost.ts';
import { endToEnd } from '../end-to-end.ts';
import type { RestateProcess } from '../peers/restate.ts';
import type { RestateServerProcess } from '../processes/restate-server.ts';
import { fetchRestateServer } from '../restate-server.ts';

/** Of the services, to the receiver and to Postgres. */
const SOCKETS = 64;
const POOL_SIZE = 20;

export const restate: Case = {
  name: 'restate',
  group: 'e2e',
  repeated: true,
  isPeer: true,
  prepare: fetchRestateServer,
  async run(bench) {
    const { url: receiverUrl, receiver } = await bench.startReceiver({ record: false });
    const databaseUrl = bench.database.url;
    const peer = new URL('../peers/restate.ts', import.meta.url);
    const seeder = await bench.start<RestateProcess>(peer);
    await seeder.ask('prepare', { databaseUrl });
    await seeder.end();
    const server = await bench.start<RestateServerProcess>(
      new URL('../processes/restate-server.ts', import.meta.url),
    );
    const { ingressUrl } = await server.ask('start');
    return endToEnd('restate', {
      bench,
      receiver,
      async start() {
        const services = await bench.start<RestateProcess>(peer);
        const asked = { databaseUrl, receiverUrl, poolSize: POOL_SIZE, sockets: SOCKETS };
        await server.ask('register', await services.ask('start', asked));
        return {
          processes: [measured(services), { usage: () => server.ask('usage'), end: () => stop(server) }],
          url: ingressUrl,
          targets: Array.from({ length: bench.settings.jobs }, () => ({
            // `send`: answered when the event is stored, as Pawl answers.
            path: `/machine/${v7()}/hit/send`,
            authorization: 'none',
          })),
          over: (total) => bench.recorded(total, 'ledger'),
        };
      },
    });
  },
};

async function stop(server: Child<RestateServerProcess>): Promise<void> {
  await server.ask('stop');
  await server.end();
}
