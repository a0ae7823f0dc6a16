// What names a lane of the queue within its shard.

/** A tenant's connection, or one of its endpoints. */
export interface LaneKey {
  tenantId: string;
  /** Or the id of an endpoint. */
  connectionId: string;
}

/** In this text, lanes have the order that they have in Postgres. */
export const laneKey = ({ tenantId, connectionId }: LaneKey): string => `${tenantId}:${connectionId}`;
