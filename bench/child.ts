// Children that are asked things over IPC, as typed calls: `serve` in the child, `startChild` in the parent.
// A child ends when its parent is gone; the parent ends only children it started, by their handle.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { BUSY_PROCESS } from '../processes/node-options.ts';

/** What a child answers: one argument (JSON) in, one value (JSON) out. */
// biome-ignore lint/suspicious/noExplicitAny: each handler has an argument of its own; `Child` gives it back to callers.
export type Handlers = Record<string, (argument: any) => unknown>;

export interface Child<H extends Handlers> {
  readonly pid: number;
  /** Resolves when the process is gone, with how it ended. */
  readonly ended: Promise<string>;
  /** Rejects when the child throws, ends, or says nothing for `deadlineMs`. */
  ask<Name extends keyof H & string>(
    name: Name,
    ...argument: Asked<Parameters<H[Name]>[0]>
  ): Promise<Awaited<ReturnType<H[Name]>>>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Lets it exit by itself, so that a profile gets written; SIGKILL if it does not. */
  end(): Promise<void>;
}

/** The argument, if the handler takes one, and a deadline. */
type Asked<Argument> = undefined extends Argument ? [undefined?, number?] : [Argument, number?];

type Question = { id: number; name: string; argument: unknown };
type Answer = { id: number; value: unknown } | { id: number; error: string } | { ready: true };

/** Nothing a benchmark asks takes longer; past this something hangs and the run should say so. */
const DEADLINE_MS = 300_000;
const START_DEADLINE_MS = 60_000;
/** Writing a profile takes a second or two. */
const EXIT_WITHIN_MS = 10_000;

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/**
 * Resolves when the child's module has been loaded and it listens.
 * @param execArgv for Node
 * @param namespace of the network that it runs in (Linux, as root); default: ours
 */
export async function startChild<H extends Handlers>(
  module: URL,
  execArgv: readonly string[] = [],
  namespace: string | null = null,
): Promise<Child<H>> {
  // The peers get what Pawl's own processes get.
  const forNode = [...BUSY_PROCESS, ...execArgv];
  const inside = ['netns', 'exec', namespace ?? '', process.execPath];
  const child = fork(fileURLToPath(module), [], {
    ...(namespace === null ? { execArgv: forNode } : { execPath: 'ip', execArgv: [...inside, ...forNode] }),
    // Its output goes to our stderr: stdout is for the result.
    stdio: ['ignore', 2, 2, 'ipc'],
    serialization: 'advanced',
  });
  children.add(child);
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  const ready = Promise.withResolvers<void>();
  const name = module.pathname.split('/').slice(-2).join('/');
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      children.delete(child);
      const how = `${name} (process ${child.pid}) ended with ${signal ?? `status ${code}`}`;
      const error = new Error(how);
      ready.reject(error);
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
      resolve(how);
    });
  });
  child.on('error', (error) => ready.reject(error));
  child.on('message', (answer: Answer) => {
    if ('ready' in answer) return ready.resolve();
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('error' in answer) asked?.reject(new Error(`${name}: ${answer.error}`));
    else asked?.resolve(answer.value);
  });
  let lastId = 0;
  await within(START_DEADLINE_MS, `${name} to start`, ready.promise);

  return {
    pid: child.pid as number,
    ended,
    ask(what, ...[argument, deadlineMs = DEADLINE_MS]) {
      const id = ++lastId;
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      waiting.set(id, { resolve, reject });
      child.send({ id, name: what, argument } satisfies Question, (error) => error && reject(error));
      const answer = within(deadlineMs, `${name} to answer "${what}"`, promise);
      // Whoever asks several things at once may have left with the first that failed.
      answer.catch(() => {});
      return answer as never;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    async end() {
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill('SIGKILL'), EXIT_WITHIN_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** The child's half: answers what the parent asks, several things at once. */
export function serve(handlers: Handlers): void {
  const send = (answer: Answer) => process.connected && process.send?.(answer);
  process.on('message', async ({ id, name, argument }: Question) => {
    try {
      send({ id, value: await handlers[name]?.(argument) });
    } catch (error) {
      send({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.on('disconnect', () => process.exit());
  // Ctrl-C reaches the whole group: the parent decides what becomes of us.
  process.on('SIGINT', () => {});
  send({ ready: true });
}

async function within<T>(deadlineMs: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${deadlineMs / 1000} s for ${what}`)), deadlineMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
