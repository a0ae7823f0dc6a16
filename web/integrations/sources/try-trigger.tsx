// What a trigger would make of an event, as one writes it: nothing is changed and nothing is sent.
import { Select, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { answerOf, api, type Resource } from '../../api/client.ts';
import { JsonField, parseJsonObject } from '../../elements/json-field.tsx';
import { JsonView } from '../../elements/json-view.tsx';
import { Panel } from '../../elements/panel.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { relativeTime } from '../../elements/relative-time.ts';
import { Badge } from '../../elements/status-badge.tsx';
import { inboundEventsQuery } from '../integration-requests.ts';
import { type Effect, spokenEffect } from './spoken-outcome.ts';
import type { TriggerSpec } from './trigger-draft.ts';

/** What is typed is asked about when the typing pauses. */
const PAUSE_MS = 400;
const MADE_UP = 'made up';

export function TryTrigger({
  source,
  kind,
  spec,
}: {
  source: Resource<'Source'>;
  kind: Resource<'SourceKind'> | undefined;
  spec: TriggerSpec | null;
}) {
  const events = useInfiniteQuery({
    ...inboundEventsQuery({ source: source.id }),
    refetchInterval: false as const,
  });
  const [picked, setPicked] = useState<string | null>(null);
  const [type, setType] = useState(kind?.setup.example_types[0] ?? '');
  const [payload, setPayload] = useState('');
  const received = (events.data?.pages[0]?.items ?? []).filter((event) => event.event_type !== null);
  const isFor = (event: { event_type: string | null }) =>
    spec?.event_types.includes(event.event_type ?? '') ?? false;
  const chosen = picked ?? (received.find(isFor) ?? received[0])?.id ?? MADE_UP;
  const parsed = parseJsonObject(payload);
  const made = parsed.ok && type.trim() !== '' ? { type: type.trim(), payload: parsed.value } : null;
  const trial = chosen === MADE_UP ? made : { inbound_event_id: chosen };
  const question = JSON.stringify(spec && trial ? { ...spec, ...trial } : null);
  const [asked] = useDebouncedValue(question, PAUSE_MS);
  const answer = useQuery({
    queryKey: ['trigger-trial', source.id, asked],
    queryFn: ({ signal }) => {
      const body = { source_id: source.id, ...JSON.parse(asked) };
      return answerOf(api.POST('/api/v1/triggers/test', { body, signal }));
    },
    // What was chosen before the events were there is not worth asking.
    enabled: events.isSuccess && asked !== 'null' && asked === question,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
  const now = Date.now();
  return (
    <Panel title="Try it">
      <Stack gap="sm">
        <Select
          label="With"
          data={[
            ...received.map((event) => ({
              value: event.id,
              label: `${event.event_type}, ${relativeTime(new Date(event.received_at).getTime(), now)}`,
            })),
            { value: MADE_UP, label: 'An event that is made up' },
          ]}
          value={chosen}
          allowDeselect={false}
          onChange={setPicked}
        />
        {chosen === MADE_UP && (
          <>
            <TextInput label="Type" value={type} onChange={(event) => setType(event.currentTarget.value)} />
            <JsonField label="Its payload" value={payload} onChange={setPayload} placeholder="{ }" />
          </>
        )}
        <div role="status">
          {spec === null && (
            <Text size="sm" c="dimmed">
              Say what it is to do, and this shows what it would.
            </Text>
          )}
          {spec && answer.isError && <ProblemNote error={answer.error} />}
          {spec && answer.data && <Answer answer={answer.data} />}
        </div>
      </Stack>
    </Panel>
  );
}

const TONES = { acts: 'good', unmatched: 'idle', failed: 'bad' } as const;
const WORDS = { acts: 'Acts', unmatched: 'Not for it', failed: 'Fails' } as const;

function Answer({ answer }: { answer: Resource<'TriggerTrialAnswer'> }) {
  const { outcome, message, pointer } = answer;
  const effect = answer.effect as Effect | null;
  const wanted = answer.wanted as object | null;
  return (
    <Stack gap="xs" align="flex-start">
      <Badge tone={TONES[outcome]}>{WORDS[outcome]}</Badge>
      {message !== null && (
        <Text size="sm">
          {message}
          {pointer !== null && (
            <Text span size="xs" c="dimmed" ff="monospace">
              {' '}
              {pointer}
            </Text>
          )}
        </Text>
      )}
      {effect !== null && <Text size="sm">It would have: {spokenEffect(effect)}.</Text>}
      {effect?.effect === 'no_effect' && (
        <Text size="sm" c="dimmed">
          {effect.message}
        </Text>
      )}
      {wanted !== null && (
        <div style={{ width: '100%' }}>
          <JsonView value={wanted} label="What it asks for" maxHeight={260} />
        </div>
      )}
    </Stack>
  );
}
