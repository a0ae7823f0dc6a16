// The promises, and a case of one that is broken.

export const INVARIANTS = {
  runs_terminal_or_scheduled: 'Every action run is over, or its list is in the queue and will come to it.',
  lists_in_order: 'Actions of a list went out one after the other, by the record and by the receiver.',
  one_effect_per_key:
    'No Idempotency-Key reached a receiver that belongs to no action run; every success was received.',
  ledger_is_attempts:
    'The ledger holds exactly the started attempts, and nothing was received that is not in it.',
  log_replays: 'Replaying the event log through the engine gives every job as it stands.',
  no_orphan_lease: 'Nothing in the queue is held by a worker that does not exist.',
  keys_held: 'A job holds its key while it is live, and not afterwards.',
  deliveries_have_runs:
    'Every delivery has a run that says what became of it, and every such run a delivery.',
} as const;

export type InvariantName = keyof typeof INVARIANTS;

export interface Violation {
  invariant: InvariantName;
  id: string;
  what: string;
}
