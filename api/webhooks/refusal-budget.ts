// How many refused requests are written down: enough to show what is wrong, and no more, as anybody can send them.
import { LRUCache } from 'lru-cache';

export interface RefusalBudget {
  /**
   * Whether this one is to be written down.
   * @returns null, or how many of the same source were not, since the last that was
   */
  take(sourceId: string, nowMs: number): { unrecorded: number } | null;
}

/** Per source and process: a page of attempts an hour of trying, not a full disk. */
const RECORDED_PER_MINUTE = 10;
const MINUTE_MS = 60_000;
const SOURCES_MAX = 20_000;

interface Window {
  since: number;
  recorded: number;
  unrecorded: number;
}

export function createRefusalBudget(): RefusalBudget {
  const windows = new LRUCache<string, Window>({ max: SOURCES_MAX });
  return {
    take(sourceId, nowMs) {
      const window = windows.get(sourceId) ?? { since: nowMs, recorded: 0, unrecorded: 0 };
      windows.set(sourceId, window);
      if (nowMs - window.since >= MINUTE_MS) Object.assign(window, { since: nowMs, recorded: 0 });
      if (window.recorded >= RECORDED_PER_MINUTE) {
        window.unrecorded++;
        return null;
      }
      window.recorded++;
      const { unrecorded } = window;
      window.unrecorded = 0;
      return { unrecorded };
    },
  };
}
