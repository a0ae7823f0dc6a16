// What would this document have made of a job that ran? Its past, step by step, beside what would have been.
import { Alert, Loader, Select, Text } from '@mantine/core';
import { IconArrowsSplit, IconEqual } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Definition } from '../../../engine/definition.ts';
import type { Resource } from '../../api/client.ts';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { relativeTime } from '../../elements/relative-time.ts';
import { litPaths } from '../../machine/graph.ts';
import { ComparedSteps } from './compared-steps.tsx';
import classes from './what-if.module.css';
import { type WhatIf as Comparison, jobsOfQuery, whatIfQuery } from './what-if-requests.ts';

export interface WhatIfProps {
  definition: Definition;
  workflow: string;
  /** The job that is asked about first; null: none yet. */
  first: string | null;
  /** States that the step looked at would lead to, with those around them. */
  onLit(paths: readonly string[]): void;
}

export function WhatIf({ definition, workflow, first, onLit }: WhatIfProps) {
  const [job, setJob] = useState(first);
  const jobs = useQuery(jobsOfQuery(workflow));
  const compared = useQuery({ ...whatIfQuery(definition, job ?? ''), enabled: job !== null });
  // Whoever looks at something else compares no more.
  useEffect(() => () => onLit([]), [onLit]);

  const offered = (jobs.data ?? []).map((one) => ({ value: one.id, label: nameOf(one) }));
  const known = job === null || offered.some(({ value }) => value === job);
  return (
    <div className={classes.whatIf}>
      <Text size="sm" c="dimmed">
        Everything that a job met is met again by this document. Nothing is written and nothing is sent.
      </Text>
      <Select
        label="Job"
        placeholder={
          offered.length === 0 && jobs.isSuccess ? 'This workflow has no jobs yet' : 'Choose a job'
        }
        data={known ? offered : [{ value: job, label: job }, ...offered]}
        value={job}
        onChange={setJob}
        searchable
        nothingFoundMessage="Not among the latest jobs"
        rightSection={compared.isFetching ? <Loader size={14} aria-label="Comparing" /> : undefined}
      />
      {jobs.isError && <ProblemNote error={jobs.error} onRetry={() => void jobs.refetch()} />}
      {compared.isError && <ProblemNote error={compared.error} onRetry={() => void compared.refetch()} />}
      {compared.data && !compared.isError && (
        <>
          <Verdict compared={compared.data} />
          <ComparedSteps
            steps={compared.data.steps}
            onLook={(step) => onLit([...litPaths(step.would?.current_state ?? '')])}
          />
        </>
      )}
    </div>
  );
}

const nameOf = ({ id, key, current_state: state, created_at: at }: Resource<'ListedJob'>) =>
  `${key ?? id.slice(-12)} · ${state} · ${relativeTime(Date.parse(at), Date.now())}`;

function Verdict({
  compared: { steps, differs_from: differs, truncated, left_out: leftOut },
}: {
  compared: Comparison;
}) {
  const same = differs === null;
  const count = steps.filter((step) => !step.same).length;
  return (
    <Alert
      role="status"
      variant="light"
      p={10}
      color={same ? 'teal' : 'orange'}
      icon={same ? <IconEqual size={18} /> : <IconArrowsSplit size={18} />}
    >
      {same
        ? `The same in all ${steps.length} steps.`
        : `${count} of ${steps.length} steps differ, from step ${differs + 1} on.`}
      {truncated && ' The job has a longer past; its first steps are compared.'}
      {leftOut.length > 0 && ` Left out, as it has errors: ${leftOut.join(', ')}.`}
    </Alert>
  );
}
