// The one start/stop contract of everything that works in the background: runs again and again, when woken or when
// its interval is over, never twice at once.

export interface Loop {
  start(): void;
  /** Run soon: now, or right after the run that is under way. */
  wake(): void;
  /** Resolves when the run that is under way has ended. */
  stop(): Promise<void>;
}

export interface LoopOptions {
  /** A function is asked each time there is nothing more to do. */
  intervalMs: number | (() => number);
  /** @returns true when there is more to do at once */
  run(): Promise<boolean>;
  onError(error: unknown): void;
}

/** What a run met that failed may last and come at once each time, as from a server that became read-only. */
const AGAIN_AFTER_FAILURE_MS = 250;

export function createLoop({ intervalMs, run, onError }: LoopOptions): Loop {
  let running: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let again = false;
  let stopped = true;
  let failed = false;

  async function turn(): Promise<void> {
    do {
      [again, failed] = [false, false];
      try {
        again = (await run()) || again;
      } catch (error) {
        failed = true;
        onError(error);
      }
    } while (again && !stopped);
  }

  function go(): void {
    if (stopped) return;
    if (running) {
      again = true;
      return;
    }
    if (timer) clearTimeout(timer);
    running = turn().finally(() => {
      running = null;
      if (stopped) return;
      const nextMs = typeof intervalMs === 'number' ? intervalMs : intervalMs();
      timer = setTimeout(go, failed ? Math.max(AGAIN_AFTER_FAILURE_MS, nextMs) : nextMs);
    });
  }

  return {
    start() {
      stopped = false;
      go();
    },
    wake: go,
    async stop() {
      stopped = true;
      if (timer) clearTimeout(timer);
      await running;
    },
  };
}
