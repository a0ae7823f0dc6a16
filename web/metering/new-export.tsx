// Where a new scheduled export goes, as what, and how often.
import { Button, Group, NumberInput, Select, Stack, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { connectionsQuery } from '../api/queries.ts';
import { ProblemNote } from '../elements/problem-note.tsx';
import { createExport, exportsQuery, type Format } from './metering-requests.ts';

type Type = 'http' | 'directory' | 's3';

const TYPES: readonly { value: Type; label: string }[] = [
  { value: 'http', label: 'A metering service, through a connection' },
  { value: 'directory', label: 'A directory of the server' },
  { value: 's3', label: 'A bucket of the server' },
];

export function NewExport({ onDone }: { onDone(): void }) {
  const queries = useQueryClient();
  const { data: connections } = useQuery(connectionsQuery);
  const [name, setName] = useState('');
  const [type, setType] = useState<Type>('http');
  const [connectionId, setConnectionId] = useState<string | null>(null);
  const [path, setPath] = useState('/api/v1/events');
  const [format, setFormat] = useState<Format>('csv');
  const [minutes, setMinutes] = useState(60);
  const isPush = type === 'http';
  const save = useMutation({
    mutationFn: () =>
      createExport({
        name,
        destination: isPush ? { type, connection_id: connectionId ?? '', path } : { type },
        format: isPush ? 'cloudevents' : format,
        interval_minutes: minutes,
        enabled: true,
      }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: exportsQuery.queryKey });
      onDone();
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack>
        <TextInput
          label="Name"
          required
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label="To"
          allowDeselect={false}
          data={TYPES}
          value={type}
          onChange={(value) => setType(value as Type)}
        />
        {isPush ? (
          <>
            <Select
              label="Connection"
              required
              placeholder="Pick one"
              nothingFoundMessage="There is no connection yet"
              data={(connections ?? []).map(({ id, connection_name: label }) => ({ value: id, label }))}
              value={connectionId}
              onChange={setConnectionId}
            />
            <TextInput
              label="Path"
              description="CloudEvents are posted there in batches. An id stays the same when it is sent again."
              value={path}
              onChange={(event) => setPath(event.currentTarget.value)}
            />
          </>
        ) : (
          <Select
            label="Format"
            allowDeselect={false}
            data={[
              { value: 'csv', label: 'CSV' },
              { value: 'jsonl', label: 'JSON Lines' },
              { value: 'parquet', label: 'Parquet' },
              { value: 'cloudevents', label: 'CloudEvents' },
            ]}
            value={format}
            onChange={(value) => setFormat(value as Format)}
          />
        )}
        <NumberInput
          label="Every so many minutes"
          min={1}
          max={44_640}
          allowDecimal={false}
          value={minutes}
          onChange={(value) => setMinutes(typeof value === 'number' ? value : 60)}
        />
        {save.isError && <ProblemNote error={save.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={save.isPending} disabled={isPush && connectionId === null}>
            Make it
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
