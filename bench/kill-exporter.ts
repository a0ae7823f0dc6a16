// `node bench/kill-exporter.ts --kills 100 --attempts 100000`: workers make attempts and export them to a directory, and
// are killed at random moments. In the end the files together must have each row of the ledger once. Exit status 1 if not.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { v7 } from 'uuid';
import type { Child } from './child.ts';
import { nowMs } from './measure.ts';
import { onServers } from './on-workbench.ts';
import type { WorkerProcess } from './processes/worker.ts';
import { webhookPingPong } from './seed.ts';
import type { Workbench } from './workbench.ts';

const HELP = `node bench/kill-exporter.ts [options]

  --kills N     workers to kill (default 100)
  --attempts N  calls to make meanwhile, at least (default 100000)
  --workers N   that work at any time (default 2)
`;

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    attempts: { type: 'string', default: '100000' },
    workers: { type: 'string', default: '2' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const kills = number('kills');
const attempts = number('attempts');
const workers = number('workers');

const JOBS = 400;
const STANDBY = 2;
/** A run begins at once and takes about as long, so that a kill may meet it anywhere. */
const LIVES_MS = 1_500;
const ENDED_WITHIN_MS = 180_000;
const say = (line: string): void => void process.stderr.write(`${line}\n`);

const directory = await mkdtemp(join(tmpdir(), 'pawl-kill-exporter-'));
try {
  const variables = { WORKER_LEASE_MS: '1000', WORKER_POLL_INTERVAL_MS: '200', EXPORT_DIRECTORY: directory };
  await onServers({ settings: { jobs: JOBS }, variables }, say, run);
} finally {
  await rm(directory, { recursive: true, force: true });
}

async function run(bench: Workbench): Promise<void> {
  const { sql } = bench.database;
  const { url: receiverUrl } = await bench.startReceiver({ record: false });
  const seeded = await bench.seedJobs({ receiverUrl, definition: webhookPingPong, jobs: JOBS });
  for (const { tenant } of seeded.tenants) {
    await sql`
      insert into metering_exports (shard, tenant_id, id, name, destination, format, interval_minutes, created_by)
      values (${tenant.shard}, ${tenant.id}, ${v7()}, 'files', '{"type": "directory"}', 'jsonl', 1, 'bench')`;
  }
  const standby = Array.from({ length: STANDBY }, () => bench.loadWorker());
  const working: Child<WorkerProcess>[] = [];
  const launch = async () => {
    const worker = await (standby.shift() as Promise<Child<WorkerProcess>>);
    standby.push(bench.loadWorker());
    working.push(worker);
    // Not waited for: a worker may be killed while it starts, too.
    bench.work(worker).catch(() => {});
  };
  for (let i = 0; i < workers; i++) await launch();

  const startedAt = nowMs();
  let sent = 0;
  for (let killed = 0; killed < kills || sent < attempts; ) {
    const burst = { targets: seeded.jobs, senders: JOBS, warmUpMs: 0, forMs: null };
    const sending = seeded.sender.ask('send', { ...burst, total: Math.ceil(attempts / kills) });
    await dueNow(bench);
    await pause(Math.random() * LIVES_MS);
    await dueNow(bench);
    if (killed < kills) {
      await working.splice(Math.floor(Math.random() * working.length), 1)[0]?.kill();
      // Nobody waits two minutes here until the lease of a dead one is over.
      await sql`update metering_exports set leased_until = null`;
      await launch();
      killed++;
    }
    sent += (await sending).done;
    if (killed % 10 === 0) say(`${killed} kills, ${sent} transitions`);
  }
  const problems = await finish(bench);
  const ledger = await sql<{ id: string }[]>`select attempt_id as id from utility_ledger`;
  const exported = await readAll();
  const once = new Set(exported.ids);
  const missing = ledger.filter(({ id }) => !once.has(id)).length;
  const counts = {
    kills,
    seconds: Math.round((nowMs() - startedAt) / 1_000),
    ledger_rows: ledger.length,
    exported_rows: exported.ids.length,
    files: exported.files,
    missing,
    repeated: exported.ids.length - once.size,
    unknown_to_the_ledger: once.size - (ledger.length - missing),
    problems,
  };
  process.stdout.write(`${JSON.stringify(counts, null, 2)}\n`);
  const { repeated, unknown_to_the_ledger: unknown } = counts;
  process.exitCode = missing + repeated + unknown + problems.length > 0 ? 1 : 0;
}

/** A minute is long here. */
function dueNow({ database: { sql } }: Workbench) {
  return sql`update metering_exports set next_run_at = now()`;
}

/** Waits until nothing is queued and every row is exported. @returns what is left, if that takes too long */
async function finish(bench: Workbench): Promise<string[]> {
  const { sql } = bench.database;
  for (const until = nowMs() + ENDED_WITHIN_MS; nowMs() < until; await pause(200)) {
    await sql`update metering_exports set next_run_at = now() where upto is null`;
    const [left] = await sql<{ queued: number; rows: number }[]>`
      select (select count(*) from dispatch_queue where run_at < 'infinity')::integer as queued,
        ((select count(*) from utility_ledger) - (select sum(rows_exported) from metering_exports))::integer as rows`;
    if (left?.queued === 0 && left.rows <= 0) return [];
  }
  return [`not everything was exported within ${ENDED_WITHIN_MS / 1_000} s`];
}

async function readAll(): Promise<{ ids: string[]; files: number }> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.jsonl'));
  const ids: string[] = [];
  for (const file of files) {
    const text = await readFile(join(file.parentPath, file.name), 'utf8');
    for (const line of text.split('\n')) if (line !== '') ids.push(JSON.parse(line).attempt_id);
  }
  return { ids, files: files.length };
}

function number(name: 'kills' | 'attempts' | 'workers'): number {
  const value = Number(values[name]);
  if (value >= 1) return Math.floor(value);
  process.stderr.write(`--${name} is ${values[name]}; expected a number from 1\n\n${HELP}`);
  process.exit(2);
}
