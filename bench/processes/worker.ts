// The worker as it runs in production, in a process of its own.
import { pino } from 'pino';
import type { Config } from '../../config/config.ts';
import { startWorker } from '../../processes/worker.ts';
import { serve } from '../child.ts';
import { usage } from '../measure.ts';

let worker: Awaited<ReturnType<typeof startWorker>> | null = null;

export type WorkerProcess = typeof handlers;

const handlers = {
  async start({ config, databaseUrl }: { config: Config; databaseUrl: string }): Promise<void> {
    const log = pino({ level: config.log.level }, pino.destination(2));
    worker = await startWorker({ config, databaseUrl, log });
  },
  usage,
  async stop() {
    await worker?.stop();
  },
};

serve(handlers);
