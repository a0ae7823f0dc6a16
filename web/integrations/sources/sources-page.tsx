// Who sends events here: each sender with its URL, whether it is on, and when it was last heard of.
import { Button, SimpleGrid, Skeleton, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus, IconWebhook } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Resource } from '../../api/client.ts';
import { CopyField } from '../../elements/copy-field.tsx';
import { Empty } from '../../elements/empty.tsx';
import list from '../../elements/list-table.module.css';
import { Moment } from '../../elements/moment.tsx';
import { Panel } from '../../elements/panel.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { type Shortcut, useShortcuts } from '../../shell/shortcuts.ts';
import card from '../connection-card.module.css';
import { sourceKindsQuery, sourcesQuery, useMay } from '../integration-requests.ts';
import { IntegrationsFrame } from '../integrations-frame.tsx';
import { ProviderMark } from '../provider-mark.tsx';
import { NewSource } from './new-source.tsx';
import { ShreddedSecret, SourceState } from './source-state.tsx';

export function SourcesPage() {
  const [wizardOpen, wizard] = useDisclosure();
  const sources = useQuery(sourcesQuery);
  const kinds = useQuery(sourceKindsQuery);
  const mayCreate = useMay()('source.create');
  const shortcuts = useMemo<Shortcut[]>(
    () => (mayCreate ? [{ keys: ['n'], label: 'New source', run: wizard.open }] : []),
    [mayCreate, wizard.open],
  );
  useShortcuts(shortcuts);

  const add = mayCreate && (
    <Button leftSection={<IconPlus size={16} />} onClick={wizard.open}>
      New source
    </Button>
  );
  return (
    <IntegrationsFrame
      tab="Sources"
      description="Systems that send events here. Each has a URL and a secret of its own."
      actions={sources.data && sources.data.length > 0 && add}
    >
      {sources.isError && <ProblemNote error={sources.error} onRetry={() => void sources.refetch()} />}
      {sources.isPending && <Skeleton height={150} radius="md" maw={420} />}
      {sources.data?.length === 0 && (
        <Panel>
          <Empty icon={IconWebhook} title="No sources yet" action={add}>
            A source receives the webhooks of one system, such as a repository at GitHub. Its triggers start
            jobs and send events to them.
          </Empty>
        </Panel>
      )}
      {sources.data && (
        <SimpleGrid cols={{ base: 1, xs: 2, lg: 3 }} spacing="md">
          {sources.data.map((source) => (
            <SourceCard
              key={source.id}
              source={source}
              title={kinds.data?.find(({ id }) => id === source.kind)?.title ?? source.kind}
            />
          ))}
        </SimpleGrid>
      )}
      <NewSource kinds={kinds.data ?? []} opened={wizardOpen} onClose={wizard.close} />
    </IntegrationsFrame>
  );
}

function SourceCard({ source, title }: { source: Resource<'Source'>; title: string }) {
  return (
    <article className={card.card} data-enabled={source.is_active} aria-label={source.name}>
      <div className={card.head}>
        <ProviderMark provider={source.kind} title={title} />
        <div className={card.names}>
          <h2 className={card.name}>
            <Link
              to="/admin/integrations/sources/$sourceId"
              params={{ sourceId: source.id }}
              className={list.opens}
            >
              {source.name}
            </Link>
          </h2>
          <Text size="xs" c="dimmed">
            {title}
          </Text>
        </div>
        <SourceState source={source} />
      </div>
      <dl className={card.facts}>
        <div>
          <dt>Heard of</dt>
          <dd>{source.last_received_at === null ? 'never' : <Moment at={source.last_received_at} />}</dd>
        </div>
      </dl>
      <div className={card.above}>
        <CopyField label="URL" value={source.url} />
      </div>
      <ShreddedSecret source={source} />
      {source.previous_secret_until !== null && (
        <Text size="xs" c="dimmed">
          The previous secret is accepted too, until it ends <Moment at={source.previous_secret_until} />.
        </Text>
      )}
    </article>
  );
}
