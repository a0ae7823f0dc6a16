// Claims as much as there is room for, from the shards that are said to have something, and hands each list to the runner.
import type { Database } from '../db/client.ts';
import { type Claimed, claim, shardsWithWork } from '../db/statements/claim.ts';
import { loadRuns, type RunRow } from '../db/statements/load-runs.ts';
import { handBack } from '../db/statements/workers.ts';
import type { Tenants } from '../db/tenants.ts';
import type { Versions } from '../jobs/versions.ts';
import type { Limits } from './limits.ts';
import { createLoop } from './loop.ts';
import type { Runner } from './runner.ts';

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
  onError(error: unknown): void;
}

/** A claim is a round trip and a commit: not worth it for less than this share of the room, unless nothing is under way. */
const ROOM_WORTH_CLAIMING = 0.25;
/** Rows one claim asks of a shard at most. */
const CLAIM_MAX = 128;

export function createClaimer(options: ClaimerOptions): Claimer {
  const { db, tenants, versions, runner, limits, concurrency, shards, onError } = options;
  const mine = new Set(shards);
  /** Shards that had something when last seen. */
  const ready = new Set<number>();
  const walking = new Set<Promise<void>>();
  let mustLook = true;

  const loop = createLoop({ intervalMs: options.pollIntervalMs, run: turn, onError });

  async function turn(): Promise<boolean> {
    if (mustLook || ready.size === 0) {
      mustLook = false;
      for (const { shard } of await shardsWithWork(db.sql, shards)) ready.add(shard);
    }
    const room = concurrency - walking.size;
    if (ready.size === 0 || !hasRoom(room)) return false;
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
      const claimed = await claim(db.sql, {
        workerId: options.workerId(),
        shard,
        limit: left,
        ...limits.room(),
      });
      if (claimed.length > 0) {
        ready.add(shard);
        await begin(shard, claimed);
      }
    }
    return ready.size > 0 && hasRoom(concurrency - walking.size);
  }

  const hasRoom = (room: number) =>
    options.unrecorded() < concurrency &&
    room > 0 &&
    (room >= concurrency * ROOM_WORTH_CLAIMING || walking.size === 0);

  async function begin(shard: number, claimed: readonly Claimed[]): Promise<void> {
    const runs = Map.groupBy(await load(shard, claimed), ({ transitionId }) => transitionId);
    for (const one of claimed) {
      const walk = walkOne(one, runs.get(one.transitionId) ?? []).catch(onError);
      walking.add(walk);
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

  /** What cannot be walked must not stay held; if this fails too, the reaper finds it when this worker ends. */
  async function giveBack(shard: number, claimed: readonly Claimed[]): Promise<void> {
    await handBack(db.sql, shard, options.workerId(), claimed).catch(onError);
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
      await Promise.allSettled([...walking]);
    },
    get active() {
      return walking.size;
    },
  };
}
