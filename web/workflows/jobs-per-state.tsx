// How many jobs of a workflow stand where, each number a link to them.
import { Text } from '@mantine/core';
import type { JobFilter } from '../api/queries.ts';
import classes from '../elements/fact-list.module.css';
import { TextLink } from '../elements/links.tsx';
import { Panel } from '../elements/panel.tsx';
import { StatusBadge } from '../elements/status-badge.tsx';
import { StateName } from '../jobs/state-name.tsx';
import { litPaths } from '../machine/graph.ts';

export interface CountedState {
  version: number;
  status: 'ACTIVE' | 'DONE' | 'ERROR' | 'CANCELLED';
  current_state: string;
  jobs: number;
}

const said = (jobs: number, more: boolean): string => (more ? `${jobs} or more` : `${jobs}`);

/** Active jobs of one version by the state they are in; a state around others has those inside it. */
export function standingBy(counts: readonly CountedState[], version: number): ReadonlyMap<string, number> {
  const standing = new Map<string, number>();
  for (const { version: theirs, status, current_state: state, jobs } of counts) {
    if (theirs !== version || status !== 'ACTIVE') continue;
    for (const path of litPaths(state)) standing.set(path, (standing.get(path) ?? 0) + jobs);
  }
  return standing;
}

export function JobsPerState({
  workflow,
  counts,
  moreOf,
}: {
  workflow: string;
  counts: readonly CountedState[];
  /** Of these only the newest are counted. */
  moreOf: readonly CountedState['status'][];
}) {
  const sums = new Map<string, Omit<CountedState, 'version'>>();
  for (const { status, current_state, jobs } of counts) {
    const name = `${status} ${current_state}`;
    sums.set(name, { status, current_state, jobs: jobs + (sums.get(name)?.jobs ?? 0) });
  }
  return (
    <Panel title="Jobs">
      {sums.size === 0 ? (
        <Text size="sm" c="dimmed">
          It has had no job yet.
        </Text>
      ) : (
        <dl className={classes.facts}>
          {[...sums].map(([name, { status, current_state: state, jobs }]) => (
            <div key={name}>
              <dt
                style={{ flex: 'initial', display: 'flex', flexWrap: 'wrap', gap: 6, alignItems: 'center' }}
              >
                <StatusBadge status={status} /> <StateName state={state} />
              </dt>
              <dd>
                <TextLink
                  to="/jobs"
                  search={{ workflow, status, state } satisfies JobFilter}
                  size="sm"
                  aria-label={`${said(jobs, moreOf.includes(status))} jobs in ${state}, ${status.toLowerCase()}`}
                >
                  {said(jobs, moreOf.includes(status))}
                </TextLink>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Panel>
  );
}
