// The sealer as it runs beside a worker, in a process of its own, and what it has used.
import { sealLog } from '../../audit/seal-log.ts';
import { connect, type Database } from '../../db/client.ts';
import { createLoop, type Loop } from '../../worker/loop.ts';
import { serve } from '../child.ts';
import { usage } from '../measure.ts';

let db: Database | null = null;
let loop: Loop | null = null;
let sealed = 0;
let stopping = false;

export type SealerProcess = typeof handlers;

const handlers = {
  open({ databaseUrl }: { databaseUrl: string }): void {
    db = connect({ url: databaseUrl, role: 'pawl_sealer', poolMax: 1, applicationName: 'bench sealer' });
  },
  start({ intervalMs }: { intervalMs: number }): void {
    loop = createLoop({
      intervalMs,
      onError: (error) => process.stderr.write(`${error}\n`),
      async run() {
        sealed += await sealLog(opened(), () => !stopping);
        return false;
      },
    });
    loop.start();
  },
  sealed: () => sealed,
  /** Seals all there is. @returns how many entries that were */
  sealAll: (): Promise<number> => sealLog(opened()),
  usage,
  async stop() {
    stopping = true;
    await loop?.stop();
    await db?.close();
  },
};

serve(handlers);

function opened(): Database {
  if (!db) throw new Error('open comes first');
  return db;
}
