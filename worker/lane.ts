// A lane: the queue before one connection, or one endpoint, of a tenant. A slow receiver holds up its own lane only.
import type { LaneKey } from '../db/lane-key.ts';

/** What the queue's rows tell. */
export interface Lane extends LaneKey {
  shard: number;
}

/** What is known once the connection or the endpoint was read. */
export interface Receiver extends Lane {
  toEndpoint: boolean;
}
