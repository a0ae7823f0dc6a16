// What a job can do next, and why it cannot do the rest: each event with the verdict of each guard, what it waits for,
// and the form that sends an event.
import { Button, Skeleton, Stack, Text } from '@mantine/core';
import { IconCheck, IconHelp, IconHourglass, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Resource } from '../api/client.ts';
import { explanationQuery } from '../api/queries.ts';
import { Moment } from '../elements/moment.tsx';
import { Panel } from '../elements/panel.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';
import { StatusBadge } from '../elements/status-badge.tsx';
import { SendEvent } from './send-event.tsx';
import { spokenEvent } from './steps.ts';
import classes from './what-next.module.css';

type Explanation = Resource<'Explanation'>;
type Verdict = Explanation['always'][number];

export function WhatNext({ job, maySend }: { job: Resource<'Job'>; maySend: boolean }) {
  const [type, setType] = useState('');
  const explanation = useQuery(explanationQuery(job.id));
  const stuck = explanation.data !== undefined && !explanation.data.events.some(mayBeTaken);
  return (
    <>
      {maySend && <SendEvent job={job} type={type} onType={setType} />}
      <Panel title={stuck ? 'Why can’t it move?' : 'What can happen next'}>
        {explanation.isError && (
          <ProblemNote error={explanation.error} onRetry={() => void explanation.refetch()} />
        )}
        {explanation.isPending && <Skeleton height={90} />}
        {explanation.data && <Explained explanation={explanation.data} onChoose={maySend ? setType : null} />}
      </Panel>
    </>
  );
}

/** Some event that a person can send leads on, or may, depending on what it brings. */
const mayBeTaken = ({ internal, verdicts }: Explanation['events'][number]): boolean =>
  !internal && verdicts.some(({ verdict }) => verdict === 'true' || verdict === 'unknown');

function Explained({
  explanation: { events, always, waiting_for: waiting },
  onChoose,
}: {
  explanation: Explanation;
  onChoose: ((type: string) => void) | null;
}) {
  const sendable = events.filter(({ internal }) => !internal);
  const timers = waiting.timers.filter(({ kind }) => kind === 'after');
  return (
    <Stack gap="md">
      {sendable.length === 0 && (
        <Text size="sm" c="dimmed">
          No event can be sent to this state: it moves by itself, when what it waits for is there.
        </Text>
      )}
      {sendable.map(({ type, verdicts }) => (
        <div key={type}>
          <div className={classes.event}>
            <code>{type}</code>
            {onChoose && !type.includes('*') && (
              <Button
                size="compact-xs"
                variant="light"
                onClick={() => onChoose(type)}
                aria-label={`Use ${type}`}
              >
                Use
              </Button>
            )}
          </div>
          <ul className={classes.verdicts}>
            {verdicts.map((verdict) => (
              <VerdictLine key={verdict.pointer} verdict={verdict} />
            ))}
          </ul>
        </div>
      ))}
      {always.length > 0 && (
        <div>
          <div className={classes.event}>
            <span>By itself</span>
          </div>
          <ul className={classes.verdicts}>
            {always.map((verdict) => (
              <VerdictLine key={verdict.pointer} verdict={verdict} />
            ))}
          </ul>
        </div>
      )}
      {(timers.length > 0 || waiting.action_runs.length > 0) && (
        <div>
          <div className={classes.event}>
            <span>It waits for</span>
          </div>
          <ul className={classes.verdicts}>
            {timers.map(({ id, event_type: type, due_at: due }) => (
              <li key={id} className={classes.verdict} data-verdict="unknown">
                <IconHourglass size={15} aria-hidden />
                <span>
                  a {spokenEvent(type)}, due <Moment at={due} />
                </span>
              </li>
            ))}
            {waiting.action_runs.map(({ id, name, action_type: kind, status }) => (
              <li key={id} className={classes.verdict} data-verdict="unknown">
                <IconHourglass size={15} aria-hidden />
                <span>
                  the action <b>{name ?? kind}</b> <StatusBadge status={status} />
                </span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </Stack>
  );
}

const SIGNS = { true: IconCheck, false: IconX, error: IconX, unknown: IconHelp };
const SAID = {
  true: 'would be taken',
  false: 'its guard says no',
  error: 'its guard fails',
  unknown: 'depends on the event',
};

function VerdictLine({ verdict: { verdict, target, state, guard, message } }: { verdict: Verdict }) {
  const Sign = SIGNS[verdict];
  return (
    <li className={classes.verdict} data-verdict={verdict}>
      <Sign size={15} stroke={2.4} aria-hidden />
      <div style={{ minWidth: 0 }}>
        <div>
          {target === null ? `stays in ${state}` : `to ${target.replace(/^#/, '')}`}: {SAID[verdict]}
        </div>
        {guard !== null && <code className={classes.guard}>{guard}</code>}
        {guard !== null && verdict !== 'true' && <div className={classes.message}>{message}</div>}
      </div>
    </li>
  );
}
