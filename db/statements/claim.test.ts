import { v7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Kit, setup } from '../../worker/worker.testkit.ts';
import { connect, type Database } from '../client.ts';
import { type Claimed, type ClaimRequest, claim, shardsWithWork } from './claim.ts';
import { freeStrays, handBack, registerWorker } from './workers.ts';

let kit: Kit;
let db: Database;
let workerId: string;
/** Tenants and connections are only ids here; so the tests need no more than these. */
const [a, b] = [v7(), v7()];
const lanes = { a1: v7(), a2: v7(), b1: v7() };

beforeAll(async () => {
  kit = await setup();
  db = connect({ url: kit.url, role: 'pawl_worker', poolMax: 4, applicationName: 'test worker' });
});
beforeEach(async () => {
  await kit.admin`delete from dispatch_queue`;
  workerId = v7();
  await registerWorker(db.sql, { id: workerId, name: 'test', version: '0', shards: [] });
});
afterAll(async () => {
  await db?.close();
  await kit?.close();
});

/** Rows that are due, the first one longest. @returns their ids in that order */
async function queue(tenantId: string, connectionId: string, count: number, shard = 1): Promise<string[]> {
  const ids = Array.from({ length: count }, () => v7());
  await kit.admin`
    insert into dispatch_queue (shard, tenant_id, id, job_id, workflow_version_id, connection_id, run_at)
    select ${shard}, ${tenantId}, id, id, id, ${connectionId}, now() - interval '1 hour' + nth * interval '1 second'
    from unnest(${ids}::uuid[]) with ordinality as i(id, nth)`;
  return ids;
}

const claimed = (request: Partial<ClaimRequest> = {}): PromiseLike<readonly Claimed[]> =>
  claim(db, [
    {
      workerId,
      shard: 1,
      limit: 10,
      laneMax: 100,
      tenantMax: 100,
      lanes: [],
      tenants: [],
      ...request,
    },
  ]);
/** A connection whose id begins with this. */
const at = (start: string) => `${start}${lanes.a1.slice(2)}`;
const idsOf = (rows: readonly Claimed[]) => rows.map(({ transitionId }) => transitionId).toSorted();

describe('a claim', () => {
  it('takes what has been due longest, under a fence that grew', async () => {
    const ids = await queue(a, lanes.a1, 15);
    const rows = await claimed();
    expect(idsOf(rows)).toEqual(ids.slice(0, 10).toSorted());
    expect(new Set(rows.map(({ fence }) => fence))).toEqual(new Set([1]));
    expect(idsOf(await claimed())).toEqual(ids.slice(10).toSorted());
    expect(await claimed()).toEqual([]);
  });

  it('takes nothing that is not due yet, that waits for a person, or that stands in another shard', async () => {
    const [later, parked] = [await queue(a, lanes.a1, 1), await queue(a, lanes.a2, 1)];
    await queue(b, lanes.b1, 1, 2);
    await kit.admin`update dispatch_queue set run_at = now() + interval '1 minute' where id = ${String(later)}`;
    await kit.admin`update dispatch_queue set run_at = 'infinity' where id = ${String(parked)}`;
    expect(await claimed()).toEqual([]);
    expect(await shardsWithWork(db, [1, 2, 3])).toMatchObject([{ shard: 2 }]);
  });

  it('shares what it takes between lanes, however long one of them is', async () => {
    await queue(a, lanes.a1, 100);
    const others = [...(await queue(a, lanes.a2, 2)), ...(await queue(b, lanes.b1, 2))];
    const rows = await claimed({ limit: 12 });
    expect(idsOf(rows)).toEqual(expect.arrayContaining(others));
  });

  it('enters a lane behind what was claimed of it, and finds those before, between and behind such lanes', async () => {
    const known = [lanes.a1, lanes.a2].toSorted();
    for (const connectionId of [at('00'), ...known, at('ff')]) await queue(a, connectionId, 3);
    await queue(b, lanes.b1, 3);
    const [row] = await kit.admin`
      select run_at from dispatch_queue where connection_id = ${String(known[0])} order by run_at offset 1`;
    const passed = known.map((connectionId) => ({ tenantId: a, connectionId, since: row?.run_at }));
    const rows = await claimed({ limit: 20, passed });
    const taken = (connectionId: string | undefined) =>
      rows.filter((one) => one.connectionId === connectionId).length;
    expect([at('00'), ...known, at('ff'), lanes.b1].map(taken)).toEqual([3, 2, 2, 3, 3]);
    expect(await claimed()).toHaveLength(2);
  });

  it('looks at as many lanes as it may take rows, and the next one goes on behind them, round and round', async () => {
    const lane = Array.from({ length: 10 }, (_, nth) => at(`${nth}${nth}`));
    for (const connectionId of lane) await queue(a, connectionId, 2);
    const known = lane[4] as string;
    const passed = [{ tenantId: a, connectionId: known, since: new Date(0) }];
    const turn = async (after: string | null, limit: number) => {
      const key = after === null ? null : { tenantId: a, connectionId: after };
      const rows = await claimed({ limit, passed, after: key });
      return [...new Set(rows.map(({ connectionId }) => connectionId))].toSorted();
    };
    // Of five lanes each gives one row; what is entered in any case is among them.
    expect(await turn(null, 4)).toHaveLength(4);
    await kit.admin`update dispatch_queue set worker_id = null`;
    expect(await turn(lane[2] as string, 20)).toEqual(lane);
    await kit.admin`update dispatch_queue set worker_id = null where connection_id <> ${known}`;
    expect(await turn(lane[2] as string, 4)).toEqual([lane[3], ...lane.slice(5, 8)]);
    expect(await turn(lane[7] as string, 4)).toEqual([...lane.slice(0, 2), ...lane.slice(8)]);
    expect(await turn(lane[1] as string, 4)).toEqual([lane[2], lane[3], ...lane.slice(5, 7)]);
  });

  it('passes over lanes and tenants that are full, and takes of others what they may have', async () => {
    await queue(a, lanes.a1, 10);
    await queue(a, lanes.a2, 10);
    const ofB = await queue(b, lanes.b1, 10);
    const full = { tenantId: a, connectionId: lanes.a1, take: 0 };
    const rows = await claimed({
      lanes: [full, { tenantId: b, connectionId: lanes.b1, take: 3 }],
      limit: 30,
    });
    expect(rows.filter(({ tenantId }) => tenantId === a)).toHaveLength(10);
    expect(idsOf(rows.filter(({ tenantId }) => tenantId === b))).toEqual(ofB.slice(0, 3).toSorted());
    const rest = await claimed({
      tenants: [
        { tenantId: a, take: 0 },
        { tenantId: b, take: 2 },
      ],
      limit: 30,
    });
    expect(idsOf(rest)).toEqual(ofB.slice(3, 5).toSorted());
  });

  it('takes of a tenant’s lanes together no more than the tenant may have', async () => {
    await queue(a, lanes.a1, 10);
    await queue(a, lanes.a2, 10);
    expect(await claimed({ tenantMax: 6, limit: 30 })).toHaveLength(6);
  });

  it('made by many at the same time takes each row once', async () => {
    const ids = [...(await queue(a, lanes.a1, 40)), ...(await queue(b, lanes.b1, 40))];
    const taken: string[] = [];
    for (let round = 0; taken.length < ids.length && round < 40; round++) {
      const rows = await Promise.all([claimed(), claimed(), claimed(), claimed()]);
      taken.push(...rows.flat().map(({ transitionId }) => transitionId));
    }
    expect(taken.toSorted()).toEqual(ids.toSorted());
  });

  it('by a worker that was declared dead, or was never registered, takes nothing', async () => {
    await queue(a, lanes.a1, 1);
    await kit.admin`update workers set dead_at = now() where id = ${workerId}`;
    expect(await claimed()).toEqual([]);
    expect(await claimed({ workerId: v7() })).toEqual([]);
  });
});

describe('what was claimed', () => {
  it('can be handed back under its fence only, and is due again after a while', async () => {
    await queue(a, lanes.a1, 2);
    const [one, two] = await claimed();
    if (!one || !two) throw new Error('nothing was claimed');
    await handBack(db.sql, 1, workerId, { rows: [one, { ...two, fence: two.fence + 1 }], delayMs: 60_000 });
    const rows = await kit.admin`
      select id, worker_id is null as free, run_at > now() as later from dispatch_queue order by id`;
    expect(rows.find(({ id }) => id === one.transitionId)).toMatchObject({ free: true, later: true });
    expect(rows.find(({ id }) => id === two.transitionId)).toMatchObject({ free: false, later: false });
  });

  it('without its worker knowing is given back, and what it does know is not', async () => {
    await queue(a, lanes.a1, 3);
    const [known, ...strays] = await claimed();
    if (!known) throw new Error('nothing was claimed');
    expect(await freeStrays(db.sql, workerId, [known])).toMatchObject([{ shard: 1 }]);
    expect(idsOf(await claimed())).toEqual(idsOf(strays));
  });
});
