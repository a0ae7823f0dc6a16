// Claims as much as there is room for, from the shards that are said to have something, and hands each list to the runner.
import type { Database } from '../db/client.ts';
import { type Claimed, claim, shardsWithWork } from '../db/statements/claim.ts';
import { loadRuns, type RunRow } from '../db/statements/load-runs.ts';
import { freeStrays, handBack } from '../db/statements/workers.ts';
import type { Tenants } from '../db/tenants.ts';
import type { Versions } from '../jobs/versions.ts';
import type { Limits } from './limits.ts';
import { createLoop } from './loop.ts';
import type { Runner } from './runner.ts';
import { untilAnswered } from './until-answered.ts';

export interface Claimer {
  start(): void;
  /** Something may be claimable in these shards; all, when none is named. */
  wake(shards?: Iterable<number>): void;
  /** Claims nothing more; resolves when every list is over or given back. */
  stop(): Promise<void>;
  readonly active: number;
}

export interface ClaimerOptions {
  db: Database;
  /** Changes when this worker was declared dead and came back. */
  workerId(): string;
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
  onError(error: unknown): void;
}

/**
 * A claim is a round trip and a commit: not worth it for less than this share of the room, unless nothing is under way or
 * the last claim is a while ago. Lists that hang on a slow receiver must not keep what is left of the room from others.
 */
const ROOM_WORTH_CLAIMING = 0.25;
/** Rows one claim asks of a shard at most. */
const CLAIM_MAX = 128;
/** Whatever stood in the way of walking a list is given this long to pass. */
const WALK_AGAIN_AFTER_MS = 2_000;
/** A claim whose answer was lost may still commit until the server ends the statement (see db/client.ts). */
const CLAIM_IN_DOUBT_MS = 31_000;
const LOOK_FOR_STRAYS_EVERY_MS = 1_000;

export function createClaimer(options: ClaimerOptions): Claimer {
  const { db, tenants, versions, runner, limits, concurrency, shards, signal, onError } = options;
  const mine = new Set(shards);
  /** Shards that had something when last seen. */
  const ready = new Set<number>();
  const walking = new Map<Promise<void>, Claimed>();
  let mustLook = true;
  let claimedAt = Number.NEGATIVE_INFINITY;
  let inDoubtUntil = Number.NEGATIVE_INFINITY;
  let lookedForStraysAt = Number.NEGATIVE_INFINITY;

  const loop = createLoop({ intervalMs: options.pollIntervalMs, run: turn, onError });

  async function turn(): Promise<boolean> {
    await giveBackStrays();
    if (mustLook || ready.size === 0) {
      mustLook = false;
      for (const { shard } of await shardsWithWork(db.sql, shards)) ready.add(shard);
    }
    const room = concurrency - walking.size;
    if (ready.size === 0 || !hasRoom(room)) return false;
    claimedAt = performance.now();
    const asked = [...ready].slice(0, Math.max(1, room));
    const each = Math.min(CLAIM_MAX, Math.ceil(room / asked.length));
    for (const shard of asked) {
      // To the back of the line, so that shards take turns.
      ready.delete(shard);
      const left = Math.min(each, concurrency - walking.size);
      if (left <= 0) {
        ready.add(shard);
        continue;
      }
      const claimed = await claimFrom(shard, left);
      if (claimed.length > 0) {
        ready.add(shard);
        await begin(shard, claimed);
      }
    }
    return ready.size > 0 && hasRoom(concurrency - walking.size);
  }

  async function claimFrom(shard: number, limit: number): Promise<readonly Claimed[]> {
    try {
      return await claim(db.sql, { workerId: options.workerId(), shard, limit, ...limits.room() });
    } catch (error) {
      ready.add(shard);
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
  }

  const hasRoom = (room: number) =>
    options.unrecorded() < concurrency &&
    room > 0 &&
    (room >= concurrency * ROOM_WORTH_CLAIMING ||
      walking.size === 0 ||
      performance.now() - claimedAt >= options.pollIntervalMs);

  async function begin(shard: number, claimed: readonly Claimed[]): Promise<void> {
    const runs = Map.groupBy(await load(shard, claimed), ({ transitionId }) => transitionId);
    for (const one of claimed) {
      const walk = walkOne(one, runs.get(one.transitionId) ?? []).catch(onError);
      walking.set(walk, one);
      void walk.finally(() => {
        walking.delete(walk);
        if (hasRoom(concurrency - walking.size)) loop.wake();
      });
    }
  }

  async function load(shard: number, claimed: readonly Claimed[]): Promise<RunRow[]> {
    try {
      return await db.once<RunRow[]>([...new Set(claimed.map(({ tenantId }) => tenantId))], (sql) =>
        loadRuns(sql, shard, claimed),
      );
    } catch (error) {
      await giveBack(shard, claimed);
      throw error;
    }
  }

  async function walkOne(claimed: Claimed, runs: readonly RunRow[]): Promise<void> {
    try {
      const tenant = await tenants.get(claimed.tenantId);
      if (!tenant || runs.length === 0)
        throw new Error(`transition ${claimed.transitionId} has nothing to run`);
      const version = await versions.get(tenant, claimed.workflowVersionId);
      await runner.walk({ tenant, version, claimed, runs });
    } catch (error) {
      await giveBack(claimed.shard, [claimed]);
      throw error;
    }
  }

  /** What cannot be walked must not stay held: no reaper frees what a living worker holds. */
  async function giveBack(shard: number, rows: readonly Claimed[]): Promise<void> {
    const workerId = options.workerId();
    await untilAnswered(() => handBack(db.sql, shard, workerId, { rows, delayMs: WALK_AGAIN_AFTER_MS }), {
      signal,
      onError,
    });
  }

  return {
    start: loop.start,
    wake(named) {
      if (named) for (const shard of named) mine.has(shard) && ready.add(shard);
      else mustLook = true;
      loop.wake();
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
