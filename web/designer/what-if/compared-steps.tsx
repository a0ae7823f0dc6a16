// The steps of a job as they were, and where the document would have done something else.
import { Badge, UnstyledButton } from '@mantine/core';
import { useState } from 'react';
import { Moment } from '../../elements/moment.tsx';
import { StateName } from '../../jobs/state-name.tsx';
import { spokenEvent } from '../../jobs/steps.ts';
import { RequestView } from '../panel/request-view.tsx';
import { Refusal, type Verdict } from '../simulate/refusal.tsx';
import { contextChanges } from '../simulate/run.ts';
import classes from './what-if.module.css';
import type { ComparedStep, Side } from './what-if-requests.ts';

export function ComparedSteps({
  steps,
  onLook,
}: {
  steps: readonly ComparedStep[];
  onLook(step: ComparedStep): void;
}) {
  const [open, setOpen] = useState<number | null>(null);
  return (
    <ol className={classes.steps} aria-label="Steps">
      {steps.map((step, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a step is known by its place
        <li key={i} className={classes.step} data-same={step.same}>
          <UnstyledButton
            className={classes.head}
            aria-expanded={open === i}
            onClick={() => {
              setOpen(open === i ? null : i);
              onLook(step);
            }}
          >
            <span className={classes.number}>{i + 1}</span>
            <b>{spokenEvent(step.event.type)}</b>
            <Outcome step={step} />
            <span className={classes.at}>
              <Moment at={step.at} />
            </span>
          </UnstyledButton>
          {open === i && <Details step={step} />}
        </li>
      ))}
    </ol>
  );
}

/** Where it led, and where it would have led. */
function Outcome({ step: { was, would, same, requests } }: { step: ComparedStep }) {
  const states = [was?.current_state ?? null, would?.current_state ?? null];
  const changed = requests.filter(({ change }) => change !== 'same').length;
  return (
    <span className={classes.outcome}>
      {was !== null && (
        <span className={states[0] === states[1] ? undefined : classes.was}>
          <StateName state={was.current_state ?? ''} />
        </span>
      )}
      {was === null && <Badge variant="light">Only here</Badge>}
      {!same && states[0] !== states[1] && (
        <span>
          {would?.current_state != null ? (
            <StateName state={would.current_state} />
          ) : (
            <Badge variant="light" color="orange">
              {would === null ? 'No such timer' : 'Not taken'}
            </Badge>
          )}
        </span>
      )}
      {changed > 0 && (
        <Badge variant="light" color="orange">
          {changed === 1 ? '1 request' : `${changed} requests`}
        </Badge>
      )}
    </span>
  );
}

const CHANGES = {
  same: 'As it was',
  changed: 'Changed',
  added: 'Only with this document',
  removed: 'Not sent any more',
};

function Details({ step: { was, would, requests } }: { step: ComparedStep }) {
  const nothing = requests.length === 0 && (would?.message ?? null) === null;
  return (
    <div className={classes.details}>
      {would?.message && (
        <div>
          <Refusal message={would.message} verdicts={would.verdicts as unknown as Verdict[]} />
        </div>
      )}
      <ContextDifference was={was} would={would} />
      {requests.map(({ name, action_type: kind, change, was: before, would: after }) => (
        <section
          key={`${before?.pointer} ${after?.pointer}`}
          aria-label={name ?? kind}
          className={classes.request}
        >
          <Badge variant="light" color={change === 'same' ? 'gray' : 'orange'}>
            {CHANGES[change]}
          </Badge>
          {before && change !== 'same' && (
            <div className={classes.before}>
              <RequestView action={{ name: `${name ?? kind}, as it was`, action_type: kind, ...before }} />
            </div>
          )}
          {after && <RequestView action={{ name, action_type: kind, ...after }} />}
        </section>
      ))}
      {nothing && <span className={classes.nothing}>Nothing is sent here.</span>}
    </div>
  );
}

function ContextDifference({ was, would }: { was: Side | null; would: Side | null }) {
  if (!was?.context || !would?.context) return null;
  return contextChanges(was.context, would.context).map(({ key, before, after }) => (
    <div key={key} className={classes.context}>
      <b>{key}</b>
      <code className={classes.was}>{before === undefined ? 'not there' : JSON.stringify(before)}</code>
      <code>{after === undefined ? 'not there' : JSON.stringify(after)}</code>
    </div>
  ));
}
