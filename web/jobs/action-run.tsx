// One action of a transition: what became of it, every attempt with what was sent and answered, and how to step in.
import { Button, Group, Skeleton, Stack, Text, UnstyledButton } from '@mantine/core';
import { IconChevronRight, IconPlugConnected, IconWebhook } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { answerOf, api, type Resource } from '../api/client.ts';
import { actionRunQuery } from '../api/queries.ts';
import { Moment } from '../elements/moment.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';
import { StatusBadge } from '../elements/status-badge.tsx';
import classes from './action-run.module.css';
import { Attempt } from './attempt.tsx';
import { type Intervention, interventionsFor } from './interventions.ts';

type Run = Resource<'ListedActionRun'>;

export function ActionRun({
  run,
  connectionName,
  mayAct,
}: {
  run: Run;
  connectionName: string | undefined;
  mayAct: boolean;
}) {
  const [open, setOpen] = useState(false);
  const Sign = run.action_type === 'WEBHOOK' ? IconWebhook : IconPlugConnected;
  const panel = `run-${run.id}`;
  return (
    <div>
      <UnstyledButton
        className={classes.line}
        onClick={() => setOpen(!open)}
        aria-expanded={open}
        aria-controls={panel}
      >
        <IconChevronRight className={classes.chevron} data-open={open} size={15} aria-hidden />
        <Sign size={16} stroke={1.7} aria-hidden />
        <span className={classes.name}>{run.name ?? run.action_type}</span>
        <span className={classes.through}>{connectionName !== undefined && `through ${connectionName}`}</span>
        <span className={classes.attempts}>
          {run.attempts > 0 && `${run.attempts} ${run.attempts === 1 ? 'attempt' : 'attempts'}`}
        </span>
        <StatusBadge status={run.status} />
      </UnstyledButton>
      {open && (
        <div id={panel} className={classes.panel}>
          <Opened run={run} mayAct={mayAct} />
        </div>
      )}
    </div>
  );
}

function Opened({ run, mayAct }: { run: Run; mayAct: boolean }) {
  const full = useQuery(actionRunQuery(run.id));
  if (full.isError) return <ProblemNote error={full.error} onRetry={() => void full.refetch()} />;
  if (!full.data) return <Skeleton height={80} />;
  const { attempt_log: attempts, error, next_attempt_at: next } = full.data;
  const message = (error as { message?: string } | null)?.message;
  return (
    <Stack gap="sm">
      {mayAct && <Interventions run={run} />}
      {message !== undefined && message !== attempts.at(-1)?.message && (
        <Text size="sm">
          {message} <code className={classes.code}>{String((error as { code?: unknown }).code ?? '')}</code>
        </Text>
      )}
      {next !== null && (
        <Text size="sm">
          Fired again <Moment at={next} />.
        </Text>
      )}
      {attempts.length === 0 && (
        <Text size="sm" c="dimmed">
          {run.status === 'SKIPPED' ? 'Nothing was sent.' : 'Nothing was sent yet.'}
        </Text>
      )}
      {attempts.toReversed().map((attempt, i) => (
        <Attempt key={attempt.id} attempt={attempt} startsOpen={i === 0} />
      ))}
    </Stack>
  );
}

function Interventions({ run }: { run: Run }) {
  const queries = useQueryClient();
  const step = useMutation({
    mutationFn: ({ path }: Intervention) =>
      answerOf(api.POST(path, { params: { path: { id: run.id } }, body: {} })),
    onSettled: async () => {
      await queries.invalidateQueries({ queryKey: ['job', run.job_id] });
      await queries.invalidateQueries({ queryKey: ['action', run.id] });
    },
  });
  const possible = interventionsFor(run.status);
  if (possible.length === 0 && !step.isError) return null;
  return (
    <Stack gap="xs">
      <Group gap="xs">
        {possible.map((one) => (
          <Button
            key={one.path}
            size="compact-sm"
            variant="default"
            title={one.hint}
            loading={step.isPending && step.variables === one}
            onClick={() => step.mutate(one)}
          >
            {one.label}
          </Button>
        ))}
      </Group>
      {step.isError && <ProblemNote error={step.error} />}
    </Stack>
  );
}
