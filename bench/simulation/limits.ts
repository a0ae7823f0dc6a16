// At which load which resource ends first. Each resource has a capacity, and each event takes a part of it; what ends first
// is what is used up at the lowest rate of events. An event is one transition over HTTP, and the actions that it queues.
import type { Assumptions, Costs } from './costs.ts';
import type { Spread } from './spread.ts';

export interface Layout {
  /** 1: one Postgres. More: servers of Citus, beside a coordinator of the same size. */
  servers: number;
  coresPerServer: number;
  /** What the log of a server takes, lastingly. */
  walMbPerSecond: number;
  maxConnections: number;
  apiProcesses: number;
  workers: number;
  poolMax: number;
  /** WORKER_CONCURRENCY; a tenant has half of it and a connection a quarter, as by default. */
  workerConcurrency: number;
  /** The part of each resource that may be used; the rest is for peaks, vacuum and checkpoints. */
  usable: number;
}

export interface Work {
  /** Actions that a transition queues, on average. */
  actions: number;
  receiverMs: number;
  /** Connections that a tenant's actions are divided among. */
  connectionsPerTenant: number;
  /** Of each connection; null: as much as goes. */
  connectionPerSecond: number | null;
}

export interface Limit {
  resource: string;
  /** Events a second at which it ends. */
  perSecond: number;
}

/** Reserved for superusers, migrations, LISTEN and whoever looks. */
const RESERVED_CONNECTIONS = 20;
/** processes/commit-concurrency.ts */
const COMMIT_SHARE = 1 / 3;

/** @returns every resource, the one that ends first first */
export function limitsOf(
  layout: Layout,
  work: Work,
  spread: Spread,
  { costs, assumed }: { costs: Costs; assumed: Assumptions },
): Limit[] {
  const { actions } = work;
  const entries = 1 + actions;
  const [tenant, shard, server] = [spread.tenants, spread.shards, spread.servers].map((shares) =>
    Math.max(...shares),
  ) as [number, number, number];
  const database = databaseCost(costs, assumed, { actions, spread });
  const commitS = assumed.commitMs / 1_000;
  const actionS = work.receiverMs / 1_000 + 2 * commitS;
  const { apiProcesses, workers, poolMax, workerConcurrency } = layout;
  const connections = Math.min(
    (apiProcesses + workers) * poolMax,
    Math.max(1, layout.maxConnections - RESERVED_CONNECTIONS),
  );
  const concurrency = Math.max(1, Math.floor(poolMax * COMMIT_SHARE));

  const uses: [string, number, number][] = [
    ['API CPU', apiProcesses * 1e6, apiUs(costs, actions, spread)],
    ['worker CPU', workers * 1e6, workerUs(costs, actions, spread)],
    ['lists that workers walk', workers * workerConcurrency, actions * actionS],
    ['Postgres CPU of the busiest server', layout.coresPerServer * 1e6, database.cpuUs(server)],
    ['log of the busiest server', layout.walMbPerSecond * 1e6, server * database.walBytes],
    ['connections', connections, database.statements * commitS],
    ['commits of the API under way', apiProcesses * concurrency * assumed.batchMax, commitS],
    [
      'records of the workers under way',
      workers * assumed.recordConcurrency * assumed.batchMax,
      2 * actions * commitS,
    ],
    ['sealing of the busiest shard', 1e6, shard * entries * costs.postgres.sealUs],
    ['lists of the busiest tenant', workers * Math.ceil(workerConcurrency / 2), tenant * actions * actionS],
    [
      'lists of the busiest connection',
      workers * Math.ceil(workerConcurrency / 4),
      (tenant / work.connectionsPerTenant) * actions * actionS,
    ],
  ];
  if (layout.servers > 1) {
    uses.push(['coordinator CPU', layout.coresPerServer * 1e6, database.coordinatorUs]);
  }
  const limits = uses.map(([resource, has, takes]) => ({
    resource,
    perSecond: (has * layout.usable) / takes,
  }));
  if (work.connectionPerSecond !== null) {
    const takes = (tenant / work.connectionsPerTenant) * actions;
    limits.push({
      resource: 'rate of the busiest connection',
      perSecond: work.connectionPerSecond / takes,
    });
  }
  return limits.filter(({ perSecond }) => perSecond < Number.POSITIVE_INFINITY).sort(byRate);
}

const byRate = (a: Limit, b: Limit): number => a.perSecond - b.perSecond;

/** Of an API process, for an event. */
export const apiUs = (costs: Costs, actions: number, spread: Spread): number =>
  costs.api.transitionUs +
  actions * costs.api.actionUs +
  statementsOfTransition(costs, spread) * costs.api.statementUs;

/** On Citus a batch is of one shard, and grows while others have the connections: 15 rows on 4 shards, 32 on 64. */
const statementsOfTransition = ({ batch }: Costs, { shards, servers }: Spread): number =>
  (servers.length > 1 ? 1 : reached(shards, batch)) / batch;

/** Of a worker, for an event. */
export const workerUs = (costs: Costs, actions: number, spread: Spread): number =>
  actions * (costs.worker.actionUs + commitsOfAction(costs, spread) * costs.worker.commitUs);

/** Of a worker for an action, on Citus: claim, load, start and record are each of one shard; all but the load commit. */
const CALLS_OF_ACTION = 4;
const COMMITS_OF_ACTION = 3;

const commitsOfAction = ({ batch, actionCommits }: Costs, { servers }: Spread): number =>
  servers.length === 1 ? actionCommits : Math.max(actionCommits, COMMITS_OF_ACTION / batch);

export interface DatabaseCost {
  /** For an event, of a server that has this share of the load. */
  cpuUs(share: number): number;
  walBytes: number;
  /** Statements for an event that a connection is held for. */
  statements: number;
  /** On Citus. */
  coordinatorUs: number;
}

/** What an event costs the databases, all together. */
export function databaseCost(
  costs: Costs,
  assumed: Assumptions,
  { actions, spread }: { actions: number; spread: Spread },
): DatabaseCost {
  const { postgres, wal } = costs;
  const isCitus = spread.servers.length > 1;
  const statements = statementsOfTransition(costs, spread);
  const calls = isCitus ? statements * (1 + CALLS_OF_ACTION * actions) : 0;
  const rows = isCitus ? 1 + CALLS_OF_ACTION * actions : 0;
  const commits = commitsOfAction(costs, spread);
  const action = postgres.actionUs + commits * postgres.commitUs;
  const all =
    postgres.transitionUs +
    statements * postgres.statementUs +
    actions * action +
    (1 + actions) * postgres.sealUs +
    calls * assumed.serverCallUs;
  return {
    cpuUs: (share) => share * all,
    walBytes: wal.transitionBytes + actions * wal.actionBytes,
    statements: isCitus ? calls : statements + actions * commits,
    coordinatorUs: calls * assumed.coordinatorCallUs + rows * assumed.coordinatorRowUs,
  };
}

/** How many of several places `draws` draws reach, where each is drawn with its share. */
export const reached = (shares: readonly number[], draws: number): number =>
  shares.reduce((sum, share) => sum + 1 - (1 - share) ** draws, 0);
