// The very requests that the selected thing would send, from the server, for a sample that one can change.
import { Code, Skeleton, Text, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import type { Definition } from '../../../engine/definition.ts';
import { asProblem } from '../../api/problem.ts';
import { JsonField, parseJsonObject } from '../../elements/json-field.tsx';
import { type NotTaken, type Simulation, simulationQuery } from './designer-requests.ts';
import classes from './panel.module.css';
import { usePanel } from './panel-place.tsx';
import { type Selected, valueAt } from './place.ts';
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
const sends = (definition: Definition, { prefix }: PreviewPlace): boolean =>
  /"action_type":"(?:WEBHOOK|INTEGRATION)"|"src":/.test(JSON.stringify(valueAt(definition, prefix) ?? null));

function Shown({ place }: { place: PreviewPlace }) {
  const { definition, workflow } = usePanel();
  const [samples, setSamples] = useState(() => readSamples(workflow));
  useEffect(() => keepSamples(workflow, samples), [workflow, samples]);
  const { event } = place;
  const payloadText = event === null ? '' : (samples.payloads[event] ?? firstPayload(definition, event));
  const asked = useMemo(
    () => ({
      ...place.request({ context: objectFrom(samples.context), payload: objectFrom(payloadText) }),
      ...(workflow !== null && { name: workflow }),
    }),
    [place, workflow, samples.context, payloadText],
  );
  const [wanted] = useDebouncedValue(asked, PAUSE_MS);
  const [document] = useDebouncedValue(place.definition, PAUSE_MS);
  const simulation = useQuery(simulationQuery(document, wanted));
  const passed = simulation.data !== undefined && isPassed(simulation.data, place.prefix);
  const [open] = useDebouncedValue(place.unasked, PAUSE_MS);
  const taken = useQuery({ ...simulationQuery(open ?? document, wanted), enabled: passed && open !== null });
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
            ? 'To be seen once there is a machine that could begin.'
            : problem.message}
        </Text>
      )}
      {!problem && simulation.data && passed && <Passed simulation={simulation.data} />}
      {!problem && simulation.data && (
        <Requests simulation={(passed && taken.data) || simulation.data} prefix={place.prefix} />
      )}
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

const isOf = (pointer: string, prefix: string) => pointer === prefix || pointer.startsWith(`${prefix}/`);

/** With the sample it is not taken, or another is taken first. */
const isPassed = ({ decision, actions }: Simulation, prefix: string): boolean =>
  decision.kind === 'refused' ||
  (decision.kind === 'taken' && actions.every(({ pointer }) => !isOf(pointer, prefix)));

/** Said before what it would send if it were taken. */
function Passed({ simulation: { decision, left_out: leftOut } }: { simulation: Simulation }) {
  const { message, verdicts } = decision as unknown as NotTaken;
  const asked = verdicts?.filter(({ pointer }) => !leftOut.some((one) => isOf(one, pointer)));
  if (decision.kind === 'taken' || asked?.length === 0) return null;
  return (
    <Text size="sm" c="dimmed" component="div">
      {asked ? 'With this sample it is not taken. If it were, this is what it would send.' : message}
      {asked?.map(({ pointer, guard, message: why }) => (
        <div key={pointer}>
          <Code>{guard}</Code> {why}
        </div>
      ))}
    </Text>
  );
}

function Requests({ simulation, prefix }: { simulation: Simulation; prefix: string }) {
  const { decision, actions, left_out: leftOut } = simulation;
  const mine = actions.filter(({ pointer }) => isOf(pointer, prefix));
  const missing = leftOut.filter((pointer) => isOf(pointer, prefix) && !pointer.endsWith('/guard'));
  return (
    <>
      {decision.kind === 'failed' && <Text size="sm">{(decision as unknown as NotTaken).message}</Text>}
      {mine.map((action) => (
        <RequestView key={action.pointer} action={action} />
      ))}
      {missing.length > 0 && (
        <Text size="sm" c="dimmed">
          {missing.length === 1
            ? 'One part has an error and is'
            : `${missing.length} parts have errors and are`}{' '}
          left out here until it is mended.
        </Text>
      )}
      {decision.kind === 'taken' && mine.length + missing.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing with this sample: another transition is taken first.
        </Text>
      )}
    </>
  );
}
