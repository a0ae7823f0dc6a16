// Exports that run by themselves: to a directory or bucket of the server, or through a connection.
import { Button, Group, Modal, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Resource } from '../api/client.ts';
import { connectionsQuery } from '../api/queries.ts';
import { Moment } from '../elements/moment.tsx';
import { Panel } from '../elements/panel.tsx';
import { ProblemNote } from '../elements/problem-note.tsx';
import { Badge } from '../elements/status-badge.tsx';
import classes from './metering.module.css';
import { changeExport, deleteExport, exportsQuery, runExport } from './metering-requests.ts';
import { NewExport } from './new-export.tsx';

type Export = Resource<'MeteringExport'>;

export function StandingExports({ mayChange }: { mayChange: boolean }) {
  const [opened, modal] = useDisclosure();
  const exports = useQuery(exportsQuery);
  return (
    <Panel
      title="Scheduled exports"
      flush
      beside={
        mayChange && (
          <Button size="compact-sm" variant="default" onClick={modal.open}>
            New export
          </Button>
        )
      }
    >
      {exports.isError && <ProblemNote error={exports.error} onRetry={() => void exports.refetch()} />}
      {exports.data?.length === 0 && (
        <Text size="sm" c="dimmed" p={16}>
          There is none. One delivers every row once, as the ledger grows: to files, or to a metering service.
        </Text>
      )}
      {exports.data?.map((one) => (
        <Row key={one.id} of={one} mayChange={mayChange} />
      ))}
      <Modal opened={opened} onClose={modal.close} title="New scheduled export">
        <NewExport onDone={modal.close} />
      </Modal>
    </Panel>
  );
}

function Row({ of, mayChange }: { of: Export; mayChange: boolean }) {
  const queries = useQueryClient();
  const act = useMutation({
    mutationFn: (what: () => Promise<unknown>) => what(),
    onSuccess: () => queries.invalidateQueries({ queryKey: exportsQuery.queryKey }),
  });
  const { id, name, enabled, running, last_error: problem, last_run_at: lastRunAt } = of;
  const state = !enabled
    ? ({ tone: 'idle', label: 'Paused' } as const)
    : running
      ? ({ tone: 'busy', label: 'Running' } as const)
      : problem
        ? ({ tone: 'bad', label: 'Failing' } as const)
        : ({ tone: 'good', label: 'On' } as const);
  const button = (label: string, what: () => Promise<unknown>) => (
    <Button
      size="compact-sm"
      variant="subtle"
      color="gray"
      aria-label={`${label} ${name}`}
      onClick={() => act.mutate(what)}
    >
      {label}
    </Button>
  );
  return (
    <div className={classes.row}>
      <div className={classes.grows}>
        <Group gap="xs">
          <Text size="sm" fw={550}>
            {name}
          </Text>
          <Badge tone={state.tone}>{state.label}</Badge>
        </Group>
        <Text size="xs" c="dimmed" component="div">
          <Destination of={of} />, every {intervalText(of.interval_minutes)}.{' '}
          {of.rows_exported.toLocaleString('en')} rows so far
          {lastRunAt && (
            <>
              , last run <Moment at={lastRunAt} />
            </>
          )}
        </Text>
        {problem && (
          <Text size="xs" c="var(--mantine-color-error)" mt={2}>
            {problem.message}
          </Text>
        )}
        {act.isError && <ProblemNote error={act.error} />}
      </div>
      {mayChange && (
        <Group gap={4}>
          {enabled && button('Run now', () => runExport(id))}
          {button(enabled ? 'Pause' : 'Resume', () => changeExport(id, { enabled: !enabled }))}
          {button('Delete', () => deleteExport(id))}
        </Group>
      )}
    </div>
  );
}

function Destination({ of: { destination, format } }: { of: Export }) {
  const { data: connections } = useQuery(connectionsQuery);
  if (destination.type !== 'http')
    return <>{`${format} files in the server’s ${destination.type === 's3' ? 'bucket' : 'directory'}`}</>;
  const connection = connections?.find(({ id }) => id === destination.connection_id);
  return (
    <>{`CloudEvents through ${connection?.connection_name ?? 'a deleted connection'}${destination.path}`}</>
  );
}

function intervalText(minutes: number): string {
  if (minutes % 1440 === 0) return minutes === 1440 ? 'day' : `${minutes / 1440} days`;
  if (minutes % 60 === 0) return minutes === 60 ? 'hour' : `${minutes / 60} hours`;
  return minutes === 1 ? 'minute' : `${minutes} minutes`;
}
