// Deliveries know subscriptions, connections and endpoints by id; people know them by name.
import { useQuery } from '@tanstack/react-query';
import { connectionsQuery } from '../../api/queries.ts';
import { endpointsQuery, subscriptionsQuery } from '../integration-requests.ts';

export interface Target {
  connection_id: string | null;
  endpoint_id: string | null;
}

export function useNames() {
  const { data: subscriptions = [] } = useQuery(subscriptionsQuery);
  const { data: connections = [] } = useQuery(connectionsQuery);
  const { data: endpoints = [] } = useQuery(endpointsQuery);
  return {
    subscriptions,
    connections,
    endpoints,
    subscription: (id: string) =>
      subscriptions.find((one) => one.id === id)?.name ?? 'a subscription that is gone',
    target: ({ connection_id: connection, endpoint_id: endpoint }: Target) =>
      connection === null
        ? (endpoints.find(({ id }) => id === endpoint)?.url ?? 'an endpoint')
        : (connections.find(({ id }) => id === connection)?.connection_name ?? 'a connection'),
  };
}
