// The connections of the tenant, and the way to a new one.
import { Button, SimpleGrid, Skeleton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlugConnected, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Resource } from '../api/client.ts';
import { connectionsQuery, meQuery, providersQuery, usageQuery } from '../api/queries.ts';
import { Empty } from '../elements/empty.tsx';
import { Panel } from '../elements/panel.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';
import { type Shortcut, useShortcuts } from '../shell/shortcuts.ts';
import { ConnectionCard, type ConnectionPermissions } from './connection-card.tsx';
import { attemptsByDay } from './connections/week.ts';
import { SPARK_DAYS, weekQuery } from './integration-requests.ts';
import { IntegrationsFrame } from './integrations-frame.tsx';
import { NewConnection } from './new-connection.tsx';
import { usageByConnection } from './usage.ts';

export function IntegrationsPage() {
  const [wizardOpen, wizard] = useDisclosure();
  const { data: me } = useQuery(meQuery);
  const connections = useQuery(connectionsQuery);
  const providers = useQuery(providersQuery);
  const mayMeter = me?.permissions.includes('metering.read') ?? false;
  const { data: usage } = useQuery({ ...usageQuery, enabled: mayMeter });
  const { data: week } = useQuery({ ...weekQuery, enabled: mayMeter });
  const used = useMemo(() => (usage ? usageByConnection(usage) : null), [usage]);
  const known = useMemo(() => new Map(providers.data?.map((one) => [one.id, one])), [providers.data]);
  const mayCreate = me?.permissions.includes('connection.create') ?? false;

  const shortcuts = useMemo<Shortcut[]>(
    () => (mayCreate ? [{ keys: ['n'], label: 'New connection', run: wizard.open }] : []),
    [mayCreate, wizard.open],
  );
  useShortcuts(shortcuts);

  const add = mayCreate && (
    <Button leftSection={<IconPlus size={16} />} onClick={wizard.open}>
      New connection
    </Button>
  );
  return (
    <IntegrationsFrame
      tab="Connections"
      description="Stored credentials of the systems that workflows call. They are encrypted, and never shown again."
      actions={connections.data && connections.data.length > 0 && add}
    >
      {connections.isError && (
        <ProblemNote error={connections.error} onRetry={() => void connections.refetch()} />
      )}
      {connections.isPending && <Skeleton height={170} radius="md" maw={420} />}
      {connections.data?.length === 0 && (
        <Panel>
          <Empty icon={IconPlugConnected} title="No connections yet" action={add}>
            A connection is a credential of one system: an API of your own, Slack, GitHub, and so on. Webhooks
            and other actions of a workflow go out through it.
          </Empty>
        </Panel>
      )}
      {connections.data && (
        <SimpleGrid cols={{ base: 1, xs: 2, lg: 3 }} spacing="md">
          {connections.data.map((connection) => (
            <ConnectionCard
              key={connection.id}
              connection={connection}
              provider={known.get(connection.provider)}
              usage={used === null ? null : (used.get(connection.id) ?? { attempts: 0, succeeded: 0 })}
              days={week ? attemptsByDay(week, connection.id, { nowMs: Date.now(), days: SPARK_DAYS }) : null}
              permissions={permissionsOn(connection.id, me)}
            />
          ))}
        </SimpleGrid>
      )}
      <NewConnection opened={wizardOpen} onClose={wizard.close} providers={providers.data ?? []} />
    </IntegrationsFrame>
  );
}

/** Of the organisation; whoever owns a connection may do all to it, and the API decides in the end. */
function permissionsOn(id: string, me: Resource<'Me'> | undefined): ConnectionPermissions {
  const owns = me?.connection_roles.some(
    ({ connection_id: of, roles }) => of === id && roles.includes('Owner'),
  );
  const may = (permission: Resource<'Me'>['permissions'][number]) =>
    owns || (me?.permissions.includes(permission) ?? false);
  return { test: may('connection.test'), update: may('connection.update'), remove: may('connection.delete') };
}
