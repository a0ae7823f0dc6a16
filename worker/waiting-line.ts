// Those who found a lane full and wait for a request to end, in order, for a moment: it is shorter than going back to the queue.

export interface WaitingLine {
  /** @returns true: a place was handed over; false: none became free in time */
  join(): Promise<boolean>;
  /** Hands a place to whoever waits longest. @returns false when nobody waits */
  handOver(): boolean;
}

/** @param patienceMs how long the first of them waits; who joins later gives up with it */
export function createWaitingLine(patienceMs: number): WaitingLine {
  let waiting: ((place: boolean) => void)[] = [];
  let timer: NodeJS.Timeout | null = null;

  function giveUp(): void {
    timer = null;
    const all = waiting;
    waiting = [];
    for (const answer of all) answer(false);
  }

  return {
    join: () =>
      new Promise((answer) => {
        waiting.push(answer);
        timer ??= setTimeout(giveUp, patienceMs);
      }),
    handOver() {
      const first = waiting.shift();
      if (waiting.length === 0 && timer) {
        clearTimeout(timer);
        timer = null;
      }
      first?.(true);
      return first !== undefined;
    },
  };
}
