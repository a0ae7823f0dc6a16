// Plain URLs of consumers: whether they are on, why not, and what signs the requests that they get.
import { Button, SimpleGrid, Skeleton, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconLink, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Empty } from '../../elements/empty.tsx';
import { Panel } from '../../elements/panel.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { type Shortcut, useShortcuts } from '../../shell/shortcuts.ts';
import { endpointsQuery, useMay } from '../integration-requests.ts';
import { IntegrationsFrame } from '../integrations-frame.tsx';
import { EndpointCard } from './endpoint-card.tsx';
import { EndpointForm } from './endpoint-form.tsx';
import { SigningKeys } from './signing-keys.tsx';

export function EndpointsPage() {
  const [formOpen, form] = useDisclosure();
  const endpoints = useQuery(endpointsQuery);
  const mayWrite = useMay()('endpoint.write');
  const shortcuts = useMemo<Shortcut[]>(
    () => (mayWrite ? [{ keys: ['n'], label: 'New endpoint', run: form.open }] : []),
    [mayWrite, form.open],
  );
  useShortcuts(shortcuts);
  const add = mayWrite && (
    <Button leftSection={<IconPlus size={16} />} onClick={form.open}>
      New endpoint
    </Button>
  );
  return (
    <IntegrationsFrame
      tab="Endpoints"
      description="URLs of consumers. Requests to them are signed by Standard Webhooks."
      actions={endpoints.data && endpoints.data.length > 0 && add}
    >
      {endpoints.isError && <ProblemNote error={endpoints.error} onRetry={() => void endpoints.refetch()} />}
      {endpoints.isPending && <Skeleton height={150} radius="md" maw={420} />}
      {endpoints.data?.length === 0 && (
        <Panel>
          <Empty icon={IconLink} title="No endpoints yet" action={add}>
            An endpoint is a URL that is told of what happens to jobs, without credentials: its requests are
            signed, so that the receiver knows who sent them.
          </Empty>
        </Panel>
      )}
      {endpoints.data && (
        <Stack gap="md">
          <SimpleGrid cols={{ base: 1, xs: 2, lg: 3 }} spacing="md">
            {endpoints.data.map((endpoint) => (
              <EndpointCard key={endpoint.id} endpoint={endpoint} mayWrite={mayWrite} />
            ))}
          </SimpleGrid>
          <SigningKeys />
        </Stack>
      )}
      <EndpointForm endpoint={null} opened={formOpen} onClose={form.close} />
    </IntegrationsFrame>
  );
}
