// What one process measures and traces, wired: its metrics with their listener, and its traces, each where it is configured.
import type { Config } from '../config/config.ts';
import type { Database } from '../db/client.ts';
import type { Readiness } from '../db/readiness.ts';
import { createSender } from '../egress/sender.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import type { Tracing } from '../telemetry/span.ts';
import type { Logger } from './log.ts';
import { startOperations } from './operations.ts';
import { operatorsPolicy } from './operators-policy.ts';
import { USER_AGENT, VERSION } from './version.ts';

export interface Telemetry {
  /** Undefined where nobody asks for metrics: then nothing is counted. */
  metrics: Metrics | undefined;
  tracing: Tracing | undefined;
  /** Opens the listener. @returns where it is, or null where there is none */
  listen(readiness: () => Promise<Readiness>): Promise<string | null>;
  stop(): Promise<void>;
}

export async function openTelemetry(
  role: 'api' | 'worker',
  config: Pick<Config, 'metrics' | 'tracing' | 'database'>,
  { db, log }: { db: Database; log: Logger },
): Promise<Telemetry> {
  const { host, token } = config.metrics;
  const port = role === 'api' ? config.metrics.apiPort : config.metrics.workerPort;
  const metrics = port === undefined ? undefined : createMetrics({ process: role, version: VERSION });
  metrics?.watchPool(db.pool, config.database.poolMax);
  const traces = config.tracing && (await openTraces(role, config.tracing, log));
  const stops: (() => Promise<void>)[] = traces ? [traces.stop] : [];
  return {
    metrics,
    tracing: traces?.tracing,
    async listen(readiness) {
      if (port === undefined || !metrics) return null;
      const operations = await startOperations({ host, port, token, metrics, readiness, version: VERSION });
      stops.push(operations.stop);
      log.info({ url: operations.url }, 'metrics are shown');
      return operations.url;
    },
    stop: async () => void (await Promise.all(stops.map((stop) => stop()))),
  };
}

async function openTraces(role: string, config: NonNullable<Config['tracing']>, log: Logger) {
  // Loaded where it is configured: it is a megabyte that most processes never need.
  const { createTracing } = await import('../telemetry/tracing.ts');
  const sender = createSender({ policy: operatorsPolicy(config.url), userAgent: USER_AGENT });
  const tracing = createTracing({
    ...config,
    version: VERSION,
    process: role,
    send: sender.send,
    onError: (error) => log.warn({ err: error }, 'traces could not be sent'),
  });
  async function stop(): Promise<void> {
    await tracing.stop();
    await sender.close();
  }
  return { tracing, stop };
}
