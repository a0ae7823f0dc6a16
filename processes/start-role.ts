// Starts an API or a worker in this process, which loads what that role needs and nothing of the other.
import type { ChildRole } from './child-messages.ts';
import type { ProcessOptions } from './process-options.ts';

export interface RunningRole {
  /** Where the API is; a worker is nowhere. */
  url?: string;
  stop(): Promise<void>;
}

/** @throws what `startApi` or `startWorker` does */
export async function startRole(role: ChildRole, options: ProcessOptions): Promise<RunningRole> {
  if (role === 'api') {
    const { startApi } = await import('./api.ts');
    return startApi(options);
  }
  const { startWorker } = await import('./worker.ts');
  return startWorker(options);
}
