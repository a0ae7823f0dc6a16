// Processes inbound events: finds the sources that have some, takes each source for itself, and lets its triggers act on
// them in the order they were received.
import type { Database } from '../db/client.ts';
import { onShards, tenantsOf } from '../db/on-shards.ts';
import { createShardBatch } from '../db/shard-batch.ts';
import { type InboundMark, markInbound } from '../db/statements/inbound-marks.ts';
import {
  type ClaimedInbound,
  claimSources,
  releaseSource,
  renewSource,
  type WaitingSource,
  waitingSources,
} from '../db/statements/inbound-queue.ts';
import { loadTriggers, type TriggerRow } from '../db/statements/triggers.ts';
import type { Tenant, Tenants } from '../db/tenants.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { createTriggerPlans, type EventPlan, effectsOf, markOf } from './inbound-plan.ts';
import type { OnError } from './log-ids.ts';
import { createLoop, type Loop } from './loop.ts';

export interface InboundOptions {
  db: Database;
  tenants: Tenants;
  jobs: Jobs;
  shards: readonly number[];
  intervalMs: number;
  /** A source whose worker has said nothing for this long is taken by another. */
  leaseMs: number;
  /** Whether what an event sets off goes on with the trace of its sender. */
  traced: boolean;
  onError: OnError;
}

/** Sources worked on at once, and events of each: what is under way together is what commits together. */
const SOURCES_AT_ONCE = 16;
const EVENTS_PER_SOURCE = 64;
/** More than there are sources with something waiting in one shard; only bounds one answer. */
const SOURCES_SEEN = 1_000;
/** An event that nobody got to the end of in this many tries would be tried for ever. */
const ATTEMPTS_MAX = 10;
const MARKS_MAX = 256;

/** One renewal may be lost, and the next may be late, before another worker takes the source. */
const RENEWALS_PER_LEASE = 3;

type ClaimedEvent = ClaimedInbound & { id: string };
type TakenSource = WaitingSource & { busyUntil: string };

export function createInbound(options: InboundOptions): Loop {
  const { db, tenants, jobs, shards, intervalMs, leaseMs, traced, onError } = options;
  const plans = createTriggerPlans();
  /** Sources being worked on here, so that a slow one holds up no other. */
  const active = new Map<string, Promise<void>>();
  const marks = createShardBatch<InboundMark & { shard: number }, void>(db, {
    shardOf: db.shardOf,
    maxItems: MARKS_MAX,
    concurrency: 1,
    async run(items) {
      await onShards(db, items, markInbound);
      return items.map(() => undefined);
    },
  });

  async function run(): Promise<boolean> {
    const free = SOURCES_AT_ONCE - active.size;
    if (free <= 0) return false;
    const seen = await waitingSources(db, shards, SOURCES_SEEN);
    const waiting = inAnyOrder(seen.filter(({ sourceId }) => !active.has(sourceId)));
    const chosen = waiting.slice(0, free);
    const taken = await Promise.all(
      [...Map.groupBy(chosen, ({ shard }) => shard)].map(([shard, sources]) => take(shard, sources)),
    );
    // Where others have all of them, looking again at once would find the same.
    return waiting.length > chosen.length && taken.includes(true);
  }

  /** Takes those of the sources that nobody has, and begins with them. @returns whether there were any */
  async function take(shard: number, wanted: readonly WaitingSource[]): Promise<boolean> {
    const rows = await db.once<ClaimedInbound[]>(tenantsOf(wanted), (sql) =>
      claimSources(sql, shard, wanted, { perSource: EVENTS_PER_SOURCE, leaseMs, traced }),
    );
    if (rows.length === 0) return false;
    const sourceIds = [...new Set(rows.map(({ sourceId }) => sourceId))];
    const tenantIds = tenantsOf(rows);
    const triggers = await db.once<TriggerRow[]>(tenantIds, (sql) =>
      loadTriggers(sql, shard, { tenantIds, sourceIds }),
    );
    const bySource = Map.groupBy(triggers, ({ sourceId }) => sourceId);
    for (const [sourceId, claimed] of Map.groupBy(rows, (row) => row.sourceId)) {
      const { tenantId, busyUntil } = claimed[0] as ClaimedInbound;
      const source = { shard, tenantId, sourceId, busyUntil };
      const work = begin(source, claimed.filter(isEvent), bySource.get(sourceId) ?? []);
      active.set(sourceId, work);
    }
    return true;
  }

  /** Never rejects. */
  async function begin(
    source: TakenSource,
    events: readonly ClaimedEvent[],
    triggers: readonly TriggerRow[],
  ): Promise<void> {
    const held = hold(source);
    try {
      const ended = await workOn(source, events, triggers).finally(held.end);
      // Where an event came to no end the source stays taken until the lease is over: a pause.
      if (ended)
        await db.once([source.tenantId], (sql) =>
          releaseSource(sql, { ...source, busyUntil: held.until(), shard: db.shardOf(source) }),
        );
    } catch (error) {
      onError(error, { tenant_id: source.tenantId, source_id: source.sourceId });
    }
    active.delete(source.sourceId);
    loop.wake();
  }

  /** Keeps a source for as long as it is worked on: what one worker does not end within a lease, none would. */
  function hold(source: TakenSource) {
    let until = source.busyUntil;
    let renewing: Promise<void> | null = null;
    async function renew(): Promise<void> {
      try {
        const [row] = await db.once<{ busyUntil: string }[]>([source.tenantId], (sql) =>
          renewSource(sql, db.shardOf(source), { ...source, busyUntil: until }, leaseMs),
        );
        if (row) until = row.busyUntil;
      } catch (error) {
        onError(error, { tenant_id: source.tenantId, source_id: source.sourceId });
      }
      renewing = null;
    }
    const timer = setInterval(() => {
      renewing ??= renew();
    }, leaseMs / RENEWALS_PER_LEASE);
    return {
      until: () => until,
      async end() {
        clearInterval(timer);
        await renewing;
      },
    };
  }

  /** Events for the same key act one after the other, others side by side. @returns false when one came to no end */
  async function workOn(
    { tenantId, sourceId }: WaitingSource,
    events: readonly ClaimedEvent[],
    triggers: readonly TriggerRow[],
  ): Promise<boolean> {
    const tenant = await tenants.get(tenantId);
    if (!tenant) return true;
    const planned = await Promise.all(events.map((event) => plans.planFor(event, triggers)));
    const last = new Map<string, Promise<void>>();
    const underWay = events.map((event, i) => {
      const plan = planned[i] as EventPlan;
      const before = plan.keys.flatMap((key) => last.get(key) ?? []);
      const mine = Promise.all(before).then(() => carryOut(tenant, event, plan, before.length > 0));
      for (const key of plan.keys) last.set(key, mine);
      return mine;
    });
    const settled = await Promise.allSettled(underWay);
    const failures = settled.filter((result) => result.status === 'rejected');
    // Those that waited for another failed with it.
    for (const reason of new Set(failures.map((failure) => failure.reason)))
      onError(reason, { tenant_id: tenantId, source_id: sourceId });
    return failures.length === 0;
  }

  /** @param waited for another event of the same key: where that came to no end, this one was claimed as often, and not begun */
  async function carryOut(
    tenant: Tenant,
    event: ClaimedEvent,
    plan: EventPlan,
    waited: boolean,
  ): Promise<void> {
    const mark = (more: Pick<InboundMark, 'status' | 'effects' | 'error'>): InboundMark => ({
      tenantId: tenant.id,
      id: event.id,
      attempt: event.attempt,
      ...more,
    });
    const markAlone = (more: Parameters<typeof mark>[0]) => marks.add({ ...mark(more), shard: tenant.shard });
    if (event.attempt > ATTEMPTS_MAX && !waited) {
      const message = `It was begun ${ATTEMPTS_MAX} times and never came to its end; the workers' logs say why.`;
      return markAlone({ status: 'FAILED', effects: [], error: { code: 'processing_failed', message } });
    }
    if (plan.failure) return markAlone({ status: 'FAILED', effects: [], error: plan.failure });
    const reaction = await jobs.reactions.react(tenant, {
      actor: `source:${event.sourceId}`,
      event: { id: event.id, attempt: event.attempt },
      intents: plan.intents,
      traceparent: event.traceparent ?? undefined,
      mark: (effects) => mark({ status: 'PROCESSED', effects: effectsOf(plan, effects), error: null }),
    });
    if (reaction.kind === 'decided' || reaction.kind === 'failed') await markAlone(markOf(plan, reaction));
  }

  const loop = createLoop({ intervalMs, run, onError });
  return {
    ...loop,
    async stop() {
      await loop.stop();
      await Promise.all(active.values());
    },
  };
}

const isEvent = (row: ClaimedInbound): row is ClaimedEvent => row.id !== null;

/** So that no source is always the last, whoever its neighbours are. */
function inAnyOrder<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((left, right) => left.at - right.at)
    .map(({ item }) => item);
}
