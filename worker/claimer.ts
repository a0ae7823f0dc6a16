// Claims as much as there is room for, from the shards that are said to have something, and hands each list to the runner.
import type { Database, ReservedSql, Row } from '../db/client.ts';
import { type LaneKey, laneKey } from '../db/lane-key.ts';
import { tenantsOf } from '../db/on-shards.ts';
import { StaleShard } from '../db/only-on-shards.ts';
import { type Claimed, claim, shardsWithWork } from '../db/statements/claim.ts';
import { inOrder } from '../db/statements/in-order.ts';
import { loadRuns, type RunRow } from '../db/statements/load-runs.ts';
import { freeStrays, handBack } from '../db/statements/workers.ts';
import type { Tenants } from '../db/tenants.ts';
import type { Versions } from '../jobs/versions.ts';
import { createLaneTurns } from './lane-turns.ts';
import type { Limits, Place, Room } from './limits.ts';
import type { List } from './list.ts';
import type { OnError } from './log-ids.ts';
import { createLoop } from './loop.ts';
import { createPassedLanes } from './passed-lanes.ts';
import { createReadyShards } from './ready-shards.ts';
import type { Runner } from './runner.ts';
import { untilAnswered } from './until-answered.ts';

export interface Claimer {
  start(): void;
  /** Something may be claimable in these shards; all, when none is named. */
  wake(shards?: Iterable<number>): void;
  /** Rows of these shards that others had claimed were given back. */
  freed(shards: Iterable<number>): void;
  /** Claims nothing more; resolves when every list is over or given back. */
  stop(): Promise<void>;
  /** Whether something that was claimed could not be given back, or nobody knows what was claimed. */
  mayHold(): boolean;
  readonly active: number;
}

export interface ClaimerOptions {
  db: Database;
  /** Changes when this worker was declared dead and came back. */
  workerId(): string;
  /** How many serve these shards, this one among them. */
  workers(): number;
  tenants: Tenants;
  versions: Versions;
  runner: Runner;
  limits: Limits;
  /** Lists walked at once. */
  concurrency: number;
  pollIntervalMs: number;
  shards: readonly number[];
  /** Outcomes that wait to be recorded: past `concurrency` of them nothing more is claimed. */
  unrecorded(): number;
  /** Nothing is given back any more: the process is told to end at once. */
  signal: AbortSignal;
  /** By the database's clock. */
  now(): Date;
  onError: OnError;
}

/**
 * A claim is a round trip and a commit: not worth it for less than this share of the room, unless nothing is under way or
 * the last claim is a while ago. Lists that hang on a slow receiver must not keep what is left of the room from others.
 */
const ROOM_WORTH_CLAIMING = 0.25;
/** Shards that one claim asks. */
const SHARDS_AT_ONCE = 8;
/** Rows one claim asks of a shard at most. */
const CLAIM_MAX = 128;
/** With more workers than this, a claim does not look at more lanes still. */
const LOOKS_FOR_WORKERS_MAX = 4;
/** A list that could not be walked is tried again after this long. */
const WALK_AGAIN_AFTER_MS = 2_000;
/** Lanes that open within this time share a look, which is two statements. */
const LOOK_SOONEST_MS = 10;
/** A claim whose answer was lost may still commit until the server ends the statement (see db/client.ts). */
const CLAIM_IN_DOUBT_MS = 31_000;
const LOOK_FOR_STRAYS_EVERY_MS = 1_000;

type ClaimedByShard = ReadonlyMap<number, readonly Claimed[]>;

export function createClaimer(options: ClaimerOptions): Claimer {
  const { db, tenants, versions, runner, limits, concurrency, shards, signal, onError } = options;
  const mine = new Set(shards);
  const walking = new Map<Promise<void>, Claimed>();
  const ready = createReadyShards({
    isIdle: () => walking.size === 0,
    workers: options.workers,
    now: () => performance.now(),
  });
  const passed = createPassedLanes(() => performance.now());
  const turns = createLaneTurns();
  /** When to look through all shards again, whatever was announced meanwhile. */
  let lookAt = Number.NEGATIVE_INFINITY;
  let claimedAt = Number.NEGATIVE_INFINITY;
  let inDoubtUntil = Number.NEGATIVE_INFINITY;
  let lookedForStraysAt = Number.NEGATIVE_INFINITY;
  let stopping = false;
  let hasLeftSome = false;

  const loop = createLoop({
    intervalMs() {
      const now = performance.now();
      // A lane that is shut for a time is looked at when it opens.
      lookAt = Math.min(lookAt, now + Math.max(LOOK_SOONEST_MS, limits.opensInMs()));
      const nextMs = Math.min(lookAt - now, hasRoom() ? ready.waitMs() : Number.POSITIVE_INFINITY);
      return Math.max(1, Math.ceil(nextMs));
    },
    run: turn,
    onError,
  });

  async function turn(): Promise<boolean> {
    await giveBackStrays();
    if (ready.size === 0 || performance.now() >= lookAt) {
      lookAt = performance.now() + options.pollIntervalMs;
      ready.add((await shardsWithWork(db, shards)).map(({ shard }) => shard));
    }
    if (!mayClaim()) return false;
    const room = concurrency - walking.size;
    claimedAt = performance.now();
    const asked = ready.take(Math.min(room, SHARDS_AT_ONCE));
    const each = Math.min(CLAIM_MAX, Math.ceil(room / asked.length));
    const claimed = await claimFrom(asked, each);
    ready.gave(new Map([...claimed].map(([shard, of]) => [shard, of.length])), each);
    if (claimed.size > 0) begin(claimed);
    return mayClaim();
  }

  const mayClaim = () => !stopping && ready.waitMs() <= 0 && hasRoom();

  async function claimFrom(asked: readonly number[], limit: number): Promise<ClaimedByShard> {
    const workerId = options.workerId();
    const askedAt = options.now();
    // The other workers look at the same lanes at the same moment: with more to choose from, each finds some for itself.
    const looks = limit * Math.min(options.workers(), LOOKS_FOR_WORKERS_MAX);
    const requests = asked.map((shard) => {
      const room = limits.room(shard);
      const isFull = fullIn(room);
      if (room.lanes.some(isFull)) ready.holdUp(shard);
      const where = { passed: passed.of(shard, isFull), after: turns.after(shard), looks };
      return { workerId, shard, limit, ...room, ...where };
    });
    try {
      const claimed = await claim(db, requests);
      const byShard = Map.groupBy(claimed, ({ shard }) => shard);
      for (const { shard, passed: entered } of requests) {
        const of = byShard.get(shard) ?? [];
        const known = new Set(entered.map(laneKey));
        turns.claimed(
          shard,
          of.filter((one) => !known.has(laneKey(one))),
        );
        passed.claimed(shard, of, askedAt);
      }
      return byShard;
    } catch (error) {
      ready.add(asked);
      inDoubtUntil = performance.now() + CLAIM_IN_DOUBT_MS;
      lookedForStraysAt = Number.NEGATIVE_INFINITY;
      throw error;
    }
  }

  /** After a claim whose answer was lost: if it was committed, nobody walks what it took, and it is given back. */
  async function giveBackStrays(): Promise<void> {
    const now = performance.now();
    if (now > inDoubtUntil || now - lookedForStraysAt < LOOK_FOR_STRAYS_EVERY_MS) return;
    const freed = await freeStrays(db.sql, options.workerId(), [...walking.values()]);
    lookedForStraysAt = now;
    const where = freed.map(({ shard }) => shard);
    ready.add(where);
    passed.forget(where);
  }

  function hasRoom(): boolean {
    const room = concurrency - walking.size;
    if (options.unrecorded() >= concurrency || room <= 0) return false;
    const isWorthIt = room >= concurrency * ROOM_WORTH_CLAIMING || walking.size === 0;
    return isWorthIt || performance.now() - claimedAt >= options.pollIntervalMs;
  }

  function begin(claimed: ClaimedByShard): void {
    const loaded = load(claimed);
    for (const one of [...claimed.values()].flat()) {
      // Counted from the claim on, or the next claim would take as much again.
      const place = limits.enter(one);
      const walk = walkOne(one, loaded, place).catch((error) =>
        onError(error, {
          tenant_id: one.tenantId,
          job_id: one.jobId,
          transition_id: one.transitionId,
        }),
      );
      walking.set(walk, one);
      void walk.finally(() => {
        walking.delete(walk);
        ready.ended(one.shard);
        if (hasRoom()) loop.wake();
      });
    }
  }

  /** The runs that are left of each list. */
  async function load(byShard: ClaimedByShard): Promise<Map<string, RunRow[]>> {
    const claimed = [...byShard.values()].flat();
    const tenantIds = tenantsOf(claimed);
    const calls = await db.serverCalls();
    const loads = [...byShard].map(([shard, of]) => calls.onShard(shard, (sql) => loadRuns(sql, shard, of)));
    const [, ...runs] = await db.together<RunRow[]>(tenantIds, [inOrder, ...loads]).catch(async (error) => {
      if (error instanceof StaleShard) return [[], ...(await loadAnew(claimed))];
      throw error;
    });
    return Map.groupBy(runs.flat(), ({ transitionId }) => transitionId);
  }

  /** One of the tenants was moved right after the claim, and what was claimed of it with it. */
  async function loadAnew(claimed: readonly Claimed[]): Promise<RunRow[][]> {
    const loaded = [...Map.groupBy(claimed, ({ tenantId }) => tenantId)].map(async ([tenantId, of]) => {
      const load = (sql: ReservedSql) => loadRuns(sql, db.shardOf(of[0] as Claimed), of);
      const [, runs = []] = await db.together<RunRow[]>([tenantId], [inOrder, load]);
      return runs;
    });
    return Promise.all(loaded);
  }

  async function walkOne(
    claimed: Claimed,
    loaded: Promise<Map<string, RunRow[]>>,
    place: Place,
  ): Promise<void> {
    try {
      const list = await listOf(claimed, loaded).finally(place.leave);
      await runner.walk(list);
    } catch (error) {
      await giveBack(claimed);
      throw error;
    }
  }

  async function listOf(claimed: Claimed, loaded: Promise<Map<string, RunRow[]>>): Promise<List> {
    const [tenant, left] = await Promise.all([tenants.get(claimed.tenantId), loaded]);
    const runs = left.get(claimed.transitionId);
    if (!tenant || !runs) throw new Error(`transition ${claimed.transitionId} has nothing to run`);
    return { tenant, version: await versions.get(tenant, claimed.workflowVersionId), claimed, runs };
  }

  /** What cannot be walked must not stay held: no reaper frees what a living worker holds. */
  async function giveBack(claimed: Claimed): Promise<void> {
    const workerId = options.workerId();
    const list = { rows: [claimed], delayMs: WALK_AGAIN_AFTER_MS };
    await untilAnswered(
      () => db.alone<Row[]>([claimed.tenantId], (sql) => handBack(sql, db.shardOf(claimed), workerId, list)),
      { signal, onError },
    ).catch((error) => {
      hasLeftSome = true;
      throw error;
    });
  }

  function wake(named?: Iterable<number>): void {
    if (named) ready.add([...named].filter((shard) => mine.has(shard)));
    else lookAt = Number.NEGATIVE_INFINITY;
    loop.wake();
  }

  return {
    start: loop.start,
    wake,
    freed(named) {
      const these = [...named];
      passed.forget(these);
      wake(these);
    },
    async stop() {
      stopping = true;
      await loop.stop();
      await Promise.allSettled([...walking.keys()]);
    },
    mayHold: () => hasLeftSome || performance.now() <= inDoubtUntil,
    get active() {
      return walking.size;
    },
  };
}

/** Which lanes a claim takes nothing from, whatever is due there: the lane or its tenant has all that it may have. */
function fullIn({ lanes, tenants }: Room): (lane: LaneKey) => boolean {
  const fullLanes = new Set(lanes.filter(({ take }) => take <= 0).map(laneKey));
  const fullTenants = new Set(tenants.filter(({ take }) => take <= 0).map(({ tenantId }) => tenantId));
  return (lane) => fullTenants.has(lane.tenantId) || fullLanes.has(laneKey(lane));
}
