// The providers there are, to pick one.
import { SimpleGrid, Stack, Text, TextInput, UnstyledButton } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import type { Resource } from '../api/client.ts';
import classes from './pick-provider.module.css';
import { ProviderMark } from './provider-mark.tsx';

type Provider = Resource<'Provider'>;

export function PickProvider({
  providers,
  onPick,
}: {
  providers: readonly Provider[];
  onPick(provider: Provider): void;
}) {
  const [text, setText] = useState('');
  const wanted = text.trim().toLowerCase();
  const found = providers.filter(({ id, title }) => `${id} ${title}`.toLowerCase().includes(wanted));
  return (
    <Stack gap="sm">
      <TextInput
        aria-label="Find a provider"
        placeholder="Find a provider"
        leftSection={<IconSearch size={15} />}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        data-autofocus
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs">
        {found.map((provider) => (
          <UnstyledButton key={provider.id} className={classes.provider} onClick={() => onPick(provider)}>
            <ProviderMark provider={provider.id} title={provider.title} size={34} />
            <span>
              <Text span size="sm" fw={550} display="block">
                {provider.title}
              </Text>
              <Text span size="xs" c="dimmed">
                {spokenOperations(provider)}
              </Text>
            </span>
          </UnstyledButton>
        ))}
      </SimpleGrid>
      {found.length === 0 && (
        <Text size="sm" c="dimmed">
          None is called so. With “REST API” any HTTP API can be called.
        </Text>
      )}
    </Stack>
  );
}

function spokenOperations({ operations }: Provider): string {
  const [first] = operations;
  if (!first) return 'Any HTTP API, with webhooks';
  return operations.length === 1 ? first.title : `${first.title}, and ${operations.length - 1} more`;
}
