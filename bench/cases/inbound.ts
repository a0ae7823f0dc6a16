// Webhooks that arrive: signature checked, stored and answered. What they set off is done later, by a worker that is not
// running here.
import { webhookPath } from '../../api/routes/webhooks.ts';
import type { Case } from '../case.ts';
import type { Load } from '../load.ts';
import { warmUpMsFor } from '../measure.ts';
import { seed, seedSources, silentPingPong } from '../seed.ts';

const SECRET = "It's a Secret to Everybody";

export const inbound: Case = {
  name: 'inbound',
  group: 'inbound',
  repeated: true,
  floor: 'pgbench',
  async run(bench) {
    const { seconds, connections, tenants: count } = bench.settings;
    const warmUpMs = warmUpMsFor(seconds);
    const of = { databaseUrl: bench.database.url, keyRing: bench.keyRing };
    const receiverUrl = 'http://127.0.0.1:9';
    const tenants = await seed({ ...of, receiverUrl, tenants: count, definition: silentPingPong });
    const sources = await seedSources(of, tenants, SECRET);
    const targets = Array.from({ length: connections }, (_, i) => ({
      path: webhookPath(sources[i % sources.length] as string),
      secret: SECRET,
    }));
    const { url } = await bench.startApi();
    const load = await bench.start<Load>(new URL('../load.ts', import.meta.url));
    await bench.database.settle();
    const answers = await load.ask('drive', {
      url,
      targets,
      connections,
      warmUpMs,
      forMs: warmUpMs + seconds * 1_000,
    });
    if (answers.failed > 0) throw new Error(`${answers.failed} webhooks failed: ${answers.firstFailure}`);
    const [stored] = await bench.database.sql<{ rows: number }[]>`
      select count(*)::integer as rows from inbound_events`;
    if (Number(stored?.rows) < answers.done) throw new Error('more webhooks were answered than are stored');
    return {
      inbound_per_s: answers.perSecond,
      inbound_p50_ms: answers.p50Ms,
      inbound_p99_ms: answers.p99Ms,
    };
  },
};
