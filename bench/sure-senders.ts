// Sends events over several API processes, any of which may be killed: what has no answer is sent again, to another one,
// under the same Idempotency-Key, so that each event is accepted once and everybody knows how many were.
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { JobTarget } from './load.ts';
import { nowMs } from './measure.ts';

export interface SureSenders {
  /** Ends when what is under way has its answer. @returns how many events were accepted */
  stop(): Promise<number>;
  readonly accepted: number;
  /** How often an event was sent again. */
  readonly again: number;
  /** Milliseconds from the first try to the answer of the slowest event, since it was asked for last. */
  slowestMs(): number;
}

const AGAIN_AFTER_MS = 50;
const ANSWERED_WITHIN_MS = 10_000;

/**
 * @param urls of those that live, asked for each request
 * @param atOnce how many jobs have an event under way; a job has one at a time
 */
export function startSureSenders(
  targets: readonly JobTarget[],
  { urls, atOnce }: { urls(): readonly string[]; atOnce: number },
): SureSenders {
  let going = true;
  let accepted = 0;
  let again = 0;
  let slowestMs = 0;
  const waiting = [...targets];

  async function sendOne({ path, authorization }: JobTarget): Promise<void> {
    const headers = { authorization, 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    const body = JSON.stringify({ type: 'HIT', payload: { n: accepted } });
    const startedAt = nowMs();
    for (;;) {
      const among = urls();
      const url = among[Math.floor(Math.random() * among.length)];
      const status = url === undefined ? null : await post(`${url}${path}`, headers, body);
      if (status !== null && status < 300) break;
      if (status !== null && status < 500 && status !== 409)
        throw new Error(`${path} was answered ${status}`);
      again++;
      await pause(AGAIN_AFTER_MS);
    }
    accepted++;
    slowestMs = Math.max(slowestMs, nowMs() - startedAt);
  }

  const senders = Array.from({ length: Math.min(atOnce, targets.length) }, async () => {
    while (going) {
      const target = waiting.shift() as JobTarget;
      await sendOne(target);
      waiting.push(target);
    }
  });
  const all = Promise.all(senders);
  // Whoever stops them hears of it.
  all.catch(() => {});

  return {
    async stop() {
      going = false;
      await all;
      return accepted;
    },
    get accepted() {
      return accepted;
    },
    get again() {
      return again;
    },
    slowestMs() {
      const slowest = slowestMs;
      slowestMs = 0;
      return slowest;
    },
  };
}

/** @returns null where there was no answer */
async function post(url: string, headers: Record<string, string>, body: string): Promise<number | null> {
  try {
    const signal = AbortSignal.timeout(ANSWERED_WITHIN_MS);
    const answer = await fetch(url, { method: 'POST', headers, body, signal });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return null;
  }
}
