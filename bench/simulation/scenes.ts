// The installations that the report shows, and what they meet: which resource ends first in each, what a loss does to it,
// and what a great rate would take.
import { SHARDS_OF_ONE_SERVER } from '../../db/operator.ts';
import type { Assumptions, Costs } from './costs.ts';
import { databaseCost, type Layout, type Limit, limitsOf, type Work, workerUs } from './limits.ts';
import { type Losses, type LossOptions, lose } from './losses.ts';
import { type Plan, planFor } from './plan.ts';
import { createSeeded } from './seeded.ts';
import { SHARDS, type Spread, type SpreadOptions, spread } from './spread.ts';

export interface Scene {
  name: string;
  layout: Layout;
  placement: SpreadOptions['placement'];
  /** Whether the report shows what its losses do. */
  loses?: boolean;
}

/** What tenants there are, and what their events ask for. */
export interface Population {
  seed: number;
  tenants: number;
  tail: number | null;
  /** Null: as new tenants are given them, four on one server and all of them on several. */
  shards: number | null;
  work: Work;
}

export interface Model {
  costs: Costs;
  assumed: Assumptions;
}

export const TENANTS: Population = {
  seed: 1,
  tenants: 10_000,
  tail: 1.16,
  shards: null,
  work: { actions: 1, receiverMs: 200, connectionsPerTenant: 2, connectionPerSecond: null },
};

/** A machine with a disk of its own; a third of everything is left for peaks, vacuum, checkpoints and the system. */
export const MACHINE: Layout = {
  servers: 1,
  coresPerServer: 8,
  walMbPerSecond: 400,
  maxConnections: 500,
  apiProcesses: 2,
  workers: 2,
  poolMax: 10,
  workerConcurrency: 256,
  usable: 0.7,
};

const LARGE = { coresPerServer: 32, walMbPerSecond: 1_000, apiProcesses: 64, workers: 128, poolMax: 6 };
const MANY = {
  apiProcesses: 512,
  workers: 1_024,
  poolMax: 6,
  maxConnections: 5_000,
  workerConcurrency: 1_024,
};

export const STEPS: readonly Scene[] = [
  {
    name: 'one Postgres of 4 cores, 1 API process, 1 worker',
    layout: { ...MACHINE, coresPerServer: 4, apiProcesses: 1, workers: 1 },
    placement: 'hashed',
  },
  {
    name: 'one Postgres of 4 cores, 4 API processes, 8 workers',
    layout: { ...MACHINE, coresPerServer: 4, apiProcesses: 4, workers: 8 },
    placement: 'hashed',
    loses: true,
  },
  {
    name: 'one Postgres of 16 cores, 16 API processes, 32 workers',
    layout: { ...MACHINE, coresPerServer: 16, apiProcesses: 16, workers: 32 },
    placement: 'hashed',
  },
  {
    name: 'one Postgres of 32 cores, 64 API processes, 128 workers, a pooler',
    layout: { ...MACHINE, ...LARGE, maxConnections: 1_000 },
    placement: 'hashed',
  },
  ...[2, 4, 8].flatMap((servers): Scene[] =>
    (['hashed', 'balanced'] as const).map((placement) => ({
      name: `Citus, ${servers} servers of 32 cores, ${placement === 'hashed' ? 'as it is laid out' : 'buckets moved by load'}`,
      layout: { ...MACHINE, ...LARGE, ...MANY, servers },
      placement,
      loses: servers === 4 && placement === 'balanced',
    })),
  ),
];

export interface Ending {
  scene: Scene;
  limits: Limit[];
  busiestServer: number;
  busiestShard: number;
  busiestTenant: number;
}

const laidOut = ({ layout: { servers }, placement }: Scene, population: Population): Spread => {
  const shards = population.shards ?? (servers === 1 ? SHARDS_OF_ONE_SERVER.length : SHARDS);
  return spread(createSeeded(population.seed), { ...population, shards, servers, placement });
};

export function endingOf(scene: Scene, population: Population, model: Model): Ending {
  const laid = laidOut(scene, population);
  return {
    scene,
    limits: limitsOf(scene.layout, population.work, laid, model),
    busiestServer: Math.max(...laid.servers),
    busiestShard: Math.max(...laid.shards),
    busiestTenant: Math.max(...laid.tenants),
  };
}

export interface LossScene {
  name: string;
  rate: number;
  losses: Losses;
}

/** WORKER_LEASE_MS, and the heartbeat after which somebody looks. */
const TAKEOVER_S = 20;
const REPLACED_AFTER_S = 30;
/** Of a server of Citus with a standby: until it is found dead and the standby takes over. */
const FAILOVER_S = 30;
/** Until connections to a machine that says nothing are given up (db/client.ts, `connect_timeout`). */
const SILENT_S = 10;
const SHOWN_S = 600;

/** At these parts of the rate at which something ends. */
const PARTS = [0.5, 0.8];

export function lossesOf(scene: Scene, population: Population, model: Model): LossScene[] {
  const { layout } = scene;
  const { seed } = population;
  // The simulation over time counts whole actions.
  const work = { ...population.work, actions: Math.max(1, Math.round(population.work.actions)) };
  const ends = endingOf(scene, population, model).limits[0]?.perSecond ?? 0;
  const { servers } = layout;
  const laid = laidOut(scene, population);
  const eventUs = databaseCost(model.costs, model.assumed, { actions: 0, spread: laid }).cpuUs(1);
  const allUs = databaseCost(model.costs, model.assumed, { actions: work.actions, spread: laid }).cpuUs(1);
  const actionS = (2 * model.assumed.commitMs + work.receiverMs) / 1_000;
  const workerPerSecond =
    layout.usable *
    Math.min(
      layout.workerConcurrency / actionS,
      (1e6 * work.actions) / workerUs(model.costs, work.actions, laid),
    );
  const lost = { atS: 30, backAfterS: REPLACED_AFTER_S };
  const index = laid.servers.indexOf(Math.max(...laid.servers));
  const server = { atS: 30, index, silentS: SILENT_S, backAfterS: FAILOVER_S };

  return PARTS.flatMap((part) => {
    const rate = ends * part;
    const options = {
      seconds: SHOWN_S,
      rate,
      actions: work.actions,
      shares: laid.servers,
      workers: layout.workers,
      workerPerSecond,
      server: {
        usPerSecond: layout.coresPerServer * 1e6 * layout.usable,
        eventUs,
        actionUs: (allUs - eventUs) / work.actions,
      },
      underWay: Math.min(
        layout.workerConcurrency,
        Math.ceil((rate * work.actions * actionS) / layout.workers),
      ),
      takeoverS: TAKEOVER_S,
    };
    const meet = (what: string, of: Pick<LossOptions, 'worker' | 'serverLost'>): LossScene => ({
      name: `${what}, at ${Math.round(part * 100)} %`,
      rate,
      losses: lose(createSeeded(seed), { ...options, ...of }),
    });
    return [
      meet('a worker', { worker: lost, serverLost: null }),
      meet(servers === 1 ? 'Postgres' : 'the busiest server', { worker: null, serverLost: server }),
    ];
  });
}

export interface Planned {
  name: string;
  plan: Plan;
}

/** Of a job: it is started, gets one event, and one of the two transitions queues an action. */
export const TRANSITIONS_PER_JOB = 2;

/** A million jobs a second, with the shards there are and with more of them. */
export function plansFor(jobsPerSecond: number, population: Population, model: Model): Planned[] {
  const work = { ...population.work, actions: population.work.actions / TRANSITIONS_PER_JOB };
  const machine = { ...MACHINE, ...LARGE, ...MANY, poolMax: 6 };
  const of = (name: string, shape: Omit<SpreadOptions, 'servers'>): Planned => ({
    name,
    plan: planFor(
      { rate: jobsPerSecond * TRANSITIONS_PER_JOB, work, machine, spread: shape, seed: population.seed },
      model,
    ),
  });
  const { tenants, tail } = population;
  const more = 4_096;
  return [
    of(`${SHARDS} shards, buckets moved by load`, { tenants, tail, shards: SHARDS, placement: 'balanced' }),
    of(`${more} shards, buckets moved by load`, { tenants, tail, shards: more, placement: 'balanced' }),
    of(`${more} shards, no tenant larger than the others`, {
      tenants: tenants * 10,
      tail: null,
      shards: more,
      placement: 'balanced',
    }),
  ];
}
