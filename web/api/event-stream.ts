// Server-sent events over fetch: EventSource cannot send the header that says who asks.
import { session } from '../session/session.ts';
import { ApiProblem } from './problem.ts';

export interface StreamedEvent {
  event: string;
  id: string | null;
  data: unknown;
}

/** Takes text as it comes, in pieces of any size, and gives the events that are whole. */
export function createEventParser(): (text: string) => StreamedEvent[] {
  let rest = '';
  return (text) => {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    return blocks.flatMap(readBlock);
  };
}

function readBlock(block: string): StreamedEvent[] {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const colon = line.indexOf(': ');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 2));
  }
  const data = fields.get('data');
  if (data === undefined) return [];
  return [{ event: fields.get('event') ?? 'message', id: fields.get('id') ?? null, data: JSON.parse(data) }];
}

export interface Following {
  onEvent(event: StreamedEvent): void;
  /** Whether the stream is open at present. */
  onLive(live: boolean): void;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Follows a stream until it says `end`, and goes on where it broke off.
 * @returns stops it
 */
export function follow(path: string, { onEvent, onLive }: Following): () => void {
  const stop = new AbortController();
  void followUntil(stop.signal);
  return () => stop.abort();

  async function followUntil(signal: AbortSignal): Promise<void> {
    let lastId: string | null = null;
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      try {
        for await (const event of eventsOf(path, lastId, signal)) {
          pauseMs = FIRST_PAUSE_MS;
          onLive(true);
          lastId = event.id ?? lastId;
          onEvent(event);
          if (event.event === 'end') return onLive(false);
        }
      } catch (error) {
        if (error instanceof ApiProblem && error.status < 500 && error.status !== 429) return onLive(false);
      }
      onLive(false);
      await pause(pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }
}

async function* eventsOf(
  path: string,
  lastId: string | null,
  signal: AbortSignal,
): AsyncGenerator<StreamedEvent> {
  const headers = { ...session.headers(), ...(lastId !== null && { 'Last-Event-ID': lastId }) };
  const response = await fetch(path, { headers, signal });
  if (response.status === 401) session.refused();
  if (!response.ok || !response.body) throw new ApiProblem(await response.json(), response.status);
  const parse = createEventParser();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield* parse(value);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
