// What a line of a worker's log says it is about, where that is known.

export interface LogIds {
  tenant_id?: string;
  job_id?: string;
  transition_id?: string;
  source_id?: string;
}

/** Told of an error that the worker goes on from. */
export type OnError = (error: unknown, about?: LogIds) => void;
