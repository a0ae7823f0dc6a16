// The model beside what was measured: what is predicted for a run is made from others, never from that run's own CPU time.
import { cpu, statementsOf } from './calibrate.ts';
import type { Measured, Run } from './costs.ts';

export interface Compared {
  figure: string;
  predicted: number;
  measured: number;
  /** Of the measured figure: 0.1 is a tenth too much. */
  error: number;
  from: string;
}

/** @param bench what `npm run bench -- --json` printed; null: only what measure.ts measured */
export function check(
  { runs, costs, cores }: Measured,
  bench: Readonly<Record<string, unknown>> | null,
): Compared[] {
  const run = (name: string) => runs[name] as Run;
  const compared: Compared[] = [];
  const compare = (figure: string, predicted: number, measured: unknown, from: string) => {
    if (typeof measured !== 'number') return;
    compared.push({ figure, predicted, measured, error: predicted / measured - 1, from });
  };
  const transitionUs = (of: Run) =>
    costs.postgres.transitionUs + statementsOf(of) * costs.postgres.statementUs;

  for (const tenants of [4, 64]) {
    const of = run(`transitions_${tenants}`);
    const figure = `Postgres, µs a transition, ${tenants} tenants on a shard each`;
    compare(figure, transitionUs(of), cpu(of, 'postgres'), '1 and 16 tenants');
  }
  const [http, e2e, delivered] = [run('http_4'), run('e2e_4'), run('deliveries_4')];
  compare(
    'HTTP, µs of Postgres a transition',
    transitionUs(http),
    cpu(http, 'postgres'),
    'transitions without',
  );

  // The parts one after the other: as if the batches of a full queue and of events that come in were the same.
  const queueing = Math.max(0, cpu(run('queued_4'), 'postgres') - cpu(run('transitions_4'), 'postgres'));
  const api = costs.api.transitionUs + costs.api.actionUs + statementsOf(e2e) * costs.api.statementUs;
  const parts = api + cpu(http, 'postgres') + queueing + total(delivered) + cpu(http, 'load');
  const from = 'http, queueing, deliveries';
  compare('end to end, µs of everything an event', parts, total(e2e), from);
  const longest = Math.max(api, cpu(delivered, 'worker'));
  const rate = Math.min((cores * busyOf(http, cores) * 1e6) / parts, 1e6 / longest);
  compare('end to end, events/s', rate, e2e.perSecond, from);

  for (const workers of [2, 4]) {
    const by = run(`deliveries_4_by_${workers}`);
    const ofPostgres = costs.postgres.actionUs - queueing + by.commits * costs.postgres.commitUs;
    compare(
      `${workers} workers, µs of Postgres an action`,
      ofPostgres,
      cpu(by, 'postgres'),
      '1 worker, end to end',
    );
    const ofWorkers = costs.worker.actionUs + by.commits * costs.worker.commitUs;
    compare(`${workers} workers, µs of them an action`, ofWorkers, cpu(by, 'worker'), '1 worker, end to end');
  }
  for (const tenants of [16, 64]) {
    const of = run(`deliveries_${tenants}`);
    compare(`${tenants} tenants, µs of everything an action`, total(delivered), total(of), '4 tenants');
  }
  const backlog = run('deliveries_4_backlog');
  compare('4 × the backlog, µs of everything an action', total(delivered), total(backlog), 'the short one');
  compare('4 × the backlog, actions/s', delivered.perSecond, backlog.perSecond, 'the short one');

  if (bench) {
    const { wal } = costs;
    compare('bench: WAL a transition, bytes', wal.transitionBytes, bench.transitions_wal_bytes, 'measure.ts');
    compare('bench: WAL a delivery, bytes', delivered.walBytes, bench.deliveries_wal_bytes, 'measure.ts');
    const seconds = bench.deliveries_cpu_s_per_1k;
    compare('bench: worker, CPU s a 1 000', cpu(delivered, 'worker') / 1_000, seconds, 'measure.ts');
    compare('bench: deliveries/s', delivered.perSecond, bench.deliveries_per_s, 'measure.ts');
    compare('bench: transitions over HTTP/s', http.perSecond, bench.http_transitions_per_s, 'measure.ts');
    compare('bench: end to end/s', rate, bench.e2e_per_s, 'measure.ts');
  }
  return compared;
}

const total = ({ cpuUs }: Run): number => Object.values(cpuUs).reduce((sum, us) => sum + us, 0);

/** The part of all cores that a run used. */
const busyOf = (run: Run, cores: number): number => (run.perSecond * total(run)) / (cores * 1e6);
