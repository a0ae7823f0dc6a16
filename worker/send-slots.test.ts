// The rate of a connection, taken from by several workers at once, each with connections to Postgres of its own.
import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, type Database } from '../db/client.ts';
import { createSendSlots, type SendSlots, type SlotRequest } from './send-slots.ts';
import { type Kit, setup } from './worker.testkit.ts';

let kit: Kit;
let dbs: Database[];

beforeAll(async () => {
  kit = await setup();
  dbs = [1, 2, 3].map((n) =>
    connect({ url: kit.url, role: 'pawl_worker', poolMax: 2, applicationName: `test slots ${n}` }),
  );
});
afterAll(async () => {
  for (const db of dbs) await db.close();
  await kit?.close();
});

const workers = (): SendSlots[] => dbs.map(createSendSlots);

async function laneAt(rate: SlotRequest['rate']): Promise<SlotRequest> {
  const connectionId = await kit.addConnection();
  return { shard: kit.tenant.shard, tenantId: kit.tenant.id, connectionId, rate };
}

const take = (slots: SendSlots, lane: SlotRequest, count: number) =>
  Promise.all(Array.from({ length: count }, () => slots.take(lane)));

const setAhead = (lane: SlotRequest, ms: number) => kit.admin`
  update connection_rates set arrival_at = now() + ${ms} * interval '1 millisecond'
  where connection_id = ${lane.connectionId}`;

describe('the slots of a connection', () => {
  it('are never more than burst and rate allow, in any stretch of time, whoever takes them', async () => {
    const rate = { perSecond: 100, burst: 7 };
    const lane = await laneAt(rate);
    /** Each was granted some time between these two, by one monotonic clock. */
    const grants: { asked: number; answered: number }[] = [];
    await Promise.all(
      workers().map(async (slots) => {
        while (grants.length < 80) {
          const asked = performance.now();
          const answers = await take(slots, lane, 4);
          const answered = performance.now();
          for (const { waitMs } of answers) if (waitMs === 0) grants.push({ asked, answered });
        }
      }),
    );
    for (const { asked: start } of grants) {
      for (const { answered: end } of grants) {
        const within = grants.filter(({ asked, answered }) => asked >= start && answered <= end).length;
        // A hundredth more for the two clocks, the database's and this one.
        const allowed = rate.burst + (rate.perSecond * 1.01 * Math.max(0, end - start)) / 1_000;
        expect(within).toBeLessThanOrEqual(allowed);
      }
    }
  });

  it('are all there at first, and again after a pause, and no more than that', async () => {
    const lane = await laneAt({ perSecond: 0.001, burst: 3 });
    const [one, two] = workers() as [SendSlots, SendSlots];
    const granted = async (slots: SendSlots) =>
      (await take(slots, lane, 5)).filter(({ waitMs }) => waitMs === 0).length;
    expect((await Promise.all([granted(one), granted(two)])).reduce((a, b) => a + b)).toBe(3);
    expect(await granted(two)).toBe(0);
    await setAhead(lane, -3_600_000_000);
    expect(await granted(one)).toBe(3);
  });

  it('that are not free are told with the time to wait, one after the other', async () => {
    const lane = await laneAt({ perSecond: 0.01, burst: 2 });
    const [slots] = workers() as [SendSlots];
    const waits = (await take(slots, lane, 5)).map(({ waitMs }) => waitMs);
    expect(waits.slice(0, 2)).toEqual([0, 0]);
    const [third, fourth, fifth] = waits.slice(2) as [number, number, number];
    // Its own hundred seconds, less the moments since.
    expect(third).toBeLessThanOrEqual(100_000);
    expect(third).toBeGreaterThan(50_000);
    expect([fourth - third, fifth - fourth]).toEqual([100_000, 100_000]);
  });

  it('are asked for together, for connections of several tenants and shards', async () => {
    const [near, far] = [await kit.addTenant(3), await kit.addTenant(9)];
    const rate = { perSecond: 0.001, burst: 1 };
    const lanes = await Promise.all(
      [near, far, far].map(async (tenant) => ({
        shard: tenant.shard,
        tenantId: tenant.id,
        connectionId: await kit.addConnection({ tenant }),
        rate,
      })),
    );
    const [slots] = workers() as [SendSlots];
    const answers = await Promise.all([...lanes, ...lanes].map((lane) => slots.take(lane)));
    expect(answers.map(({ waitMs }) => waitMs === 0)).toEqual([true, true, true, false, false, false]);
  });

  it('come back within a burst’s time when the clock was set back, or the rate was far lower before', async () => {
    const lane = await laneAt({ perSecond: 10, burst: 2 });
    const [slots] = workers() as [SendSlots];
    await slots.take(lane);
    await setAhead(lane, 86_400_000);
    const { waitMs } = await slots.take(lane);
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(100);
  });

  it('of a connection that is gone are none, and hold up nobody', async () => {
    const lane = await laneAt({ perSecond: 1, burst: 1 });
    const [slots] = workers() as [SendSlots];
    const gone = { ...lane, connectionId: v7() };
    const [ofGone, ofOther] = await Promise.all([slots.take(gone), slots.take(lane)]);
    expect(ofGone?.waitMs).toBeGreaterThan(0);
    expect(ofOther?.waitMs).toBe(0);
  });
});
