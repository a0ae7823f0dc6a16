// Lists that found their lane full wait here for a moment, in order: a request ends sooner than they would come back from
// the queue.

export interface WaitingLine {
  /** @returns true: a place was handed over; false: none became free in time */
  join(): Promise<boolean>;
  /** Hands a place to whoever waits longest. @returns false when nobody waits */
  handOver(): boolean;
}

interface Waiting {
  until: number;
  answer(place: boolean): void;
}

/** @param patienceMs how long each of them waits */
export function createWaitingLine(patienceMs: number): WaitingLine {
  /** All wait equally long, so the first gives up first. */
  const line: Waiting[] = [];
  let timer: NodeJS.Timeout | null = null;

  function watchFirst(): void {
    const [first] = line;
    if (timer) clearTimeout(timer);
    timer = first ? setTimeout(giveUp, Math.max(1, first.until - performance.now())) : null;
  }

  function giveUp(): void {
    const now = performance.now();
    while (line[0] && line[0].until <= now) line.shift()?.answer(false);
    watchFirst();
  }

  return {
    join: () =>
      new Promise((answer) => {
        line.push({ until: performance.now() + patienceMs, answer });
        if (!timer) watchFirst();
      }),
    handOver() {
      const first = line.shift();
      first?.answer(true);
      // A timer that was set for whoever has left finds nothing to do, and is set for the next.
      if (line.length === 0) watchFirst();
      return first !== undefined;
    },
  };
}
