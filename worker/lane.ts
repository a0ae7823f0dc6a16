// A lane: one connection of one tenant, or one endpoint. Who waits for it waits for nobody else.
import type { LaneKey } from '../db/lane-key.ts';

/** As the queue knows it. */
export interface Lane extends LaneKey {
  shard: number;
}

/** As those know it who have read what the lane leads to. */
export interface Receiver extends Lane {
  toEndpoint: boolean;
}
