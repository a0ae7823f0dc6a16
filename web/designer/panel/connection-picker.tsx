// Which connection an action goes out through, with the sign of its provider.
import { Group, Select, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { connectionsQuery, providersQuery } from '../../api/queries.ts';
import { ProviderMark } from '../../integrations/provider-mark.tsx';
import { usePanel, useProblems } from './panel-place.tsx';
import { valueAt } from './place.ts';

export function ConnectionPicker({
  pointer,
  provider,
  onPicked,
}: {
  pointer: string;
  /** Only those of this provider; null: of those whose requests are free. */
  provider?: string | null | undefined;
  onPicked?: (connectionId: string, provider: string) => void;
}) {
  const { definition, put, readOnly } = usePanel();
  const problems = useProblems(pointer);
  const connections = useQuery(connectionsQuery);
  const { data: providers = [] } = useQuery(providersQuery);
  const fits = (id: string): boolean => {
    if (provider !== undefined && provider !== null) return id === provider;
    return provider === undefined || (providers.find((one) => one.id === id)?.webhook ?? null) !== null;
  };
  const value = String(valueAt(definition, pointer) ?? '');
  const known = connections.data ?? [];
  const offered = known.filter((one) => fits(one.provider) || one.id === value);
  const titleOf = (id: string) => providers.find((one) => one.id === id)?.title ?? id;
  const chosen = known.find(({ id }) => id === value);
  const options = offered.map(({ id, connection_name: name }) => ({ value: id, label: name }));
  if (value !== '' && !chosen) options.push({ value, label: value });
  return (
    <Select
      label="Connection"
      placeholder={connections.data?.length === 0 ? 'None yet: make one under Integrations' : 'Pick one'}
      data={options}
      value={value === '' ? null : value}
      error={problems.map(({ message }) => message).join(' · ') || undefined}
      onChange={(id) => {
        if (id === null) return;
        const of = known.find((one) => one.id === id)?.provider;
        if (onPicked && of !== undefined) onPicked(id, of);
        else put('Change connection', pointer, id);
      }}
      allowDeselect={false}
      readOnly={readOnly}
      searchable
      openOnFocus={false}
      nothingFoundMessage="No connection fits"
      leftSection={
        chosen && <ProviderMark provider={chosen.provider} title={titleOf(chosen.provider)} size={20} />
      }
      renderOption={({ option }) => {
        const one = known.find(({ id }) => id === option.value);
        return (
          <Group gap="sm" wrap="nowrap">
            {one && <ProviderMark provider={one.provider} title={titleOf(one.provider)} size={26} />}
            <div>
              <Text size="sm">{option.label}</Text>
              <Text size="xs" c="dimmed">
                {one ? titleOf(one.provider) : 'not known'}
                {one && !one.enabled && ' · disabled'}
              </Text>
            </div>
          </Group>
        );
      }}
    />
  );
}
