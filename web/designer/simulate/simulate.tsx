// A job that does not exist, on the server's own engine: events by click, timers by click, outcomes as one says.
import { Button, Code, Group, Text, Title, UnstyledButton } from '@mantine/core';
import { IconArrowBackUp, IconHourglass, IconPlayerPlay, IconRotate } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Definition } from '../../../engine/definition.ts';
import { JsonField, parseJsonObject } from '../../elements/json-field.tsx';
import { JsonView } from '../../elements/json-view.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { StatusBadge } from '../../elements/status-badge.tsx';
import { StateName } from '../../jobs/state-name.tsx';
import { spokenEvent } from '../../jobs/steps.ts';
import { spokenDuration } from '../../machine/delay.ts';
import { litPaths } from '../../machine/graph.ts';
import { type NotTaken, type SimulateRequest, simulate } from '../panel/designer-requests.ts';
import { RequestView } from '../panel/request-view.tsx';
import { keepSamples, readSamples } from '../panel/samples.ts';
import { Outcomes } from './outcomes.tsx';
import { Refusal } from './refusal.tsx';
import { contextChanges, eventsIn, type Fact, nextStep, type Step, withoutFired } from './run.ts';
import { SendForm } from './send-form.tsx';
import classes from './simulate.module.css';

export interface SimulateProps {
  definition: Definition;
  workflow: string | null;
  /** States that the job stands in, with those around them. */
  onLit(paths: readonly string[]): void;
}

export function Simulate({ definition, workflow, onLit }: SimulateProps) {
  const [steps, setSteps] = useState<readonly Step[]>([]);
  const [refused, setRefused] = useState<NotTaken | null>(null);
  const now = steps.at(-1) ?? null;
  const lit = now?.decision.current_state ?? '';
  useEffect(() => onLit(lit === '' ? [] : [...litPaths(lit)]), [lit, onLit]);
  // Whoever looks at something else does not simulate any more.
  useEffect(() => () => onLit([]), [onLit]);

  const ask = useMutation({
    mutationFn: ({ asked }: { asked: SimulateRequest; label: string; before: Step | null }) =>
      simulate(definition, { ...asked, ...(workflow !== null && { name: workflow }) }),
    onSuccess: (simulation, { asked, label, before }) => {
      if (simulation.decision.kind !== 'taken') {
        setRefused(simulation.decision as unknown as NotTaken);
        return;
      }
      setRefused(null);
      const from = before && withoutFired(before, asked.event?.type ?? '');
      setSteps([...(before ? steps : []), nextStep(definition, from, label, simulation)]);
    },
  });

  const start = (input: { [key: string]: unknown }) =>
    ask.mutate({ asked: { input }, label: 'started', before: null });
  const send = (type: string, payload: { [key: string]: unknown }) => {
    if (!now) return;
    const { snapshot } = now.decision;
    const facts = now.facts as NonNullable<SimulateRequest['facts']>;
    const asked = { snapshot, event: { type, payload }, facts };
    ask.mutate({ asked, label: spokenEvent(type), before: now });
  };
  const know = (name: string, fact: Fact | null) =>
    setSteps((all) =>
      all.map((step) => {
        if (step !== all.at(-1)) return step;
        const { [name]: _, ...facts } = step.facts;
        return { ...step, facts: fact === null ? facts : { ...facts, [name]: fact } };
      }),
    );

  return (
    <div className={classes.simulate}>
      {now ? (
        <Standing
          step={now}
          onBack={steps.length > 1 ? () => setSteps(steps.slice(0, -1)) : null}
          onAnew={() => {
            setSteps([]);
            setRefused(null);
          }}
        />
      ) : (
        <Start workflow={workflow} busy={ask.isPending} onStart={start} />
      )}
      {ask.isError && <ProblemNote error={ask.error} />}
      {refused && (
        <Text size="sm" component="div" role="status">
          <Refusal message={refused.message} verdicts={refused.verdicts ?? []} />
        </Text>
      )}
      {now && (
        <div className={classes.columns}>
          <div className={classes.column}>
            {now.decision.status === 'ACTIVE' && (
              <SendForm
                definition={definition}
                workflow={workflow}
                events={eventsIn(definition, now.decision.current_state)}
                busy={ask.isPending}
                onSend={send}
              />
            )}
            <Timers step={now} busy={ask.isPending} onFire={(type) => send(type, {})} />
            <Outcomes steps={steps} onKnow={know} onOutcome={send} busy={ask.isPending} />
          </div>
          <div className={classes.column}>
            <Carried step={now} />
            <Context step={now} before={steps.at(-2) ?? null} />
          </div>
          <History steps={steps} onReturn={(length) => setSteps(steps.slice(0, length))} />
        </div>
      )}
    </div>
  );
}

function Start({
  workflow,
  busy,
  onStart,
}: {
  workflow: string | null;
  busy: boolean;
  onStart(input: { [key: string]: unknown }): void;
}) {
  const [input, setInput] = useState(() => readSamples(workflow).context);
  const parsed = parseJsonObject(input);
  return (
    <form
      className={classes.part}
      onSubmit={(event) => {
        event.preventDefault();
        if (!parsed.ok) return;
        keepSamples(workflow, { ...readSamples(workflow), context: input });
        onStart(parsed.value);
      }}
    >
      <Text size="sm" c="dimmed">
        Nothing is written and nothing is sent: the server’s engine decides as it would for a job.
      </Text>
      <JsonField
        label="Input"
        description="Laid over the context that the definition begins with."
        placeholder={'{ "amount": 120 }'}
        value={input}
        onChange={setInput}
      />
      <Button
        type="submit"
        leftSection={<IconPlayerPlay size={16} />}
        loading={busy}
        disabled={!parsed.ok}
        style={{ alignSelf: 'flex-start' }}
      >
        Start
      </Button>
    </form>
  );
}

function Standing({ step, onBack, onAnew }: { step: Step; onBack: (() => void) | null; onAnew(): void }) {
  const { current_state: state, status } = step.decision;
  return (
    <div className={classes.stands}>
      <StatusBadge status={status} />
      <StateName state={state} />
      <Group gap={6} ml="auto">
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconArrowBackUp size={14} />}
          onClick={() => onBack?.()}
          disabled={!onBack}
        >
          Step back
        </Button>
        <Button size="compact-sm" variant="default" leftSection={<IconRotate size={14} />} onClick={onAnew}>
          Anew
        </Button>
      </Group>
    </div>
  );
}

function Timers({ step, busy, onFire }: { step: Step; busy: boolean; onFire(type: string): void }) {
  if (step.timers.length === 0) return null;
  return (
    <section className={classes.part} aria-label="Timers">
      <Title order={3} size="0.84rem">
        Timers
      </Title>
      {step.timers.map(({ id, delay_ms: delay, event_type: type }) => (
        <Group key={id} gap="xs">
          <IconHourglass size={15} aria-hidden />
          <Text size="sm">{spokenDuration(String(delay))}</Text>
          <Button size="compact-xs" variant="light" onClick={() => onFire(type)} disabled={busy}>
            Let it fire
          </Button>
        </Group>
      ))}
    </section>
  );
}

/** What the last step carried: requests, and what it did to other jobs. */
function Carried({ step }: { step: Step }) {
  const { events_sent: sent, jobs_started: started } = step.decision;
  const nothing = step.actions.length + sent.length + started.length === 0;
  return (
    <section className={classes.part} aria-label="What it would send">
      <Title order={3} size="0.84rem">
        What it would send
      </Title>
      {nothing && (
        <Text size="sm" c="dimmed">
          Nothing.
        </Text>
      )}
      {step.actions.map((action) => (
        <RequestView key={action.pointer} action={action} />
      ))}
      {sent.map(({ job_id: job, event }) => (
        <Text key={`${job} ${event.type}`} size="sm">
          <Code>{event.type}</Code> to job {job}
        </Text>
      ))}
      {started.map(({ workflow, key }) => (
        <Text key={`${workflow} ${key}`} size="sm">
          A job of <b>{workflow}</b>
          {key !== null && ` with the key ${key}`}
        </Text>
      ))}
    </section>
  );
}

function Context({ step, before }: { step: Step; before: Step | null }) {
  const changes = before ? contextChanges(before.decision.context, step.decision.context) : [];
  return (
    <section className={classes.part} aria-label="Context">
      <Title order={3} size="0.84rem">
        Context
      </Title>
      {changes.map(({ key, before: was, after }) => (
        <div key={key} className={classes.change}>
          <b>{key}</b>
          {was !== undefined && <code className={classes.was}>{JSON.stringify(was)}</code>}
          <code>{after === undefined ? 'gone' : JSON.stringify(after)}</code>
        </div>
      ))}
      <JsonView value={step.decision.context} label="Context" maxHeight={240} />
    </section>
  );
}

function History({ steps, onReturn }: { steps: readonly Step[]; onReturn(length: number): void }) {
  return (
    <section className={classes.part} aria-label="History">
      <Title order={3} size="0.84rem">
        History
      </Title>
      <ol className={classes.history}>
        {steps.map(({ label, decision }, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a step is known by its place
          <li key={i}>
            <UnstyledButton
              className={classes.step}
              onClick={() => onReturn(i + 1)}
              aria-current={i === steps.length - 1 ? 'step' : undefined}
            >
              <span className={classes.number}>{i + 1}</span>
              <span>
                <b>{label}</b> → {decision.current_state}
              </span>
            </UnstyledButton>
          </li>
        ))}
      </ol>
    </section>
  );
}
