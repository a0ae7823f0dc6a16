// What goes out through a connection: versions that are published or have jobs that run, subscriptions, exports,
// and sources whose gaps are filled.
import { List, Text } from '@mantine/core';
import type { Resource } from '../../api/client.ts';
import { TextLink } from '../../elements/links.tsx';

type Uses = Resource<'ConnectionUses'>;

export function UsesList({ uses }: { uses: Uses }) {
  const kinds = [uses.workflows, uses.subscriptions, uses.metering_exports, uses.sources];
  if (kinds.every((kind) => !kind?.length)) {
    return (
      <Text size="sm" c="dimmed">
        {kinds.includes(null)
          ? 'Nothing that you may read.'
          : 'No published workflow, no running job, no subscription, no scheduled export and no source.'}
      </Text>
    );
  }
  return (
    <List size="sm" spacing={6} listStyleType="none" style={{ overflowWrap: 'anywhere' }}>
      {uses.workflows?.map(({ name, version, published, has_live_jobs: live }) => (
        <List.Item key={`${name} ${version}`}>
          <TextLink
            to="/workflows/$workflow"
            params={{ workflow: name }}
            search={{ version }}
            size="sm"
            underline="always"
          >
            {name} v{version}
          </TextLink>
          {`, ${[published && 'published', live && 'with jobs that run'].filter(Boolean).join(', ')}`}
        </List.Item>
      ))}
      {uses.subscriptions?.map(({ id, name }) => (
        <List.Item key={id}>
          <TextLink
            to="/admin/integrations/subscriptions/$subscriptionId"
            params={{ subscriptionId: id }}
            search={{}}
            size="sm"
            underline="always"
          >
            {name}
          </TextLink>
          , a subscription
        </List.Item>
      ))}
      {uses.metering_exports?.map(({ id, name }) => (
        <List.Item key={id}>
          <TextLink to="/metering" search={{}} size="sm" underline="always">
            {name}
          </TextLink>
          , a scheduled export of the metering
        </List.Item>
      ))}
      {uses.sources?.map(({ id, name }) => (
        <List.Item key={id}>
          <TextLink
            to="/admin/integrations/sources/$sourceId"
            params={{ sourceId: id }}
            size="sm"
            underline="always"
          >
            {name}
          </TextLink>
          , a source whose gaps are filled
        </List.Item>
      ))}
    </List>
  );
}
