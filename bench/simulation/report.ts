// What the simulation found, as tables of Markdown.
import type { Compared } from './check.ts';
import { ASSUMED, type Measured } from './costs.ts';
import { apiUs, databaseCost, workerUs } from './limits.ts';
import type { Ending, LossScene, Planned } from './scenes.ts';
import { createSeeded } from './seeded.ts';
import { spread } from './spread.ts';

const number = (value: number, digits = 0): string =>
  value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** Two numbers of a rate are worth telling. */
const about = (value: number): string => number(Number(value.toPrecision(2)));

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const ruler = head.map((_, column) => (column === 0 ? '---' : '--:'));
  return [head, ruler, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

export function costsTable({ costs, machine, measuredAt }: Measured): string {
  const one = (servers: number, tenants: number) =>
    spread(createSeeded(1), { tenants, tail: null, shards: 64, servers, placement: 'hashed' });
  const pg = (actions: number, tenants: number) =>
    databaseCost(costs, ASSUMED, { actions, spread: one(1, tenants) }).cpuUs(1);
  const row = (name: string, of: (tenants: number) => number, digits = 0) => [
    name,
    ...[1, 10_000].map((tenants) => number(of(tenants), digits)),
  ];
  const rows = [
    row('API process, a transition', (tenants) => apiUs(costs, 0, one(1, tenants))),
    row('Postgres, a transition with its seal', (tenants) => pg(0, tenants)),
    row('API process, queueing an action', () => costs.api.actionUs),
    row('worker, an action', (tenants) => workerUs(costs, 1, one(1, tenants))),
    row('Postgres, an action with its seal', (tenants) => pg(1, tenants) - pg(0, tenants)),
  ];
  return `Measured ${measuredAt.slice(0, 10)} on ${machine}; microseconds of one core.

${table(['', 'all on one shard', 'spread over 64 shards'], rows)}

WAL: ${number(costs.wal.transitionBytes)} bytes a transition, ${number(costs.wal.actionBytes)} an action. Disk:
${number(costs.disk.transitionBytes)} and ${number(costs.disk.actionBytes)} bytes.`;
}

export const endingsTable = (endings: readonly Ending[]): string =>
  table(
    ['', 'events/s', 'ends first', 'then', 'busiest server'],
    endings.map(({ scene, limits: [first, second], busiestServer }) => [
      scene.name,
      about(first?.perSecond ?? 0),
      first?.resource ?? '',
      `${second?.resource}, ${about(second?.perSecond ?? 0)}`,
      percent(busiestServer),
    ]),
  );

export const limitsTable = ({ limits }: Ending): string =>
  table(
    ['resource', 'events/s at which it ends'],
    limits.map(({ resource, perSecond }) => [resource, number(perSecond)]),
  );

export const lossesTable = (scenes: readonly LossScene[]): string =>
  table(
    ['lost', 'events/s', 'refused', 'most actions waiting', 'oldest action', 'worked off after'],
    scenes.map(({ name, rate, losses }) => [
      name,
      about(rate),
      number(losses.refused),
      number(losses.mostWaiting),
      `${number(losses.oldestS)} s`,
      losses.drainedAfterS === null ? 'not in 10 minutes' : `${number(losses.drainedAfterS)} s`,
    ]),
  );

export const plansTable = (plans: readonly Planned[]): string => {
  const rows: [string, (plan: Planned['plan']) => string][] = [
    ['API processes, a core each', ({ apiProcesses }) => about(apiProcesses)],
    ['workers, a core each', ({ workers }) => about(workers)],
    ['servers of 32 cores', ({ servers }) => (servers === null ? 'no number is enough' : number(servers))],
    ['share of the busiest server', ({ busiestServerShare }) => percent(busiestServerShare)],
    ['WAL, GB/s over all servers', ({ walMbPerSecond }) => number(walMbPerSecond / 1_000, 1)],
    ['WAL, TB a day', ({ walTbPerDay }) => about(walTbPerDay)],
    ['rows on disk, TB a day', ({ diskTbPerDay }) => about(diskTbPerDay)],
    ['network, Gbit/s', ({ networkGbitPerSecond }) => about(networkGbitPerSecond)],
    ['connections of clients', ({ clientConnections }) => about(clientConnections)],
    ['statements a second', ({ statementsPerSecond }) => about(statementsPerSecond)],
    [
      'ends before',
      ({ unmet }) =>
        unmet.map(({ resource, perSecond }) => `${resource} (${about(perSecond)} events/s)`).join('; ') ||
        'nothing',
    ],
  ];
  return table(
    ['', ...plans.map(({ name }) => name)],
    rows.map(([name, of]) => [name, ...plans.map(({ plan }) => of(plan))]),
  );
};

export const checkTable = (compared: readonly Compared[]): string =>
  table(
    ['figure', 'predicted', 'measured', 'error', 'made from'],
    compared.map(({ figure, predicted, measured, error, from }) => [
      figure,
      number(predicted, predicted < 10 ? 2 : 0),
      number(measured, measured < 10 ? 2 : 0),
      `${error > 0 ? '+' : ''}${number(error * 100)} %`,
      from,
    ]),
  );
