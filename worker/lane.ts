// A lane: one connection of one tenant, or one endpoint. Who waits for it waits for nobody else.

/** As the queue knows it. */
export interface Lane {
  shard: number;
  tenantId: string;
  /** Or the id of an endpoint. */
  connectionId: string;
}

/** As those know it who have read what the lane leads to. */
export interface Receiver extends Lane {
  toEndpoint: boolean;
}

export const laneKey = ({ tenantId, connectionId }: Omit<Lane, 'shard'>): string =>
  `${tenantId}:${connectionId}`;
