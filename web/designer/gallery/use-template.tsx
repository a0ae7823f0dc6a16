// A recipe is made one's own: which connection stands where.
import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Definition } from '../../../engine/definition.ts';
import { connectionsQuery, providersQuery } from '../../api/queries.ts';
import { TextLink } from '../../elements/links.tsx';
import { filledIn, type Template } from './templates.ts';

export function UseTemplate({
  template,
  onClose,
  onUse,
}: {
  template: Template | null;
  onClose(): void;
  onUse(definition: Definition): void;
}) {
  return (
    <Modal opened={template !== null} onClose={onClose} title={template?.title}>
      {template && <Form key={template.id} template={template} onClose={onClose} onUse={onUse} />}
    </Modal>
  );
}

function Form({
  template,
  onClose,
  onUse,
}: {
  template: Template;
  onClose(): void;
  onUse(definition: Definition): void;
}) {
  const connections = useQuery(connectionsQuery);
  const providers = useQuery(providersQuery);
  const [chosen, setChosen] = useState<Record<string, string | null>>({});
  const of = (provider: string) =>
    (connections.data ?? []).filter((connection) => connection.provider === provider);
  /** One of its kind is the one that is meant, until somebody says otherwise. */
  const meant = (placeholder: string, provider: string): string | null => {
    const known = of(provider);
    const said = chosen[placeholder];
    return said === undefined && known.length === 1 ? (known[0]?.id ?? null) : (said ?? null);
  };
  const titleOf = (provider: string) => providers.data?.find(({ id }) => id === provider)?.title ?? provider;
  const lacks = Object.values(template.connections).some((provider) => of(provider).length === 0);
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {template.description}
      </Text>
      {Object.entries(template.connections).map(([placeholder, provider]) => {
        const known = of(provider);
        return (
          <Select
            key={placeholder}
            label={`${titleOf(provider)} connection${isOneOfSeveral(template, provider) ? ` of the ${wordsOf(placeholder)}` : ''}`}
            placeholder={known.length === 0 ? 'There is none yet' : 'Later'}
            data={known.map(({ id, connection_name: label }) => ({ value: id, label }))}
            value={meant(placeholder, provider)}
            onChange={(id) => setChosen({ ...chosen, [placeholder]: id })}
            disabled={known.length === 0}
            clearable
          />
        );
      })}
      {lacks && connections.isSuccess && (
        <Text size="sm" c="dimmed">
          What has no connection yet is listed as a problem until it has one.{' '}
          <TextLink to="/admin/integrations" size="sm">
            Make a connection
          </TextLink>
        </Text>
      )}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button
          onClick={() => {
            const all = Object.entries(template.connections).map(([placeholder, provider]) => [
              placeholder,
              meant(placeholder, provider),
            ]);
            onUse(filledIn(template, Object.fromEntries(all)));
          }}
          data-autofocus
        >
          Use this template
        </Button>
      </Group>
    </Stack>
  );
}

const isOneOfSeveral = ({ connections }: Template, provider: string): boolean =>
  Object.values(connections).filter((one) => one === provider).length > 1;

/** `APPROVERS_CONNECTION_ID` is for approvers. */
const wordsOf = (placeholder: string): string =>
  placeholder
    .replace(/_CONNECTION_ID$/, '')
    .replaceAll('_', ' ')
    .toLowerCase();
