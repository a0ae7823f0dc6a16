// Whoever ends a run that measures or checks wants what there is by then: the first signal says so, the second ends it at once.

/** @param told what is said at the first signal @returns whether there was one */
export function onInterrupt(
  signals: readonly ('SIGINT' | 'SIGTERM')[],
  say: (line: string) => void,
  told: string,
): () => boolean {
  let interrupted = false;
  for (const signal of signals) {
    process.on(signal, () => {
      if (interrupted) process.exit(130);
      interrupted = true;
      say(told);
    });
  }
  return () => interrupted;
}
