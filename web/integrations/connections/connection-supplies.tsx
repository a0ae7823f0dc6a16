// Where a connection is supplied: to scopes, or to the whole organisation.
import { ActionIcon, Button, Group, Select, Switch, Text } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Resource } from '../../api/client.ts';
import { TextLink } from '../../elements/links.tsx';
import { Panel } from '../../elements/panel.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { scopesQuery, suppliesQuery, useMay } from '../integration-requests.ts';
import { flatScopes, scopeChoices } from '../scopes/flat-scopes.ts';
import { endSupply, supply, supplyAll } from '../scopes/scope-requests.ts';
import rows from '../scopes/scopes-page.module.css';

export function ConnectionSupplies({ connection }: { connection: Resource<'Connection'> }) {
  const { data: scopes = [] } = useQuery(scopesQuery);
  const { data: supplies = [] } = useQuery(suppliesQuery);
  const [picked, setPicked] = useState<string | null>(null);
  const maySupply = useMay()('supply.write', connection.id);
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: (run: () => Promise<unknown>) => run(),
    onSuccess: () => setPicked(null),
    onSettled: () =>
      Promise.all(
        ['supplies', 'connections', 'subscriptions'].map((of) =>
          queries.invalidateQueries({ queryKey: [of] }),
        ),
      ),
  });
  const flat = flatScopes(scopes);
  const own = supplies.filter(({ connection_id: of }) => of === connection.id);
  const rest = scopeChoices(flat).filter(
    ({ value }) => value !== '' && !own.some(({ scope_id: at }) => at === value),
  );
  return (
    <Panel title="Supplied to">
      {change.isError && <ProblemNote error={change.error} />}
      <Switch
        label="The whole organisation"
        description="Subscriptions on any scope may go through it."
        checked={connection.supplied_to_all}
        disabled={!maySupply || change.isPending}
        onChange={(event) => {
          const all = event.currentTarget.checked;
          change.mutate(() => supplyAll(connection.id, all));
        }}
        mb="xs"
      />
      {own.map(({ id, scope_id: at }) => {
        const path = flat.find((one) => one.id === at)?.path ?? 'a scope';
        return (
          <div key={id} className={rows.row}>
            <div className={rows.grow}>
              <TextLink to="/admin/integrations/scopes" search={{ scope: at }} size="sm">
                {path}
              </TextLink>
            </div>
            {maySupply && (
              <ActionIcon
                aria-label={`Take it away from ${path}`}
                onClick={() => change.mutate(() => endSupply(id))}
              >
                <IconX size={16} />
              </ActionIcon>
            )}
          </div>
        );
      })}
      {own.length === 0 && !connection.supplied_to_all && (
        <Text size="sm" c="dimmed">
          Nowhere, so no subscription goes out through it. Actions of workflows do.
        </Text>
      )}
      {maySupply && rest.length > 0 && (
        <Group gap="xs" mt="xs">
          <Select
            size="xs"
            aria-label="Scope to supply"
            placeholder="Pick a scope"
            data={rest}
            value={picked}
            onChange={setPicked}
            searchable
          />
          <Button
            size="xs"
            variant="default"
            disabled={picked === null}
            loading={change.isPending}
            onClick={() => picked !== null && change.mutate(() => supply(connection.id, picked))}
          >
            Supply
          </Button>
        </Group>
      )}
    </Panel>
  );
}
