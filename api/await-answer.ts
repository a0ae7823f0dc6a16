// Waits for something that another process will write, by looking again and again; nothing is held meanwhile.
import { setTimeout as pause } from 'node:timers/promises';

const FIRST_LOOK_AFTER_MS = 50;
/** What takes longer is not noticeably later for being looked at less often. */
const LOOK_EVERY_MS_MAX = 250;

/** @returns the answer, or what was seen last when the time is over or the client has left */
export async function awaitAnswer<T>(
  look: () => Promise<T>,
  { isAnswer, timeoutMs, signal }: { isAnswer(seen: T): boolean; timeoutMs: number; signal: AbortSignal },
): Promise<T> {
  const until = performance.now() + timeoutMs;
  let seen = await look();
  let everyMs = FIRST_LOOK_AFTER_MS;
  while (!isAnswer(seen) && performance.now() < until && !signal.aborted) {
    await pause(everyMs);
    seen = await look();
    everyMs = Math.min(everyMs * 1.2, LOOK_EVERY_MS_MAX);
  }
  return seen;
}
