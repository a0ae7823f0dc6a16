// What a vendor could not deliver, and does not send again by itself: whether it is asked for, through which connection, and
// how that goes.
import { Button, Group, Select, Skeleton, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Resource } from '../../api/client.ts';
import { connectionsQuery } from '../../api/queries.ts';
import { Confirm } from '../../elements/confirm.tsx';
import { FactList } from '../../elements/fact-list.tsx';
import { InlineCode } from '../../elements/inline-code.tsx';
import { TextLink } from '../../elements/links.tsx';
import { Moment } from '../../elements/moment.tsx';
import { Panel } from '../../elements/panel.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import card from '../connection-card.module.css';
import { gapFillerQuery, useMay } from '../integration-requests.ts';
import { fillGaps, leaveGaps, lookForGaps } from './source-requests.ts';

type Kind = Resource<'SourceKind'>;

interface Props {
  source: Resource<'Source'>;
  kind: Kind;
  gaps: NonNullable<Kind['gaps']>;
}

export function GapFiller(props: Props) {
  const filler = useQuery(gapFillerQuery(props.source.id));
  const may = useMay();
  return (
    <Panel title="What did not arrive">
      {filler.isError && <ProblemNote error={filler.error} onRetry={() => void filler.refetch()} />}
      {filler.isPending && <Skeleton height={60} radius="md" />}
      {filler.data && <HowItGoes {...props} filler={filler.data} mayChange={may('source.update')} />}
      {filler.data === null && (
        <Stack gap="sm">
          <Text size="sm" c="dimmed">
            {props.kind.title} sends everything once. Pawl can ask it to send again what did not arrive.
          </Text>
          {may('source.update') && <Begin {...props} />}
        </Stack>
      )}
    </Panel>
  );
}

function Begin({ source, gaps }: Props) {
  const { data: connections } = useQuery(connectionsQuery);
  const [through, setThrough] = useState<string | null>(null);
  const queries = useQueryClient();
  const begin = useMutation({
    mutationFn: (connectionId: string) => fillGaps(source.id, connectionId),
    onSuccess: (filler) => queries.setQueryData(gapFillerQuery(source.id).queryKey, filler),
  });
  const fitting = connections?.filter(({ provider }) => provider === gaps.provider) ?? [];

  function submit(event: FormEvent) {
    event.preventDefault();
    if (through !== null) begin.mutate(through);
  }

  if (connections && fitting.length === 0)
    return (
      <Text size="sm">
        That takes a connection to it:{' '}
        <TextLink to="/admin/integrations" search={{}} size="sm" underline="always">
          make one
        </TextLink>
        . {gaps.permission}
      </Text>
    );
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Select
          label="Through the connection"
          description={<InlineCode text={gaps.permission} />}
          data={fitting.map(({ id, connection_name: label }) => ({ value: id, label }))}
          value={through}
          onChange={setThrough}
          searchable
        />
        {begin.isError && <ProblemNote error={begin.error} />}
        <Group>
          <Button type="submit" variant="default" disabled={through === null} loading={begin.isPending}>
            Ask for it
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** What ends by itself is no alarm. */
function WhatKeepsIt({ of: { code, message } }: { of: { code: string; message: string } }) {
  if (code === 'gaps_hook_unknown' || code === 'gaps_wait')
    return (
      <Text size="sm" c="dimmed" role="status">
        {message}
      </Text>
    );
  return (
    <p className={card.flag} role="status">
      {message}
    </p>
  );
}

function HowItGoes({
  source,
  kind,
  filler,
  mayChange,
}: Props & { filler: Resource<'GapFiller'>; mayChange: boolean }) {
  const { data: connections } = useQuery(connectionsQuery);
  const [ending, setEnding] = useState(false);
  const queries = useQueryClient();
  const { queryKey } = gapFillerQuery(source.id);
  const look = useMutation({
    mutationFn: () => lookForGaps(source.id),
    onSuccess: (filler) => queries.setQueryData(queryKey, filler),
  });
  const connection = connections?.find(({ id }) => id === filler.connection_id);
  return (
    <Stack gap="sm">
      <FactList
        facts={[
          [
            'Through',
            connection ? (
              <TextLink
                key="connection"
                to="/admin/integrations/connections/$connectionId"
                params={{ connectionId: connection.id }}
                size="sm"
                underline="always"
              >
                {connection.connection_name}
              </TextLink>
            ) : (
              'a connection that is gone, or that you may not see'
            ),
          ],
          ...filler.hooks.map(({ name }, n) => [n === 0 ? 'Webhooks' : `Webhook ${n + 1}`, name] as const),
          [
            'Looked',
            filler.last_look_at === null ? 'not yet' : <Moment key="last" at={filler.last_look_at} />,
          ],
          ['Asked for', `${filler.asked} ${filler.asked === 1 ? 'delivery' : 'deliveries'} so far`],
        ]}
      />
      {filler.last_error && <WhatKeepsIt of={filler.last_error} />}
      {look.isError && <ProblemNote error={look.error} />}
      {mayChange && (
        <Group gap="xs">
          <Button size="compact-sm" variant="default" loading={look.isPending} onClick={() => look.mutate()}>
            Look now
          </Button>
          <Button size="compact-sm" variant="default" onClick={() => setEnding(true)}>
            Stop asking
          </Button>
        </Group>
      )}
      <Confirm
        title={`Ask ${kind.title} for nothing more?`}
        does="Stop asking"
        keeps="Go on"
        opened={ending}
        onClose={() => setEnding(false)}
        onConfirm={async () => {
          await leaveGaps(source.id);
          queries.setQueryData(queryKey, null);
        }}
      >
        What does not arrive at {source.name} from now on is missing, until somebody has it sent again at{' '}
        {kind.title}’s.
      </Confirm>
    </Stack>
  );
}
