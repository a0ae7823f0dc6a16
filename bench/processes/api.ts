// The API as it runs in production, in a process of its own.
import { pino } from 'pino';
import type { Config } from '../../config/config.ts';
import { startApi } from '../../processes/api.ts';
import { serve } from '../child.ts';
import { usage } from '../measure.ts';

let api: Awaited<ReturnType<typeof startApi>> | null = null;

export type ApiProcess = typeof handlers;

const handlers = {
  async start({ config, databaseUrl }: { config: Config; databaseUrl: string }): Promise<{ url: string }> {
    api = await startApi({
      config,
      databaseUrl,
      log: pino({ level: config.log.level }, pino.destination(2)),
    });
    return { url: api.url };
  },
  usage,
  async stop() {
    await api?.stop();
  },
};

serve(handlers);
