// What workers tell each other about receivers, through a real Postgres: each `worker` here is the part of one that
// decides who may send.
import { v7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connect, type Database } from '../db/client.ts';
import type { ConnectionRule } from '../integrations/connection-rule.ts';
import type { Receiver } from './lane.ts';
import { createLimits } from './limits.ts';
import { createReceiverHealth } from './receiver-health.ts';
import { createSealedConnections } from './sealed-connections.ts';
import { createSealedEndpoints } from './sealed-endpoints.ts';
import { createSendSlots } from './send-slots.ts';
import { type Kit, setup } from './worker.testkit.ts';

let kit: Kit;
let db: Database;

beforeAll(async () => {
  kit = await setup();
  db = connect({ url: kit.url, role: 'pawl_worker', poolMax: 8, applicationName: 'test health' });
});
afterAll(async () => {
  await db?.close();
  await kit?.close();
});

const from = { concurrency: 'provider', perSecond: 'provider', burst: 'provider' } as const;
const free: ConnectionRule = { concurrency: 64, rate: null, from };

const ERROR = { code: 'timeout', message: 'Nothing was heard.' };

type Part = ReturnType<typeof part>;
let parts: Part[] = [];
let lane: Receiver;

const ofTenant = () => ({ shard: kit.tenant.shard, tenantId: kit.tenant.id });

async function toConnection(): Promise<void> {
  parts = [];
  lane = { ...ofTenant(), connectionId: await kit.addConnection(), toEndpoint: false };
}

async function toEndpoint(): Promise<void> {
  parts = [];
  lane = { ...ofTenant(), connectionId: v7(), toEndpoint: true };
  await kit.admin`
    insert into endpoints (shard, tenant_id, id, url)
    values (${lane.shard}, ${lane.tenantId}, ${lane.connectionId}, 'http://127.0.0.1:9/told')`;
}

/** The row of the receiver. */
const rowOfLane = () =>
  lane.toEndpoint
    ? { table: kit.admin`endpoint_health`, is: kit.admin`endpoint_id = ${lane.connectionId}` }
    : { table: kit.admin`connection_health`, is: kit.admin`connection_id = ${lane.connectionId}` };

/** Of a worker that has read the connection, as it does before it sends. */
async function startPart(): Promise<Part> {
  const made = part();
  parts.push(made);
  await made.sealed.get(kit.tenant, lane.connectionId, 1);
  return made;
}

function part() {
  const workerId = v7();
  let opened = 0;
  const health = createReceiverHealth({
    db,
    workerId: () => workerId,
    onWritten: (of, written) => limits.adopt(of, written),
    async announce({ connectionId }) {
      await Promise.all(parts.map(({ sealed }) => sealed.renew(connectionId)));
    },
    onError: (error) => {
      throw error;
    },
  });
  const limits = createLimits({
    tenantMax: 64,
    laneMax: 64,
    share: (_, __, concurrency) => concurrency,
    slots: createSendSlots(db),
    health,
    onOpened: () => void opened++,
    now: () => performance.now(),
  });
  const sealed = lane.toEndpoint
    ? createSealedEndpoints({ db, onHealth: limits.adopt, now: () => new Date() })
    : createSealedConnections(db, limits.adopt);
  /** @returns whether it went */
  async function send(reached: boolean, restMs = 0): Promise<boolean> {
    const place = limits.enter(lane);
    const { kind } = await place.admit(free);
    if (kind === 'go') place.met({ reached, restMs, error: ERROR });
    place.leave();
    await health.settled();
    return kind === 'go';
  }
  const mayClaim = () => limits.room(lane.shard).lanes.find(of)?.take ?? 64;
  const of = ({ connectionId }: { connectionId: string }) => connectionId === lane.connectionId;
  return { workerId, limits, sealed, health, send, mayClaim, openings: () => opened };
}

async function stored() {
  const { table, is } = rowOfLane();
  const [row] = await kit.admin`
    select circuit, misses, openings, last_error, probe_by, revision::integer,
      round(extract(epoch from open_until - since))::integer as open_s,
      extract(epoch from paused_until - now())::float8 as paused_s
    from ${table} where ${is}`;
  return row;
}

/** What the log says of the receiver, oldest first. */
const logged = () => kit.admin`
  select kind, actor, data from event_log where subject_id = ${lane.connectionId} order by id`;

const missTenTimes = async ({ send }: Part) => {
  for (let i = 0; i < 10; i++) await send(false);
};

/** As if it had been open for long enough. */
const letTimePass = async () => {
  await kit.admin`
    update ${rowOfLane().table} set open_until = now(), revision = revision + 1 where ${rowOfLane().is}`;
  for (const { sealed } of parts) await sealed.renew(lane.connectionId);
};

describe.each([
  ["a connection's", toConnection],
  ['an endpoint', toEndpoint],
])('with a receiver that is %s:', (_, make) => {
  beforeEach(make);

  describe('a receiver that answers', () => {
    it('is not written about', async () => {
      const one = await startPart();
      await one.send(true);
      for (let i = 0; i < 9; i++) await one.send(false);
      await one.send(true);
      expect(await stored()).toBeUndefined();
    });
  });

  describe('a circuit that one worker opened', () => {
    it('stops the others, and says why', async () => {
      const [one, two] = [await startPart(), await startPart()];
      expect(two.mayClaim()).toBe(64);
      await missTenTimes(one);
      expect(two.mayClaim()).toBe(0);
      expect(await two.send(true)).toBe(false);
      expect(await stored()).toMatchObject({
        circuit: 'open',
        misses: 10,
        openings: 1,
        open_s: 5,
        last_error: ERROR,
      });
    });

    it('stays open when that worker dies, and for a worker that starts later', async () => {
      const one = await startPart();
      await missTenTimes(one);
      parts = [];
      const later = await startPart();
      expect(later.mayClaim()).toBe(0);
      expect(await later.send(true)).toBe(false);
    });

    it('is tried by exactly one request of all workers, and closed for all when that arrives', async () => {
      const five = await Promise.all(Array.from({ length: 5 }, startPart));
      await missTenTimes(five[0] as Part);
      await letTimePass();
      const places = five.flatMap(({ limits }) => [limits.enter(lane), limits.enter(lane)]);
      const admissions = await Promise.all(places.map((place) => place.admit(free)));
      expect(admissions.filter(({ kind }) => kind === 'go')).toHaveLength(1);
      expect(await stored()).toMatchObject({ circuit: 'half_open' });

      const probe = places[admissions.findIndex(({ kind }) => kind === 'go')];
      probe?.met({ reached: true, restMs: 0, error: {} });
      for (const place of places) place.leave();
      await Promise.all(five.map(({ health }) => health.settled()));
      expect(await stored()).toMatchObject({ circuit: 'closed', misses: 0, openings: 0, probe_by: null });
      for (const { mayClaim } of five) expect(mayClaim()).toBe(64);
      // Those that were told wake up and claim.
      expect(five.filter(({ openings }) => openings() > 0)).toHaveLength(4);
    });

    it('stays open twice as long after each vain try, five minutes at most', async () => {
      const [one, two] = [await startPart(), await startPart()];
      await missTenTimes(one);
      const opened = [(await stored())?.open_s];
      for (let i = 0; i < 7; i++) {
        await letTimePass();
        // In turns: how often it was in vain is everybody's.
        expect(await (i % 2 === 0 ? two : one).send(false)).toBe(true);
        opened.push((await stored())?.open_s);
      }
      expect(opened).toEqual([5, 10, 20, 40, 80, 160, 300, 300]);
      expect((await stored())?.misses).toBe(17);
    });

    it('is tried by another when the one that was to try never sent, or was never heard of again', async () => {
      const [one, two] = [await startPart(), await startPart()];
      await missTenTimes(one);
      await letTimePass();
      const never = one.limits.enter(lane);
      expect(await never.admit(free)).toEqual({ kind: 'go' });
      never.leave();
      await one.health.settled();
      expect(two.mayClaim()).toBe(1);

      const silent = two.limits.enter(lane);
      expect(await silent.admit(free)).toEqual({ kind: 'go' });
      expect(await one.send(true)).toBe(false);
      await kit.admin`
        update ${rowOfLane().table} set probe_until = now(), revision = revision + 1 where ${rowOfLane().is}`;
      await one.sealed.renew(lane.connectionId);
      expect(await one.send(true)).toBe(true);
      expect(await stored()).toMatchObject({ circuit: 'closed' });
    });

    it('is closed by a request that was out when it opened, if that is answered', async () => {
      const [one, two] = [await startPart(), await startPart()];
      const slow = two.limits.enter(lane);
      await slow.admit(free);
      await missTenTimes(one);
      slow.met({ reached: true, restMs: 0, error: {} });
      slow.leave();
      await two.health.settled();
      expect(one.mayClaim()).toBe(64);
    });
  });

  describe('the log', () => {
    it('has one entry when a circuit opens and one when it closes, however many workers find out', async () => {
      const [one, two] = [await startPart(), await startPart()];
      // Both have ten out when nobody knows yet.
      const places = [one, two].flatMap(({ limits }) => Array.from({ length: 10 }, () => limits.enter(lane)));
      for (const place of places) await place.admit(free);
      for (const place of places) place.met({ reached: false, restMs: 0, error: ERROR });
      for (const place of places) place.leave();
      for (const { health } of parts) await health.settled();
      const what = lane.toEndpoint ? 'endpoint' : 'connection';
      const opened = {
        kind: `${what}.circuit_opened`,
        actor: 'worker',
        data: { misses: 10, last_error: ERROR },
      };
      expect(await logged()).toEqual([opened]);

      await letTimePass();
      await one.send(false);
      await letTimePass();
      await two.send(true);
      const was = { was: 'half_open', misses: 11 };
      expect(await logged()).toEqual([
        opened,
        { kind: `${what}.circuit_closed`, actor: 'worker', data: was },
      ]);
    });
  });

  describe('a pause that one worker was asked for', () => {
    it('is kept by all, and by those that start later; the longest of several holds', async () => {
      const [one, two] = [await startPart(), await startPart()];
      await one.send(true, 600_000);
      await two.limits.enter(lane).met({ reached: true, restMs: 60_000, error: {} });
      await two.health.settled();
      const later = await startPart();
      for (const { mayClaim, send } of [one, two, later]) {
        expect(mayClaim()).toBe(0);
        expect(await send(true)).toBe(false);
      }
      const { paused_s: pausedS, circuit } = (await stored()) ?? {};
      expect(circuit).toBe('closed');
      expect(pausedS).toBeGreaterThan(60);
      expect(pausedS).toBeLessThanOrEqual(600);
    });
  });
});
