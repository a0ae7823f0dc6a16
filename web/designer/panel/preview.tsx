// The very requests that the selected thing would send, from the server, for a sample that one can change.
import { Code, Skeleton, Text, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { asProblem } from '../../api/problem.ts';
import { JsonField, parseJsonObject } from '../../elements/json-field.tsx';
import { type NotTaken, type Simulation, simulationQuery } from './designer-requests.ts';
import classes from './panel.module.css';
import { usePanel } from './panel-place.tsx';
import type { Selected } from './place.ts';
import { type PreviewPlace, previewPlace } from './preview-place.ts';
import { RequestView } from './request-view.tsx';
import { firstPayload, keepSamples, readSamples } from './samples.ts';

/** As fast as one reads, slower than one types. */
const PAUSE_MS = 350;

export function Preview({ selected }: { selected: Selected }) {
  const { definition } = usePanel();
  const place = useMemo(() => previewPlace(definition, selected), [definition, selected]);
  return place && sends(definition, place) ? <Shown place={place} /> : null;
}

/** Whether there is any request to be shown. */
function sends(definition: PreviewPlace['definition'], { prefix }: PreviewPlace): boolean {
  let at: unknown = definition;
  for (const key of prefix.slice(1).split('/')) {
    at = (at as Record<string, unknown> | undefined)?.[key.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  const text = JSON.stringify(at ?? null);
  return /"action_type":"(?:WEBHOOK|INTEGRATION)"|"src":/.test(text);
}

function Shown({ place }: { place: PreviewPlace }) {
  const { definition, workflow } = usePanel();
  const [samples, setSamples] = useState(() => readSamples(workflow));
  useEffect(() => keepSamples(workflow, samples), [workflow, samples]);
  const { event } = place;
  const payloadText = event === null ? '' : (samples.payloads[event] ?? firstPayload(definition, event));
  const asked = useMemo(
    () => place.request({ context: objectFrom(samples.context), payload: objectFrom(payloadText) }),
    [place, samples.context, payloadText],
  );
  const [wanted] = useDebouncedValue(asked, PAUSE_MS);
  const [document] = useDebouncedValue(place.definition, PAUSE_MS);
  const simulation = useQuery(simulationQuery(document, wanted));
  const problem = simulation.isError ? asProblem(simulation.error) : null;
  return (
    <section className={classes.section} aria-label="What it would send">
      <Title order={3} size="0.84rem">
        What it would send
      </Title>
      {simulation.isPending && <Skeleton height={90} />}
      {problem && (
        <Text size="sm" c="dimmed">
          {problem.code === 'definition_invalid'
            ? 'To be seen once the definition has no error.'
            : problem.message}
        </Text>
      )}
      {!problem && simulation.data && <Requests simulation={simulation.data} prefix={place.prefix} />}
      <details>
        <summary style={{ fontSize: '0.78rem', cursor: 'pointer' }}>The sample it is made of</summary>
        {event !== null && (
          <JsonField
            label={`Payload of ${event}`}
            placeholder={'{ "amount": 120 }'}
            value={payloadText}
            onChange={(text) => setSamples({ ...samples, payloads: { ...samples.payloads, [event]: text } })}
          />
        )}
        <JsonField
          label="Context"
          description="Laid over the definition’s. Kept in this browser."
          value={samples.context}
          onChange={(text) => setSamples({ ...samples, context: text })}
        />
      </details>
    </section>
  );
}

/** What is no object yet counts as none. */
function objectFrom(text: string): { [key: string]: unknown } {
  const parsed = parseJsonObject(text);
  return parsed.ok ? parsed.value : {};
}

function Requests({ simulation: { decision, actions }, prefix }: { simulation: Simulation; prefix: string }) {
  if (decision.kind !== 'taken') {
    const { message, verdicts } = decision as unknown as NotTaken;
    return (
      <Text size="sm" component="div">
        {verdicts?.length ? 'With this sample it is not taken:' : message}
        {verdicts?.map(({ pointer, guard, message: why }) => (
          <div key={pointer}>
            <Code>{guard}</Code> {why}
          </div>
        ))}
      </Text>
    );
  }
  const mine = actions.filter(({ pointer }) => pointer === prefix || pointer.startsWith(`${prefix}/`));
  if (mine.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        Nothing with this sample: another transition is taken first.
      </Text>
    );
  }
  return mine.map((action) => <RequestView key={action.pointer} action={action} />);
}
