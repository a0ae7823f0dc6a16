// `node bench/export.ts --rows 1000000`: fills the ledger of one tenant, lets the rollups catch up, and measures how fast
// each format is exported over HTTP, in what memory, and how soon a month's usage answers. Prints one JSON object.
import { parseArgs } from 'node:util';
import { median, nowMs } from './measure.ts';
import { onServers } from './on-workbench.ts';
import { webhookPingPong } from './seed.ts';
import type { Workbench } from './workbench.ts';

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' } } });
const rows = Number(values.rows);
if (!(rows >= 1)) {
  process.stderr.write('--rows expects a number from 1\n');
  process.exit(2);
}

const FORMATS = ['csv', 'jsonl', 'cloudevents', 'parquet'] as const;
const CONNECTIONS = 20;
const WORKFLOWS = 5;
const ANSWERS = 21;
const FILLED_AT_ONCE = 50_000;
const MONTH = { from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z' };
const say = (line: string): void => void process.stderr.write(`${line}\n`);

const measured = await onServers({ settings: { tenants: 1, jobs: 1 } }, say, run);
process.stdout.write(`${JSON.stringify(measured, null, 2)}\n`);

async function run(bench: Workbench): Promise<object> {
  const { url: receiverUrl } = await bench.startReceiver({ record: false });
  const { tenants } = await bench.seedJobs({ receiverUrl, definition: webhookPingPong, jobs: 1 });
  const [{ tenant, apiKey } = fail()] = tenants;
  // Before a worker closes the month: rows of the past would count in the hour that is open.
  for (let from = 0; from < rows; from += FILLED_AT_ONCE) await fill(bench, tenant, from);
  await bench.database.settle();
  const settlingFrom = nowMs();
  const worker = await bench.loadWorker();
  await bench.work(worker);
  await settled(bench);
  const settledMs = nowMs() - settlingFrom;
  await worker.ask('stop');
  await bench.database.settle();

  const { url, api } = await bench.startApi();
  const get = (path: string) =>
    fetch(`${url}/api/v1/metering${path}`, { headers: { authorization: `Bearer ${apiKey}` } });
  const usageMs: Record<string, number> = {};
  for (const groupBy of ['', 'day', 'day,outcome', 'connection,workflow,outcome']) {
    const took: number[] = [];
    for (let i = 0; i < ANSWERS; i++) {
      const startedAt = nowMs();
      await (await get(`/usage?from=${MONTH.from}&to=${MONTH.to}&group_by=${groupBy}`)).json();
      took.push(nowMs() - startedAt);
    }
    usageMs[groupBy || 'total'] = rounded(median(took));
  }
  const exports: object[] = [];
  for (const format of FORMATS) {
    const before = (await api.ask('usage')).peakRssMb;
    const startedAt = nowMs();
    const response = await get(`/export?format=${format}`);
    let bytes = 0;
    for await (const chunk of response.body ?? []) bytes += chunk.length;
    const seconds = (nowMs() - startedAt) / 1_000;
    const { peakRssMb } = await api.ask('usage');
    exports.push({
      format,
      rows_per_s: Math.round(rows / seconds),
      mb: rounded(bytes / 1e6),
      peak_rss_mb_before: rounded(before),
      peak_rss_mb: rounded(peakRssMb),
    });
    say(JSON.stringify(exports.at(-1)));
  }
  return { rows, rollups_ms: Math.round(settledMs), month_usage_ms: usageMs, exports };
}

function fill({ database: { sql } }: Workbench, of: { id: string; shard: number }, from: number) {
  const count = Math.min(FILLED_AT_ONCE, rows - from);
  // Ids in the order of time, as attempts have them: 48 bits of milliseconds, then anything.
  return sql`
    insert into utility_ledger (shard, tenant_id, attempt_id, at, kind, quantity, outcome, provider, connection_id,
      workflow_id, job_id, action_run_id, attempt, status_code, request_bytes, response_bytes, duration_ms)
    select ${of.shard}, ${of.id}, overlay(overlay(md5(i::text) placing
        lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') from 1) placing '7' from 13)::uuid,
      at, 'WebhookEgress', 1, (array['succeeded', 'failed', 'unknown'])[1 + (i % 3)::integer], 'generic_rest',
      lpad(to_hex(i % ${CONNECTIONS}), 32, '0')::uuid, lpad(to_hex(i % ${WORKFLOWS}), 32, 'a')::uuid, md5(i::text)::uuid,
      md5(i::text)::uuid, 1, 200, 300, 900, 12
    from generate_series(${from}::bigint, ${from + count - 1}::bigint) as i,
      lateral (select ${MONTH.from}::timestamptz + i * (interval '31 days' / ${rows}::float8) as at) t`;
}

async function settled({ database: { sql } }: Workbench): Promise<void> {
  for (;;) {
    const [row] = await sql<{ left: number }[]>`
      select count(*)::integer as left from utility_ledger, metering_progress where tx >= settled`;
    if (row?.left === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function fail(): never {
  throw new Error('there is no tenant');
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
