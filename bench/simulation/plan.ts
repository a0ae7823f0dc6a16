// How much is needed for a rate of events: processes from what each is measured to do, servers by trying, and what it comes to in
// log, disk, network and connections.
import type { Assumptions, Costs } from './costs.ts';
import { apiUs, databaseCost, type Layout, type Limit, limitsOf, type Work, workerUs } from './limits.ts';
import { createSeeded } from './seeded.ts';
import { over, type SpreadOptions, spread } from './spread.ts';

export interface PlanOptions {
  rate: number;
  work: Work;
  /** Of each machine. */
  machine: Pick<
    Layout,
    'coresPerServer' | 'walMbPerSecond' | 'maxConnections' | 'poolMax' | 'workerConcurrency' | 'usable'
  >;
  spread: Omit<SpreadOptions, 'servers'>;
  seed: number;
}

export interface Plan {
  apiProcesses: number;
  workers: number;
  /** Null: no number of servers is enough, because of `unmet`. */
  servers: number | null;
  busiestServerShare: number;
  /** What would end below the rate, all servers given. */
  unmet: Limit[];
  /** Over all servers. */
  walMbPerSecond: number;
  walTbPerDay: number;
  diskTbPerDay: number;
  /** From API and workers to servers and back, and to receivers; without replicas. */
  networkGbitPerSecond: number;
  clientConnections: number;
  statementsPerSecond: number;
}

/** A request with its answer, over the wire, with what carries it; and what its rows are on their way to the server. */
const EVENT_BYTES = 1_500;
const ACTION_BYTES = 2_500;
/** Connections of a process: for what it listens to, for sealing, and at its start (docs/operating.md). */
const BESIDE_THE_POOL = 6;
/** What more servers move; what else ends before is said. */
const BOUGHT_WITH_SERVERS = new Set(['Postgres CPU of the busiest server', 'log of the busiest server']);

export function planFor(
  { rate, work, machine, spread: shape, seed }: PlanOptions,
  { costs, assumed }: { costs: Costs; assumed: Assumptions },
): Plan {
  const { actions } = work;
  const usable = machine.usable;
  const anywhere = spread(createSeeded(seed), { ...shape, servers: 1 });
  const onServers = over(anywhere, { servers: shape.shards, placement: shape.placement });
  const apiProcesses = Math.ceil((rate * apiUs(costs, actions, onServers)) / (1e6 * usable));
  const actionS = (work.receiverMs + 2 * assumed.commitMs) / 1_000;
  const workers = Math.max(
    1,
    Math.ceil((rate * workerUs(costs, actions, onServers)) / (1e6 * usable)),
    Math.ceil((rate * actions * actionS) / (machine.workerConcurrency * usable)),
  );
  const limitsWith = (servers: number) => {
    const laid = over(anywhere, { servers, placement: shape.placement });
    const layout = { ...machine, servers, apiProcesses, workers };
    return { laid, limits: limitsOf(layout, work, laid, { costs, assumed }) };
  };
  const isEnough = (servers: number) =>
    limitsWith(servers).limits.every(
      ({ resource, perSecond }) => !BOUGHT_WITH_SERVERS.has(resource) || perSecond >= rate * (1 - 1e-9),
    );
  // More servers than shards hold nothing.
  let enough = isEnough(shape.shards) ? 1 : null;
  while (enough !== null && !isEnough(enough)) enough++;
  const chosen = limitsWith(enough ?? shape.shards);
  const database = databaseCost(costs, assumed, { actions, spread: chosen.laid });
  const wal = (rate * database.walBytes) / 1e6;
  const disk = rate * (costs.disk.transitionBytes + actions * costs.disk.actionBytes);
  return {
    apiProcesses,
    workers,
    servers: enough,
    busiestServerShare: Math.max(...chosen.laid.servers),
    unmet: chosen.limits.filter(({ perSecond }) => perSecond < rate * (1 - 1e-9)),
    walMbPerSecond: wal,
    walTbPerDay: (wal * 86_400) / 1e6,
    diskTbPerDay: (disk * 86_400) / 1e12,
    networkGbitPerSecond: (rate * (2 * EVENT_BYTES + actions * 2 * ACTION_BYTES) * 8) / 1e9,
    clientConnections: (apiProcesses + workers) * (machine.poolMax + BESIDE_THE_POOL),
    statementsPerSecond: rate * database.statements,
  };
}
