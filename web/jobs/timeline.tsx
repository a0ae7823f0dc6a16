// What happened to a job, newest first: each transition with the event that made it and the actions it set off.
import { Button, Skeleton, Text } from '@mantine/core';
import {
  type Icon,
  IconArrowRight,
  IconClockHour4,
  IconFlag,
  IconNote,
  IconRotateClockwise,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { connectionsQuery, meQuery } from '../api/queries.ts';
import { JsonView } from '../elements/json-view.tsx';
import { Moment } from '../elements/moment.tsx';
import { Panel } from '../elements/panel.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';
import { ActionRun } from './action-run.tsx';
import { StateName } from './state-name.tsx';
import { movedParts, type NoteStep, type Step, spokenActor, type TransitionStep } from './steps.ts';
import classes from './timeline.module.css';

export function Timeline({
  steps,
  loading,
  error,
  mayAct,
  more,
}: {
  steps: readonly Step[];
  loading: boolean;
  error: unknown;
  mayAct: boolean;
  more: (() => void) | null;
}) {
  const { data: connections } = useQuery(connectionsQuery);
  const { data: me } = useQuery(meQuery);
  const names = new Map(connections?.map((connection) => [connection.id, connection.connection_name]));
  return (
    <Panel
      title="Timeline"
      beside={
        <Text size="xs" c="dimmed">
          Newest first
        </Text>
      }
    >
      {error !== null && <ProblemNote error={error} />}
      {more && (
        <Button size="xs" variant="default" onClick={more} mb="md">
          Read on: there are newer entries
        </Button>
      )}
      {loading ? (
        <Skeleton height={120} />
      ) : (
        <ol className={classes.timeline}>
          {steps.toReversed().map((step) => (
            <li key={step.id} className={classes.step}>
              {step.kind === 'transition' ? (
                <Transition step={step} names={names} mayAct={mayAct} me={me?.principal.actor} />
              ) : (
                <Note step={step} me={me?.principal.actor} />
              )}
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}

function Transition({
  step,
  names,
  mayAct,
  me,
}: {
  step: TransitionStep;
  names: ReadonlyMap<string, string>;
  mayAct: boolean;
  me: string | undefined;
}) {
  const [open, setOpen] = useState(false);
  const { event, payload, runs } = step;
  const { from, to } = movedParts(step);
  const hasPayload = typeof payload === 'object' && payload !== null && Object.keys(payload).length > 0;
  const Sign = signOf(step);
  return (
    <>
      <span className={classes.sign} aria-hidden>
        <Sign size={14} stroke={2} />
      </span>
      <div className={classes.head}>
        <code className={classes.event}>{event}</code>
        <span className={classes.way}>
          {from === to && 'stays in'}
          {from !== null && from !== to && (
            <>
              <StateName state={from} />
              <IconArrowRight size={14} role="img" aria-label="to" />
            </>
          )}
          <StateName state={to} />
        </span>
        <span className={classes.meta}>
          #{step.revision} · {spokenActor(step.actor, me)} · <Moment at={step.at} />
        </span>
      </div>
      {hasPayload && (
        <div>
          <Button
            variant="subtle"
            color="gray"
            size="compact-xs"
            onClick={() => setOpen(!open)}
            aria-expanded={open}
          >
            {open ? 'Hide the payload' : 'Show the payload'}
          </Button>
          {open && <JsonView value={payload} label="Payload" maxHeight={220} />}
        </div>
      )}
      {runs.length > 0 && (
        <ol className={classes.runs} aria-label="Actions">
          {runs.map((run) => (
            <li key={run.id}>
              <ActionRun run={run} connectionName={names.get(run.connection_id)} mayAct={mayAct} />
            </li>
          ))}
        </ol>
      )}
    </>
  );
}

function signOf({ from, to, event }: TransitionStep): Icon {
  if (from === null) return IconFlag;
  if (event === 'timer') return IconClockHour4;
  return from === to ? IconRotateClockwise : IconArrowRight;
}

function Note({ step, me }: { step: NoteStep; me: string | undefined }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <span className={classes.sign} data-kind="note" aria-hidden>
        <IconNote size={14} stroke={2} />
      </span>
      <div className={classes.head}>
        <Text size="sm" fw={550}>
          {step.what}
        </Text>
        <Button
          variant="subtle"
          color="gray"
          size="compact-xs"
          onClick={() => setOpen(!open)}
          aria-expanded={open}
        >
          {open ? 'Less' : 'More'}
        </Button>
        <span className={classes.meta}>
          {spokenActor(step.actor, me)} · <Moment at={step.at} />
        </span>
      </div>
      {open && <JsonView value={step.data} label={step.what} maxHeight={220} />}
    </>
  );
}
