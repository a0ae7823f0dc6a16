// The two ways to end a running command: gracefully at the first SIGINT or SIGTERM, at once at the second.

export interface Shutdown {
  /** Resolves with the first signal. */
  readonly asked: Promise<NodeJS.Signals>;
}

/** One Ctrl-C arrives twice when npm runs us: from the terminal, and forwarded by npm. People need longer than this. */
const SAME_SIGNAL_MS = 300;

/** @param atOnce called at the second signal; does not return */
export function onShutdown(atOnce: (signal: NodeJS.Signals) => void): Shutdown {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  let firstAt: number | undefined;
  const hear = (signal: NodeJS.Signals) => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      resolve(signal);
    } else if (performance.now() - firstAt > SAME_SIGNAL_MS) atOnce(signal);
  };
  process.on('SIGINT', hear);
  process.on('SIGTERM', hear);
  return { asked: promise };
}
