// Claims as much as there is room for, from the shards that are said to have something, and hands each list to the runner.
import type { Database, ReservedSql, Row } from '../db/client.ts';
import { StaleShard } from '../db/only-on-shards.ts';
import { type Claimed, claim, type PassedLane, shardsWithWork } from '../db/statements/claim.ts';
import { inOrder } from '../db/statements/in-order.ts';
import { loadRuns, type RunRow } from '../db/statements/load-runs.ts';
import { freeStrays, handBack } from '../db/statements/workers.ts';
import type { Tenants } from '../db/tenants.ts';
import type { Versions } from '../jobs/versions.ts';
import type { Limits, Place, Room } from './limits.ts';
import type { OnError } from './log-ids.ts';
import { createLoop } from './loop.ts';
import { createPassedLanes } from './passed-lanes.ts';
import type { List, Runner } from './runner.ts';
import { untilAnswered } from './until-answered.ts';

export interface Claimer {
  start(): void;
  /** Something may be claimable in these shards; all, when none is named. */
  wake(shards?: Iterable<number>): void;
  /** What others had claimed of these shards may be claimed again. */
  freed(shards: Iterable<number>): void;
  /** Claims nothing more; resolves when every list is over or given back. */
  stop(): Promise<void>;
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
/**
 * While lists are walked, a shard that gave all it had is not asked again before this: what arrives meanwhile shares a claim,
 * and all that follows from it, instead of having one each. Several workers are woken by the same news: each waits for as much
 * longer as there are of them, so that together they ask as often as one would.
 */
const CLAIMS_APART_MS = 10;
const CLAIMS_APART_MAX_MS = 100;
/** Of these a claim takes something at once. */
const SHARDS_AT_ONCE = 8;
/** Rows one claim asks of a shard at most. */
const CLAIM_MAX = 128;
/** Whatever stood in the way of walking a list is given this long to pass. */
const WALK_AGAIN_AFTER_MS = 2_000;
/** Lanes that open within this are claimed from together: a look is two statements. */
const LOOK_SOONEST_MS = 10;
/** A claim whose answer was lost may still commit until the server ends the statement (see db/client.ts). */
const CLAIM_IN_DOUBT_MS = 31_000;
const LOOK_FOR_STRAYS_EVERY_MS = 1_000;

type ClaimedByShard = ReadonlyMap<number, readonly Claimed[]>;

export function createClaimer(options: ClaimerOptions): Claimer {
  const { db, tenants, versions, runner, limits, concurrency, shards, signal, onError } = options;
  const mine = new Set(shards);
  /** Shards that had something when last seen. */
  const ready = new Set<number>();
  /** Shards that may have something for which there was no room when last asked, as a lane or a tenant had all it may have. */
  const heldUp = new Set<number>();
  const walking = new Map<Promise<void>, Claimed>();
  const passed = createPassedLanes(() => performance.now());
  /** When to look through all shards again, whoever is woken meanwhile. */
  let lookAt = Number.NEGATIVE_INFINITY;
  let claimedAt = Number.NEGATIVE_INFINITY;
  /** The last claim left something behind. */
  let moreIsLeft = false;
  let inDoubtUntil = Number.NEGATIVE_INFINITY;
  let lookedForStraysAt = Number.NEGATIVE_INFINITY;

  const loop = createLoop({
    intervalMs() {
      const now = performance.now();
      // A lane that time keeps shut is looked at when it opens.
      lookAt = Math.min(lookAt, now + Math.max(LOOK_SOONEST_MS, limits.opensInMs()));
      const nextMs = Math.min(lookAt - now, ready.size > 0 && hasRoom() ? waitMs() : Number.POSITIVE_INFINITY);
      return Math.max(1, Math.ceil(nextMs));
    },
    run: turn,
    onError,
  });

  async function turn(): Promise<boolean> {
    await giveBackStrays();
    if (ready.size === 0 || performance.now() >= lookAt) {
      lookAt = performance.now() + options.pollIntervalMs;
      for (const { shard } of await shardsWithWork(db, shards)) ready.add(shard);
    }
    if (ready.size === 0 || !hasRoom() || waitMs() > 0) return false;
    const room = concurrency - walking.size;
    claimedAt = performance.now();
    const asked = [...ready].slice(0, Math.min(room, SHARDS_AT_ONCE));
    const each = Math.min(CLAIM_MAX, Math.ceil(room / asked.length));
    // To the back of the line, so that shards take turns.
    for (const shard of asked) ready.delete(shard);
    const unasked = ready.size;
    const claimed = await claimFrom(asked, each);
    for (const shard of claimed.keys()) ready.add(shard);
    if (claimed.size > 0) begin(claimed);
    moreIsLeft = unasked > 0 || [...claimed.values()].some((of) => of.length >= each);
    return ready.size > 0 && moreIsLeft && hasRoom();
  }

  async function claimFrom(asked: readonly number[], limit: number): Promise<ClaimedByShard> {
    const workerId = options.workerId();
    const askedAt = options.now();
    try {
      const claimed = await claim(
        db,
        asked.map((shard) => {
          const room = limits.room(shard);
          if (hasNoRoom(room)) heldUp.add(shard);
          return { workerId, shard, limit, ...room, passed: passed.of(shard, fullIn(room)) };
        }),
      );
      const byShard = Map.groupBy(claimed, ({ shard }) => shard);
      for (const [shard, of] of byShard) passed.claimed(shard, of, askedAt);
      return byShard;
    } catch (error) {
      for (const shard of asked) ready.add(shard);
      inDoubtUntil = performance.now() + CLAIM_IN_DOUBT_MS;
      lookedForStraysAt = Number.NEGATIVE_INFINITY;
      throw error;
    }
  }

  /** After a claim that failed: it may have committed, and then nobody would ever walk what it took. */
  async function giveBackStrays(): Promise<void> {
    const now = performance.now();
    if (now > inDoubtUntil || now - lookedForStraysAt < LOOK_FOR_STRAYS_EVERY_MS) return;
    const freed = await freeStrays(db.sql, options.workerId(), [...walking.values()]);
    lookedForStraysAt = now;
    for (const { shard } of freed) ready.add(shard);
    passed.forget(freed.map(({ shard }) => shard));
  }

  const apartMs = () => Math.min(CLAIMS_APART_MS * options.workers(), CLAIMS_APART_MAX_MS);

  /** How long the next claim is put off. */
  const waitMs = () => (moreIsLeft || walking.size === 0 ? 0 : claimedAt + apartMs() - performance.now());

  function hasRoom(): boolean {
    const room = concurrency - walking.size;
    if (options.unrecorded() >= concurrency || room <= 0) return false;
    const isWorthIt = room >= concurrency * ROOM_WORTH_CLAIMING || walking.size === 0;
    return isWorthIt || performance.now() - claimedAt >= options.pollIntervalMs;
  }

  function begin(claimed: ClaimedByShard): void {
    const loaded = load(claimed);
    for (const one of [...claimed.values()].flat()) {
      // Taken from the moment of the claim, or the next one would take as much again.
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
        if (heldUp.delete(one.shard)) ready.add(one.shard);
        if (hasRoom()) loop.wake();
      });
    }
  }

  /** The runs that are left of each list. */
  async function load(byShard: ClaimedByShard): Promise<Map<string, RunRow[]>> {
    const claimed = [...byShard.values()].flat();
    const tenantIds = [...new Set(claimed.map(({ tenantId }) => tenantId))];
    const loads = [...byShard].map(
      ([shard, of]) =>
        (sql: ReservedSql) =>
          loadRuns(sql, shard, of),
    );
    const [, ...runs] = await db.together<RunRow[]>(tenantIds, [inOrder, ...loads]).catch(async (error) => {
      if (error instanceof StaleShard) return [[], ...(await loadAnew(claimed))];
      throw error;
    });
    return Map.groupBy(runs.flat(), ({ transitionId }) => transitionId);
  }

  /** One of the tenants was moved right after the claim, and what was claimed of it with it. */
  async function loadAnew(claimed: readonly Claimed[]): Promise<RunRow[][]> {
    const loaded = [...Map.groupBy(claimed, ({ tenantId }) => tenantId)].map(([tenantId, of]) =>
      db.once<RunRow[]>([tenantId], (sql) => loadRuns(sql, db.shardOf(of[0] as Claimed), of)),
    );
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
    );
  }

  function wake(named?: Iterable<number>): void {
    if (named) for (const shard of named) mine.has(shard) && ready.add(shard);
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
      await loop.stop();
      await Promise.allSettled([...walking.keys()]);
    },
    get active() {
      return walking.size;
    },
  };
}

/** Whether there are lanes of which a claim takes nothing, whatever is due there. */
const hasNoRoom = ({ lanes, tenants }: Room): boolean => {
  const full = new Set(tenants.filter(({ take }) => take <= 0).map(({ tenantId }) => tenantId));
  return lanes.some(({ tenantId, take }) => take <= 0 || full.has(tenantId));
};

/** Whether a claim takes nothing of a lane: as it has all it may have, or its tenant. Asked of few lanes, and seldom. */
const fullIn =
  ({ lanes, tenants }: Room) =>
  ({ tenantId, connectionId }: PassedLane): boolean =>
    tenants.some((of) => of.take <= 0 && of.tenantId === tenantId) ||
    lanes.some((of) => of.take <= 0 && of.tenantId === tenantId && of.connectionId === connectionId);
