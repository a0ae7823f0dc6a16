// Group commit: what arrives while a batch is in flight leaves together in the next one.
// Used wherever many callers each want one row written (or read) and a round trip is the cost.
import { StaleShard } from './only-on-shards.ts';

export interface Batch<Item, Answer> {
  /** Resolves when the batch that holds `item` has committed. */
  add(item: Item): Promise<Answer>;
  /** Items that wait or are in flight. */
  readonly size: number;
}

export interface BatchOptions<Item, Answer> {
  /** Answers in the order of `items`. Throwing fails every item, each of which is then tried alone. */
  run(items: readonly Item[]): Promise<readonly Answer[]>;
  /** Whether items may be tried again after this error; default: after any. Say no where twice is not once. */
  mayRunAgain?(error: unknown): boolean;
  /** Most items that one `run` gets. */
  maxItems: number;
  /** How many batches may be in flight at once. */
  concurrency: number;
  /** How many more, where those take long or as many wait as are worth one; default: none. */
  spareConcurrency?: number;
  /** Whether who waits when a batch ends waits as long again as that took, so that others join; default: no. */
  pauses?: boolean;
}

/** By then a batch waits for something, a lock or a tenant that is being moved, that the next one may not have to wait for. */
const TAKES_LONG_MS = 50;
/** Of so many the cost is nearly all their own: more in one statement would save little. */
const WORTH_ANOTHER = 64;
/** Less is not worth a timer. */
const PAUSE_MIN_MS = 0.5;

export function createBatch<Item, Answer>({
  run,
  mayRunAgain = () => true,
  maxItems,
  concurrency,
  spareConcurrency = 0,
  pauses = false,
}: BatchOptions<Item, Answer>): Batch<Item, Answer> {
  interface Waiting {
    item: Item;
    resolve(answer: Answer): void;
    reject(error: unknown): void;
  }
  const waiting: Waiting[] = [];
  let inFlight = 0;
  let busy = 0;
  let takingLong = 0;
  let scheduled = false;
  let pause: NodeJS.Timeout | null = null;

  async function flush(members: Waiting[]): Promise<void> {
    try {
      const items = members.map(({ item }) => item);
      const began = performance.now();
      // A tenant was moved meanwhile: asked again, what is run is made for where it is now.
      const answers = await run(items).catch((error) => {
        if (error instanceof StaleShard) return run(items);
        throw error;
      });
      // Before anybody is answered: who comes again with the next item at once has not waited.
      pauseAfter(performance.now() - began);
      members.forEach(({ resolve }, i) => {
        resolve(answers[i] as Answer);
      });
    } catch (error) {
      if (members.length === 1 || !mayRunAgain(error)) for (const member of members) member.reject(error);
      // One bad member must not fail its neighbours: tried singly, only it does.
      else for (const member of members) await flush([member]);
    }
  }

  function mayBegin(): boolean {
    const isWorthOne = waiting.length >= Math.min(WORTH_ANOTHER, maxItems);
    if (pause && !isWorthOne) return false;
    return busy < concurrency + (isWorthOne ? spareConcurrency : Math.min(spareConcurrency, takingLong));
  }

  /** After a batch that took long nobody waits: what held it up does not get less by waiting. */
  function pauseAfter(tookMs: number): void {
    if (!pauses || pause || waiting.length === 0 || tookMs < PAUSE_MIN_MS || tookMs >= TAKES_LONG_MS) return;
    pause = setTimeout(() => {
      pause = null;
      pump();
    }, tookMs);
  }

  function whenItTakesLong() {
    if (spareConcurrency === 0) return { end() {} };
    let takesLong = false;
    const timer = setTimeout(() => {
      takesLong = true;
      takingLong++;
      pump();
    }, TAKES_LONG_MS);
    return {
      end() {
        clearTimeout(timer);
        if (takesLong) takingLong--;
      },
    };
  }

  function pump(): void {
    scheduled = false;
    while (mayBegin() && waiting.length > 0) {
      const members = waiting.splice(0, maxItems);
      busy++;
      inFlight += members.length;
      const timed = whenItTakesLong();
      void flush(members).finally(() => {
        timed.end();
        busy--;
        inFlight -= members.length;
        pump();
      });
    }
  }

  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        if (mayBegin() && !scheduled) {
          scheduled = true;
          // After the current turn of the event loop, so that requests read from the network together go together.
          setImmediate(pump);
        }
      }),
    get size() {
      return waiting.length + inFlight;
    },
  };
}
