// A lane: one connection of one tenant. Who waits for it waits for nobody else.

export interface Lane {
  shard: number;
  tenantId: string;
  connectionId: string;
}

export const laneKey = ({ tenantId, connectionId }: Omit<Lane, 'shard'>): string =>
  `${tenantId}:${connectionId}`;
