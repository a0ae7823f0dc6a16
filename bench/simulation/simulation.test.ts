// The model keeps its own laws: the same for the same seed, nothing lost in it, more never worse, skew never better.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ASSUMED, type Costs, readMeasured } from './costs.ts';
import { type Layout, limitsOf, type Work } from './limits.ts';
import { type LossOptions, lose } from './losses.ts';
import { PAGE, partsOf, withParts } from './page.ts';
import { planFor } from './plan.ts';
import { createSeeded } from './seeded.ts';
import { bucketOf, hashOfSmallint, type Spread, type SpreadOptions, spread } from './spread.ts';

const COSTS: Costs = {
  api: { transitionUs: 130, statementUs: 100, actionUs: 10 },
  worker: { actionUs: 150, commitUs: 300 },
  postgres: { transitionUs: 40, statementUs: 200, actionUs: 150, commitUs: 500, sealUs: 5 },
  batch: 30,
  actionCommits: 0.2,
  wal: { transitionBytes: 800, actionBytes: 5_000 },
  disk: { transitionBytes: 700, actionBytes: 1_800 },
};
const WITH = { costs: COSTS, assumed: ASSUMED };

const layouts: fc.Arbitrary<Layout> = fc.record({
  servers: fc.constantFrom(2, 4, 8, 16),
  coresPerServer: fc.integer({ min: 1, max: 64 }),
  walMbPerSecond: fc.integer({ min: 10, max: 2_000 }),
  maxConnections: fc.integer({ min: 50, max: 1_000 }),
  apiProcesses: fc.integer({ min: 1, max: 100 }),
  workers: fc.integer({ min: 1, max: 100 }),
  poolMax: fc.integer({ min: 3, max: 50 }),
  workerConcurrency: fc.integer({ min: 8, max: 1_000 }),
  usable: fc.constant(0.7),
});
const works: fc.Arbitrary<Work> = fc.record({
  actions: fc.integer({ min: 0, max: 5 }),
  receiverMs: fc.integer({ min: 1, max: 2_000 }),
  connectionsPerTenant: fc.integer({ min: 1, max: 5 }),
  connectionPerSecond: fc.option(fc.integer({ min: 1, max: 1_000 }), { nil: null }),
});
const shapes: fc.Arbitrary<Omit<SpreadOptions, 'servers'>> = fc.record({
  tenants: fc.integer({ min: 1, max: 300 }),
  tail: fc.option(fc.double({ min: 0.6, max: 3, noNaN: true }), { nil: null }),
  shards: fc.constant(64),
  placement: fc.constantFrom('hashed', 'balanced', 'even'),
});
const seeds = fc.integer();
const FEW = { numRuns: 60 };

const endOf = (layout: Layout, work: Work, laid: Spread): number =>
  limitsOf(layout, work, laid, WITH)[0]?.perSecond as number;

describe('shards', () => {
  test('are hashed as Postgres hashes them', () => {
    // select hashint2(n) from generate_series(0, 5) n
    expect([0, 1, 2, 3, 4, 5].map(hashOfSmallint)).toEqual([
      -272711505, -1905060026, 1134484726, -28094569, -1011077333, -1330264708,
    ]);
  });

  test('share 39 buckets of 64 under Citus', () => {
    const buckets = new Set(Array.from({ length: 64 }, (_, shard) => bucketOf(shard)));
    expect(buckets.size).toBe(39);
  });

  test('and servers have all of the load, whatever the placement', () => {
    fc.assert(
      fc.property(seeds, shapes, fc.integer({ min: 1, max: 40 }), (seed, shape, servers) => {
        const laid = spread(createSeeded(seed), { ...shape, servers });
        for (const shares of Object.values(laid) as number[][]) {
          expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
        }
      }),
      FEW,
    );
  });
});

describe('what ends first', () => {
  test('is the same for the same seed', () => {
    fc.assert(
      fc.property(seeds, shapes, layouts, works, (seed, shape, layout, work) => {
        const once = () =>
          limitsOf(layout, work, spread(createSeeded(seed), { ...shape, servers: layout.servers }), WITH);
        expect(once()).toEqual(once());
      }),
      FEW,
    );
  });

  test('does not end sooner when there is more of anything', () => {
    const more = fc.constantFrom<keyof Layout>(
      'coresPerServer',
      'walMbPerSecond',
      'maxConnections',
      'apiProcesses',
      'workers',
      'poolMax',
      'workerConcurrency',
      'servers',
    );
    fc.assert(
      fc.property(seeds, shapes, layouts, works, more, (seed, shape, layout, work, what) => {
        const end = (of: Layout) =>
          endOf(of, work, spread(createSeeded(seed), { ...shape, servers: of.servers }));
        const richer = { ...layout, [what]: layout[what] * 2 };
        // What is packed by weight may be packed a little worse in more places.
        const slack = what === 'servers' && shape.placement === 'balanced' ? 0.75 : 1 - 1e-9;
        expect(end(richer)).toBeGreaterThanOrEqual(end(layout) * slack);
      }),
      FEW,
    );
  });

  test('does not end later for any skew than where all is even', () => {
    fc.assert(
      fc.property(seeds, shapes, layouts, works, (seed, shape, layout, work) => {
        const { servers } = layout;
        const skewed = spread(createSeeded(seed), { ...shape, servers });
        const even = spread(createSeeded(seed), { ...shape, tail: null, placement: 'even', servers });
        // Rows that share a shard share a statement, so only what is per server and tenant is compared.
        const laid = { ...skewed, shards: even.shards };
        expect(endOf(layout, work, laid)).toBeLessThanOrEqual(endOf(layout, work, even) * (1 + 1e-9));
      }),
      FEW,
    );
  });
});

describe('a plan', () => {
  test('names servers that are enough', () => {
    const work = { actions: 1, receiverMs: 100, connectionsPerTenant: 1, connectionPerSecond: null };
    const machine = {
      coresPerServer: 32,
      walMbPerSecond: 500,
      maxConnections: 1_000,
      poolMax: 10,
      workerConcurrency: 256,
      usable: 0.7,
    };
    const shape = { tenants: 1_000, tail: null, shards: 64, placement: 'even' as const };
    const plan = planFor({ rate: 100_000, work, machine, spread: shape, seed: 1 }, WITH);
    const layout = { ...machine, ...plan, servers: plan.servers ?? 0 };
    const laid = spread(createSeeded(1), { ...shape, servers: layout.servers });
    const servers = limitsOf(layout, work, laid, WITH).filter(({ resource }) =>
      /busiest server|API CPU|worker CPU/.test(resource),
    );
    expect(servers.length).toBe(4);
    for (const { perSecond } of servers) expect(perSecond).toBeGreaterThanOrEqual(100_000 * 0.999);
  });
});

test('docs/scaling.md shows what is found (node bench/simulation/run.ts --write)', () => {
  const page = readFileSync(PAGE, 'utf8');
  expect(withParts(page, partsOf(readMeasured()))).toBe(page);
});

describe('losing a part', () => {
  const options: fc.Arbitrary<LossOptions> = fc.record({
    seconds: fc.integer({ min: 5, max: 40 }),
    rate: fc.integer({ min: 10, max: 3_000 }),
    actions: fc.integer({ min: 0, max: 3 }),
    shares: fc.constantFrom([1], [0.6, 0.4], [0.25, 0.25, 0.25, 0.25]),
    workers: fc.integer({ min: 1, max: 8 }),
    workerPerSecond: fc.integer({ min: 100, max: 5_000 }),
    server: fc.record({
      usPerSecond: fc.integer({ min: 100_000, max: 8_000_000 }),
      eventUs: fc.integer({ min: 20, max: 500 }),
      actionUs: fc.integer({ min: 50, max: 500 }),
    }),
    underWay: fc.integer({ min: 0, max: 256 }),
    takeoverS: fc.integer({ min: 1, max: 20 }),
    worker: fc.option(
      fc.record({ atS: fc.integer({ min: 0, max: 20 }), backAfterS: fc.integer({ min: 0, max: 30 }) }),
      {
        nil: null,
      },
    ),
    serverLost: fc.option(
      fc.record({
        atS: fc.integer({ min: 0, max: 20 }),
        index: fc.constant(0),
        silentS: fc.integer({ min: 0, max: 10 }),
        backAfterS: fc.integer({ min: 0, max: 30 }),
      }),
      { nil: null },
    ),
  });

  test('loses and doubles nothing', () => {
    fc.assert(
      fc.property(seeds, options, (seed, of) => {
        const lost = lose(createSeeded(seed), of);
        expect(lost.committed + lost.refused + lost.unanswered).toBe(lost.arrived);
        expect(lost.done + lost.waiting + lost.held).toBe(lost.queued);
        expect(lost.queued).toBe(lost.committed * of.actions);
      }),
      FEW,
    );
  });

  test('is the same for the same seed', () => {
    fc.assert(
      fc.property(seeds, options, (seed, of) => {
        expect(lose(createSeeded(seed), of)).toEqual(lose(createSeeded(seed), of));
      }),
      FEW,
    );
  });

  test('holds a dead worker’s actions until it is declared dead, and then works them off', () => {
    const lost = lose(createSeeded(7), {
      seconds: 60,
      rate: 1_000,
      actions: 1,
      shares: [1],
      workers: 4,
      workerPerSecond: 1_000,
      server: { usPerSecond: 4e6, eventUs: 50, actionUs: 200 },
      underWay: 80,
      takeoverS: 20,
      worker: { atS: 10, backAfterS: 30 },
      serverLost: null,
    });
    expect(lost.oldestS).toBeGreaterThan(19);
    expect(lost.oldestS).toBeLessThan(22);
    expect(lost).toMatchObject({ held: 0, refused: 0 });
    expect(lost.drainedAfterS).toBeLessThan(22);
  });
});
