// Closes what a process opened.
import type { Logger } from './log.ts';

/** What was opened last is closed first; one that cannot be closed does not keep the others open. Never rejects. */
export async function closeAll(opened: readonly (() => unknown)[], log: Logger): Promise<void> {
  for (const close of opened.toReversed()) {
    try {
      await close();
    } catch (error) {
      log.warn({ err: error }, 'something could not be closed');
    }
  }
}
