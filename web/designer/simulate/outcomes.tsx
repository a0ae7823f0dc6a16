// How actions ended: nobody fires them here, so one says it. Guards read it, and states that wait for it move on.
import { Button, Group, JsonInput, NumberInput, SegmentedControl, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { StatusBadge } from '../../elements/status-badge.tsx';
import { type Fact, runsOf, type Step, type Waiting } from './run.ts';
import classes from './simulate.module.css';

type Outcome = 'SUCCEEDED' | 'FAILED';
type Payload = { [key: string]: unknown };

export function Outcomes({
  steps,
  busy,
  onKnow,
  onOutcome,
}: {
  steps: readonly Step[];
  busy: boolean;
  onKnow(name: string, fact: Fact | null): void;
  onOutcome(type: string, payload: Payload): void;
}) {
  const waiting = steps.at(-1)?.waiting ?? [];
  const runs = runsOf(steps).filter(({ name }) => !waiting.some((one) => one.name === name));
  if (waiting.length + runs.length === 0) return null;
  return (
    <section className={classes.part} aria-label="Outcomes">
      <Title order={3} size="0.84rem">
        Outcomes of actions
      </Title>
      {waiting.map((one) => (
        <Ended
          key={one.id}
          name={one.name}
          waits
          busy={busy}
          onEnded={(fact) => onOutcome(...outcomeEvent(one, fact))}
        />
      ))}
      {runs.map(({ name, fact }) =>
        fact ? (
          <Group key={name} gap="xs">
            <Text size="sm" fw={550}>
              {name}
            </Text>
            <StatusBadge status={fact.status} />
            <Button size="compact-xs" variant="subtle" onClick={() => onKnow(name, null)}>
              Not known
            </Button>
          </Group>
        ) : (
          <Ended key={name} name={name} waits={false} busy={busy} onEnded={(ended) => onKnow(name, ended)} />
        ),
      )}
    </section>
  );
}

/** As the worker sends it to a job. */
function outcomeEvent({ id }: Waiting, { status, response, error }: Fact): [string, Payload] {
  return status === 'SUCCEEDED'
    ? [`xstate.done.actor.${id}`, { output: response ?? null }]
    : [
        `xstate.error.actor.${id}`,
        { error: { code: `http_${response?.status ?? BAD}`, message: error ?? '' } },
      ];
}

const GOOD = 200;
const BAD = 500;

function Ended({
  name,
  waits,
  busy,
  onEnded,
}: {
  name: string;
  /** A state waits for it. */
  waits: boolean;
  busy: boolean;
  onEnded(fact: Fact): void;
}) {
  const [status, setStatus] = useState<Outcome>('SUCCEEDED');
  const [code, setCode] = useState<number | string>('');
  const [text, setText] = useState('');
  const body = bodyOf(text);
  const answered = typeof code === 'number' ? code : status === 'SUCCEEDED' ? GOOD : BAD;
  return (
    <div className={classes.run}>
      <Group gap="xs" justify="space-between">
        <Text size="sm" fw={550}>
          {name}
        </Text>
        <Text size="xs" c="dimmed">
          {waits ? 'the state waits for it' : 'not known yet'}
        </Text>
      </Group>
      <Group gap="xs" align="flex-end">
        <SegmentedControl
          size="xs"
          aria-label={`How ${name} ended`}
          data={[
            { value: 'SUCCEEDED', label: 'Succeeded' },
            { value: 'FAILED', label: 'Failed' },
          ]}
          value={status}
          onChange={(chosen) => setStatus(chosen as Outcome)}
        />
        <NumberInput
          size="xs"
          w={80}
          aria-label="HTTP status"
          placeholder={String(status === 'SUCCEEDED' ? GOOD : BAD)}
          value={code}
          onChange={setCode}
          min={100}
          max={599}
          hideControls
        />
        <Button
          size="xs"
          variant="light"
          loading={busy}
          disabled={body === undefined}
          onClick={() => {
            const response = { status: answered, body: body ?? null };
            onEnded({
              status,
              response,
              ...(status === 'FAILED' && { error: `The receiver answered ${answered}.` }),
            });
          }}
        >
          {waits ? 'Let it end' : 'So it ended'}
        </Button>
      </Group>
      <JsonInput
        size="xs"
        aria-label={`What ${name} was answered`}
        placeholder='What it was answered: { "id": 7 }'
        value={text}
        onChange={setText}
        error={body === undefined ? 'It is not JSON yet' : undefined}
        autosize
        minRows={1}
      />
    </div>
  );
}

/** Undefined when it is no JSON. */
function bodyOf(text: string): unknown {
  if (text.trim() === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
