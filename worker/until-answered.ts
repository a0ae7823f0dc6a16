// Asks the database again and again until it answers: for what must be written, however long the database is away.
import { setTimeout as wait } from 'node:timers/promises';

export interface UntilAnsweredOptions {
  /** Given up when this aborts: the process is told to end at once. */
  signal: AbortSignal;
  onError(error: unknown): void;
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/** @throws only when the signal aborts */
export async function untilAnswered<T>(
  ask: () => Promise<T>,
  { signal, onError }: UntilAnsweredOptions,
): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await ask();
    } catch (error) {
      onError(error);
      await wait(pauseMs, undefined, { signal });
    }
  }
}
