// Which connections may be notified of what happens in a scope: supplied here, or above, or to the whole organisation.
import { ActionIcon, Button, Group, Select, Text, Tooltip } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Resource } from '../../api/client.ts';
import { connectionsQuery } from '../../api/queries.ts';
import { TextLink } from '../../elements/links.tsx';
import { Panel } from '../../elements/panel.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { suppliesQuery, useMay } from '../integration-requests.ts';
import { ProviderMark } from '../provider-mark.tsx';
import type { FlatScope } from './flat-scopes.ts';
import { endSupply, supply, supplyAll } from './scope-requests.ts';
import classes from './scopes-page.module.css';

type Connection = Resource<'Connection'>;

interface Supplied {
  connection: Connection;
  /** Why it serves the scope. */
  by: { kind: 'here'; end(): Promise<unknown> } | { kind: 'above'; name: string };
}

export function ScopeSupplies({ scope, scopes }: { scope: FlatScope | null; scopes: readonly FlatScope[] }) {
  const connections = useQuery(connectionsQuery);
  const supplies = useQuery(suppliesQuery);
  const queries = useQueryClient();
  const may = useMay();
  const [picked, setPicked] = useState<string | null>(null);
  const changed = () =>
    Promise.all(
      ['supplies', 'connections', 'subscriptions'].map((of) => queries.invalidateQueries({ queryKey: [of] })),
    );
  const add = useMutation({
    mutationFn: (id: string) => supply(id, scope?.id ?? null),
    onSuccess: () => setPicked(null),
    onSettled: changed,
  });
  const end = useMutation({ mutationFn: (run: () => Promise<unknown>) => run(), onSettled: changed });

  const supplied = suppliedTo(scope, scopes, connections.data ?? [], supplies.data ?? []);
  const here = new Set(supplied.map(({ connection }) => connection.id));
  const rest = (connections.data ?? []).filter(({ id }) => !here.has(id) && may('supply.write', id));
  const failed = [connections, supplies, add, end].find(({ isError }) => isError);
  return (
    <Panel title={scope === null ? 'Supplied to the whole organisation' : 'Connections supplied here'}>
      {failed && <ProblemNote error={failed.error} />}
      {supplied.length === 0 && connections.data && (
        <Text size="sm" c="dimmed" mb="xs">
          None. Subscriptions on this scope that go through a connection tell nobody until one is supplied.
        </Text>
      )}
      {supplied.map(({ connection, by }) => (
        <div key={connection.id} className={classes.row}>
          <ProviderMark provider={connection.provider} title={connection.provider} size={26} />
          <div className={classes.grow}>
            <TextLink
              to="/admin/integrations/connections/$connectionId"
              params={{ connectionId: connection.id }}
              size="sm"
              underline="always"
            >
              {connection.connection_name}
            </TextLink>
            {by.kind === 'above' && (
              <Text span size="xs" c="dimmed">
                {' '}
                by {by.name}
              </Text>
            )}
          </div>
          {by.kind === 'here' && may('supply.write', connection.id) && (
            <Tooltip label="Take it away from here">
              <ActionIcon
                aria-label={`Take ${connection.connection_name} away`}
                onClick={() => end.mutate(by.end)}
              >
                <IconX size={16} />
              </ActionIcon>
            </Tooltip>
          )}
        </div>
      ))}
      {rest.length > 0 && (
        <Group gap="xs" mt="xs" align="flex-end">
          <Select
            size="xs"
            aria-label="Connection to supply"
            placeholder="Pick a connection"
            data={rest.map(({ id, connection_name: label }) => ({ value: id, label }))}
            value={picked}
            onChange={setPicked}
            searchable
          />
          <Button
            size="xs"
            variant="default"
            disabled={picked === null}
            loading={add.isPending}
            onClick={() => picked !== null && add.mutate(picked)}
          >
            Supply it
          </Button>
        </Group>
      )}
    </Panel>
  );
}

function suppliedTo(
  scope: FlatScope | null,
  scopes: readonly FlatScope[],
  connections: readonly Connection[],
  supplies: readonly Resource<'Supply'>[],
): Supplied[] {
  return connections.flatMap((connection): Supplied[] => {
    const { id } = connection;
    const own = supplies.filter(({ connection_id: of }) => of === id);
    const here = own.find(({ scope_id: at }) => at === scope?.id);
    if (here) return [{ connection, by: { kind: 'here', end: () => endSupply(here.id) } }];
    if (connection.supplied_to_all) {
      if (scope === null) return [{ connection, by: { kind: 'here', end: () => supplyAll(id, false) } }];
      return [{ connection, by: { kind: 'above', name: 'the whole organisation' } }];
    }
    const above = own.find(({ scope_id: at }) => scope?.above.includes(at));
    if (!above) return [];
    const name = scopes.find((one) => one.id === above.scope_id)?.path ?? 'a scope above';
    return [{ connection, by: { kind: 'above', name } }];
  });
}
