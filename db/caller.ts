// From where the request comes that is being answered: known at the door, and wanted where the log is written, with a dozen
// functions in between that have nothing to do with it. The one thing that is not passed in (docs/decisions/0013).
import { AsyncLocalStorage } from 'node:async_hooks';

export interface Caller {
  /** IP address. */
  address: string;
}

const callers = new AsyncLocalStorage<Caller>();

/** Entries that `appendLog` makes while `run` runs, and in whatever that awaits, say where its caller is. */
export const answering = <T>(caller: Caller, run: () => T): T => callers.run(caller, run);

export const currentCaller = (): Caller | undefined => callers.getStore();
