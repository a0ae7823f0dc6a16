// What happens over time when a process or a server is lost: what is refused, what waits, how old it gets, and when all of it
// is worked off. Counts whole events and actions, so that what goes in is what is in there or came out.
import { createQueue, move, type Queue } from './queue.ts';
import type { Seeded } from './seeded.ts';

export interface LossOptions {
  seconds: number;
  /** Events a second, over all servers. */
  rate: number;
  /** Actions that an event queues: a whole number. */
  actions: number;
  /** Of the load, by server. */
  shares: readonly number[];
  workers: number;
  /** Actions a second of one worker. */
  workerPerSecond: number;
  /** What a server has for events and actions, and what each of them takes; microseconds. */
  server: { usPerSecond: number; eventUs: number; actionUs: number };
  /** Actions that one worker has under way. */
  underWay: number;
  /** WORKER_LEASE_MS and a heartbeat: how long until others have what a dead worker held. */
  takeoverS: number;
  /** Null: none is lost. */
  worker: { atS: number; backAfterS: number } | null;
  /** While it is silent nothing can be committed or recorded, because batches hold rows of several servers. */
  serverLost: { atS: number; index: number; silentS: number; backAfterS: number } | null;
}

export interface Losses {
  /** Events: `arrived` = `committed` + `refused` + `unanswered`. */
  arrived: number;
  committed: number;
  /** Answered with 503; nothing of them is written, and whoever sent them sends them again. */
  refused: number;
  unanswered: number;
  /** Actions: `queued` = `done` + `waiting` + `held`. */
  queued: number;
  done: number;
  waiting: number;
  /** Taken by a worker that is gone, until others may take them over. */
  held: number;
  mostWaiting: number;
  /** Of an action that was waiting, the longest time. */
  oldestS: number;
  /** Seconds after the loss at which no more waits than before it; null: not in this time. */
  drainedAfterS: number | null;
}

const TICK_S = 0.1;
/** What is always on its way at this rate is no backlog. */
const BACKLOG_S = 0.5;

export function lose(random: Seeded, options: LossOptions): Losses {
  const { worker, serverLost } = options;
  const servers = options.shares.map(
    (share): Server => ({ share, unanswered: 0, usLeft: 0, waiting: createQueue() }),
  );
  const held = createQueue();
  const counts = { arrived: 0, committed: 0, refused: 0, queued: 0, done: 0, mostWaiting: 0, oldestS: 0 };
  const lostAt = worker?.atS ?? serverLost?.atS ?? 0;
  let lastBusyAt = lostAt;
  let spare = 0;

  for (let tick = 0; tick * TICK_S < options.seconds; tick++) {
    const now = tick * TICK_S;
    const down = serverLost && within(now, serverLost.atS, serverLost.backAfterS) ? serverLost.index : null;
    const isSilent = serverLost !== null && within(now, serverLost.atS, serverLost.silentS);
    servers.forEach((server, index) => {
      arrive(random, server, { now, isDown: index === down, isSilent, options, counts });
    });

    if (worker && within(worker.atS, now, TICK_S)) {
      for (const { waiting } of servers) move(waiting, held, options.underWay - held.size);
    }
    // It is of no matter to which server it goes back, but to one that is up.
    const up = servers.find((_, index) => index !== down);
    if (worker && up && now >= worker.atS + options.takeoverS) move(held, up.waiting, held.size);

    const alive = options.workers - (worker && within(now, worker.atS, worker.backAfterS) ? 1 : 0);
    spare = isSilent ? 0 : (spare % 1) + alive * options.workerPerSecond * TICK_S;
    for (const server of turns(servers, tick)) {
      const might = Math.min(Math.floor(server.usLeft / options.server.actionUs), Math.floor(spare));
      const done = server.waiting.take(might).reduce((sum, { count }) => sum + count, 0);
      spare -= done;
      counts.done += done;
    }
    const left = [...servers.map(({ waiting }) => waiting), held];
    const waits = left.reduce((sum, { size }) => sum + size, 0);
    const since = Math.min(...left.map(({ oldest }) => oldest ?? now));
    counts.mostWaiting = Math.max(counts.mostWaiting, waits);
    counts.oldestS = Math.max(counts.oldestS, now - since);
    const isBacklog = waits + unansweredOf(servers) > options.rate * Math.max(1, options.actions) * BACKLOG_S;
    if (isBacklog || held.size > 0) lastBusyAt = now;
  }
  return {
    ...counts,
    unanswered: unansweredOf(servers),
    waiting: servers.reduce((sum, { waiting }) => sum + waiting.size, 0),
    held: held.size,
    drainedAfterS: lastBusyAt < options.seconds - 2 * TICK_S ? Math.max(0, lastBusyAt - lostAt) : null,
  };
}

interface Server {
  share: number;
  /** Events that came and are not committed yet. */
  unanswered: number;
  /** Of the tick. */
  usLeft: number;
  waiting: Queue;
}

type Counts = Omit<Losses, 'unanswered' | 'waiting' | 'held' | 'drainedAfterS'>;

/** Events come, and are committed as far as the server has time for them. */
function arrive(
  random: Seeded,
  server: Server,
  of: { now: number; isDown: boolean; isSilent: boolean; options: LossOptions; counts: Counts },
): void {
  const { options, counts } = of;
  const came = random.poisson(options.rate * server.share * TICK_S);
  counts.arrived += came;
  server.unanswered += came;
  server.usLeft = of.isDown || of.isSilent ? 0 : options.server.usPerSecond * TICK_S;
  if (of.isDown) {
    counts.refused += server.unanswered;
    server.unanswered = 0;
    return;
  }
  const committed = Math.min(server.unanswered, Math.floor(server.usLeft / options.server.eventUs));
  server.unanswered -= committed;
  server.usLeft -= committed * options.server.eventUs;
  counts.committed += committed;
  counts.queued += committed * options.actions;
  server.waiting.add(of.now, committed * options.actions);
}

const within = (now: number, from: number, length: number): boolean => now >= from && now < from + length;

const unansweredOf = (servers: readonly Server[]): number =>
  servers.reduce((sum, { unanswered }) => sum + unanswered, 0);

/** In an order that begins with another one each time. */
const turns = (servers: readonly Server[], tick: number): Server[] =>
  servers.map((_, nth) => servers[(nth + tick) % servers.length] as Server);
