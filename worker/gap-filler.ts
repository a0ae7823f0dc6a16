// Asks vendors to send again what did not arrive, where they do not by themselves. What they send then comes in as any request
// does: nothing that is read here becomes an event, so nothing but a signature is believed.
import type { Database, Row } from '../db/client.ts';
import type { Ids } from '../db/new-id.ts';
import { appendLog } from '../db/statements/append-log.ts';
import {
  countAsked,
  endGapLook,
  findAskedSource,
  type GapLook,
  type Hook,
  holdsGapLook,
  knownDeliveries,
  lastEventOfEachHook,
  takeDueGaps,
} from '../db/statements/source-gaps.ts';
import type { Tenant, Tenants } from '../db/tenants.ts';
import { idBefore } from '../db/uuid-time.ts';
import { isPawlError, PawlError } from '../engine/errors.ts';
import { getSourceKind } from '../inbound/catalogue.ts';
import { type Gap, gapsOf, isDue } from '../inbound/gaps.ts';
import { Unreadable } from '../inbound/refused.ts';
import type { Gaps, Sent, SentPage, SourceKind, VendorAnswer, VendorCall } from '../inbound/source-kind.ts';
import type { OnError } from './log-ids.ts';
import { createLoop, type Loop } from './loop.ts';
import type { AskThroughConnection } from './through-connection.ts';

export interface GapFillerOptions {
  db: Database;
  tenants: Tenants;
  shards: readonly number[];
  ask: AskThroughConnection;
  ids: Ids;
  now(): Date;
  onError: OnError;
}

const INTERVAL_MS = 2_000;
const LOOK_EVERY_MS = 10 * 60_000;
/** When more was due than a look may ask for. */
const GO_ON_AFTER_MS = 60_000;
/** Of GitHub's 5 000 an hour, a twentieth. */
const REQUESTS_PER_LOOK = 40;
/** Of these, for what is found. */
const KEPT_TO_ASK = 10;
const REQUEST_TIMEOUT_MS = 10_000;
/** A hundred attempts with everything that a vendor says of each. */
const ANSWER_BYTES = 1_048_576;
/** As long as a look can take, and then some: nobody else asks for the same meanwhile. */
const LEASE_MS = REQUESTS_PER_LOOK * REQUEST_TIMEOUT_MS + 200_000;
const EVENTS_READ = { events: 10_000, hooks: 50 };

/** What is found out while looking; it holds whatever breaks the look off. */
type Progress = Pick<GapLook, 'hooks' | 'afterId'>;

interface Looked {
  nextInMs: number;
  error: { code: string; message: string } | null;
}

/** A source whose vendor can be asked, for the time of a look. */
interface Asked {
  tenant: Tenant;
  look: GapLook;
  kind: SourceKind;
  gaps: Gaps;
  requestsLeft: number;
}

/** It was set anew or removed meanwhile: what it found out is nobody's, and nothing more is asked for. */
class Superseded extends Error {}

/** The connection has no room for now. */
class Waits extends Error {
  readonly waitMs: number;

  constructor(waitMs: number) {
    super('the connection has no room');
    this.waitMs = waitMs;
  }
}

export function createGapFiller(options: GapFillerOptions): Loop {
  const { db, tenants, shards, ids, now, onError } = options;

  async function run(): Promise<boolean> {
    const [taken] = await takeDueGaps(db, { shards, leaseMs: LEASE_MS });
    if (!taken) return false;
    const tenant = await tenants.get(taken.tenantId);
    if (!tenant) return true;
    const look = { ...taken, shard: tenant.shard };
    const progress: Progress = { hooks: { ...look.hooks }, afterId: look.afterId };
    const looked = await lookThrough(tenant, look, progress).catch((error) => failed(error, look));
    if (looked) await db.once([tenant.id], (sql) => endGapLook(sql, { ...look, ...progress }, looked));
    return true;
  }

  function failed(error: unknown, { tenantId, sourceId }: GapLook): Looked | null {
    if (error instanceof Superseded) return null;
    if (error instanceof Waits) return { nextInMs: error.waitMs, error: WAITS };
    // What is wrong with the connection, or with its rights, is the tenant's to mend, and shown to it.
    if (!isPawlError(error)) onError(error, { tenant_id: tenantId, source_id: sourceId });
    return { nextInMs: LOOK_EVERY_MS, error: isPawlError(error) ? shown(error) : BROKE_OFF };
  }

  async function lookThrough(tenant: Tenant, look: GapLook, progress: Progress): Promise<Looked> {
    const [source] = await db.once<Awaited<ReturnType<typeof findAskedSource>>>([tenant.id], (sql) =>
      findAskedSource(sql, look),
    );
    const kind = source && getSourceKind(source.kind);
    // What a deactivated source refuses, it refuses on purpose.
    if (!kind?.gaps || !source?.isActive) return { nextInMs: LOOK_EVERY_MS, error: null };
    const asked = { tenant, look, kind, gaps: kind.gaps, requestsLeft: REQUESTS_PER_LOOK };
    await learnHooks(asked, progress, source.createdAt);
    // Those come first that a look before had no request left for.
    const hooks = Object.entries(progress.hooks)
      .sort(([, a], [, b]) => ((a.lookedAt ?? '') < (b.lookedAt ?? '') ? -1 : 1))
      .map(([name]) => name);
    if (hooks.length === 0) return { nextInMs: LOOK_EVERY_MS, error: NO_HOOK };
    let [nextInMs, error]: [number, Looked['error']] = [LOOK_EVERY_MS, null];
    for (const name of hooks) {
      try {
        const { isBehind } = await lookAt(asked, name, progress);
        if (isBehind) nextInMs = GO_ON_AFTER_MS;
      } catch (caught) {
        // Others may have gaps that can be filled.
        if (!isPawlError(caught)) throw caught;
        if (!wasDeleted(caught, progress.hooks[name], asked)) error ??= shown(caught);
        else delete progress.hooks[name];
      }
    }
    return { nextInMs, error };
  }

  /** @returns isBehind more is due than this look may ask for */
  async function lookAt(asked: Asked, name: string, progress: Progress): Promise<{ isBehind: boolean }> {
    const hook = progress.hooks[name];
    if (!hook) return { isBehind: false };
    if (asked.requestsLeft <= KEPT_TO_ASK) return { isBehind: true };
    const isFirst = asked.requestsLeft === REQUESTS_PER_LOOK;
    const from = new Date(Math.max(Date.parse(hook.from), keptSince(asked.gaps).getTime()));
    const { sent, isWhole } = await readAttempts(asked, name, from);
    // It comes first in the next look, which has all its requests for it.
    if (!isWhole && !isFirst) return { isBehind: true };
    const missing = await notReceived(asked, gapsOf(sent));
    const due = missing.filter((gap) => isDue(gap, now()));
    const asking = due.slice(0, asked.requestsLeft);
    for (const gap of asking) await sendAgain(asked, name, gap);
    progress.hooks[name] = {
      ...hook,
      from: readFrom(asked.gaps, missing, sent, from).toISOString(),
      lookedAt: now().toISOString(),
    };
    if (!isWhole) throw new PawlError('Unavailable', 'gaps_too_long', TOO_LONG);
    return { isBehind: asking.length < due.length };
  }

  /** A webhook that is not there any more, and of which nothing was heard for as long as something could be asked for. */
  const wasDeleted = ({ code }: PawlError, hook: Hook | undefined, { gaps }: Asked): boolean =>
    code === NOT_FOUND && hook !== undefined && Date.parse(hook.heardAt) < keptSince(gaps).getTime();

  const keptSince = ({ keptMs }: Gaps): Date => new Date(now().getTime() - keptMs);

  /** From what came in since the last look; what came in before is known. */
  async function learnHooks({ tenant, look, gaps }: Asked, progress: Progress, since: Date): Promise<void> {
    const events = await db.once<Awaited<ReturnType<typeof lastEventOfEachHook>>>([tenant.id], (sql) =>
      lastEventOfEachHook(sql, look, {
        header: gaps.hookHeader,
        afterId: progress.afterId ?? idBefore(keptSince(gaps)),
        limit: EVENTS_READ,
      }),
    );
    for (const { id, headers, payload, receivedAt } of events) {
      const name = gaps.hookOf(headers, payload);
      progress.afterId = id;
      if (name === null) continue;
      const known = Object.keys(progress.hooks).find((hook) => gaps.idOf(hook) === gaps.idOf(name));
      const before = (known && progress.hooks[known]) || { from: since.toISOString(), lookedAt: null };
      // Whom it belongs to was renamed.
      if (known) delete progress.hooks[known];
      progress.hooks[name] = { ...before, heardAt: receivedAt.toISOString() };
    }
  }

  /** @returns isWhole false: there was more than a look may read */
  async function readAttempts(
    asked: Asked,
    hook: string,
    from: Date,
  ): Promise<{ sent: Sent[]; isWhole: boolean }> {
    const sent: Sent[] = [];
    let cursor: string | null = null;
    do {
      if (asked.requestsLeft <= KEPT_TO_ASK) return { sent, isWhole: false };
      const answer = await call(asked, asked.gaps.list(hook, cursor));
      const page: SentPage = readPage(asked, answer);
      sent.push(...page.sent.filter(({ sentAt }) => sentAt >= from));
      cursor = page.sent.every(({ sentAt }) => sentAt >= from) ? page.cursor : null;
    } while (cursor !== null);
    return { sent, isWhole: true };
  }

  /** The vendor may have given up on an answer of ours that came too late. */
  async function notReceived({ tenant, look }: Asked, found: readonly Gap[]): Promise<Gap[]> {
    if (found.length === 0) return [];
    const deliveryIds = found.map(({ deliveryId }) => deliveryId);
    const known = await db.once<{ deliveryId: string }[]>([tenant.id], (sql) =>
      knownDeliveries(sql, look, deliveryIds),
    );
    const received = new Set(known.map(({ deliveryId }) => deliveryId));
    return found.filter(({ deliveryId }) => !received.has(deliveryId));
  }

  async function sendAgain(asked: Asked, hook: string, gap: Gap): Promise<void> {
    const { tenant, look, gaps } = asked;
    await call(asked, gaps.sendAgain(hook, gap.last));
    await db.forTenants([tenant.id], async (sql) => {
      await countAsked(sql, look);
      await appendLog(sql, tenant.shard, {
        tenantId: tenant.id,
        subjectId: look.sourceId,
        id: ids.next(),
        actor: 'worker',
        kind: 'source.redelivery_asked',
        data: { delivery_id: gap.deliveryId, hook, attempts: gap.attempts, connection_id: look.connectionId },
      });
    });
  }

  async function call(asked: Asked, { method, path, query }: VendorCall): Promise<VendorAnswer> {
    const { tenant, look, kind, gaps } = asked;
    asked.requestsLeft -= 1;
    const held = await db.once<Row[]>([tenant.id], (sql) => holdsGapLook(sql, look));
    if (held.length === 0) throw new Superseded();
    const answered = await options.ask({
      tenant,
      connectionId: look.connectionId,
      input: { method, path, query, headers: {}, idempotent: method === 'GET' },
      timeoutMs: REQUEST_TIMEOUT_MS,
      maxResponseBytes: ANSWER_BYTES,
      refusal({ status }, restMs) {
        if (status >= 200 && status <= 299) return null;
        const code = status === 404 || status === MOVED ? NOT_FOUND : 'gaps_refused';
        return { code, message: `${kind.title} answered ${status}. ${whatToDo(status, restMs, gaps)}` };
      },
    });
    if (answered.kind === 'wait') throw new Waits(answered.waitMs);
    return answered.answer;
  }

  return createLoop({ intervalMs: INTERVAL_MS, onError, run });
}

const shown = ({ code, message }: PawlError) => ({ code, message });

/** Everything that was sent before has arrived, or is given up. */
function readFrom(
  { listedWithinMs }: Gaps,
  missing: readonly Gap[],
  sent: readonly Sent[],
  from: Date,
): Date {
  const open = missing.map(({ firstSentAt }) => firstSentAt.getTime());
  // What had no answer yet when the list was read is not in it, though it was sent before what is.
  const listed = Math.max(...sent.map(({ sentAt }) => sentAt.getTime())) - listedWithinMs;
  return new Date(Math.max(from.getTime(), Math.min(listed, ...open)));
}

/** @throws PawlError `gaps_unreadable` */
function readPage({ gaps, kind }: Asked, answer: VendorAnswer): SentPage {
  try {
    return gaps.readList(answer);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const message = `${kind.title} answered with something that is no list of what it sent. Does the connection lead to its API?`;
    throw new PawlError('Unavailable', 'gaps_unreadable', message);
  }
}

function whatToDo(status: number, restMs: number, { permission }: Gaps): string {
  if (restMs > 0) return 'It asks to be left alone for a while.';
  if (status === MOVED) return 'The webhook belongs to another name now, which its next request says.';
  return [401, 403, 404].includes(status) ? permission : 'It is asked again.';
}

/** Followed it would lead wherever the answer says, with the token. */
const MOVED = 301;
const NOT_FOUND = 'gaps_hook_not_found';
const TOO_LONG =
  'More was sent than one look reads. What is older was not looked at: see at the vendor’s what is missing.';
const NO_HOOK = {
  code: 'gaps_hook_unknown',
  message:
    'Nothing has come in yet that says which webhook it is from. The first request of the webhook does.',
};
const BROKE_OFF = { code: 'gaps_failed', message: 'The look broke off; the next one begins anew.' };
const WAITS = {
  code: 'gaps_wait',
  message: 'The connection is paused, over its rate, or its circuit is open. It goes on when there is room.',
};
