// What a machine of 200 states costs the page that opens it: work on its main thread until it is drawn, from a trace.
import type { BrowserContext, Page } from 'playwright-core';
import type { Definition, StateNode } from '../../engine/definition.ts';

/** Ten areas of nineteen states, each led to from the one before, with ways back. */
export function largeMachine(areas = 10, inner = 19): Definition {
  const states: Record<string, StateNode> = {};
  for (let a = 1; a <= areas; a++) {
    const inside: Record<string, StateNode> = {};
    for (let i = 1; i <= inner; i++) {
      inside[`step_${i}`] = {
        on: {
          ...(i < inner && { NEXT: `step_${i + 1}` }),
          ...(i > 1 && i % 4 === 0 && { BACK: { target: `step_${i - 3}`, guard: 'event.again == true' } }),
          ...(i % 6 === 0 && a < areas && { SKIP: `#large.area_${a + 1}` }),
        },
        ...(i === inner && { type: 'final' as const, on: {} }),
      };
    }
    states[`area_${a}`] = {
      initial: 'step_1',
      states: inside,
      onDone: a < areas ? `area_${a + 1}` : 'over',
      after: { PT24H: 'over' },
    };
  }
  return { id: 'large', initial: 'area_1', states: { ...states, over: { type: 'final' } } };
}

interface TraceEvent {
  name: string;
  ph: string;
  ts: number;
  dur?: number;
  /** Of the processor, where the trace knows it: what the thread waited for is not its work. */
  tdur?: number;
  pid: number;
  tid: number;
  args?: { name?: string };
}

/**
 * Opens an address in a new page with its trace on, until `ready`.
 * @returns milliseconds of work on the page's main thread, and from the first to the last of it
 */
export async function mainThreadWork(
  context: BrowserContext,
  address: string,
  ready: (page: Page) => Promise<unknown>,
): Promise<{ workMs: number; wallMs: number }> {
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  const events: TraceEvent[] = [];
  devtools.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  const categories = 'toplevel,devtools.timeline,__metadata';
  await devtools.send('Tracing.start', { categories, transferMode: 'ReportEvents' });
  await page.goto(address);
  await ready(page);
  const complete = new Promise<void>((resolve) => devtools.once('Tracing.tracingComplete', () => resolve()));
  await devtools.send('Tracing.end');
  await complete;
  await page.close();

  const thread = busiestMain(events);
  // Tasks of the thread: what runs inside one is counted with it.
  const tasks = events.filter(
    ({ name, ph, pid, tid }) =>
      ph === 'X' && name === 'ThreadControllerImpl::RunTask' && `${pid} ${tid}` === thread,
  );
  const workMs = tasks.reduce((sum, { tdur, dur = 0 }) => sum + (tdur ?? dur), 0) / 1_000;
  const times = tasks.map(({ ts }) => ts);
  return { workMs, wallMs: (Math.max(...times) - Math.min(...times)) / 1_000 };
}

/** There is one for each renderer; the page's is the one with the most to do. */
function busiestMain(events: readonly TraceEvent[]): string {
  const mains = events.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain');
  const work = new Map(mains.map(({ pid, tid }) => [`${pid} ${tid}`, 0]));
  for (const { ph, pid, tid, dur = 0, name } of events) {
    const key = `${pid} ${tid}`;
    if (ph === 'X' && name === 'ThreadControllerImpl::RunTask' && work.has(key)) {
      work.set(key, (work.get(key) ?? 0) + dur);
    }
  }
  return [...work].sort(([, a], [, b]) => b - a)[0]?.[0] ?? '';
}
