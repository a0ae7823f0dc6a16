// Moving the jobs that run from one version to another: states that are gone are mapped, tried first, then moved.
import { Button, Group, Select, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Definition } from '../../../engine/definition.ts';
import { versionQuery } from '../../api/queries.ts';
import { TextLink } from '../../elements/links.tsx';
import { ProblemNote } from '../../elements/problem-note.tsx';
import { graphOf } from '../../machine/graph.ts';
import { renamedStates } from './diff.ts';
import { type Impact, type MovedJob, moveJobs } from './version-requests.ts';

type Item = Impact['items'][number];

export function MoveForm({
  workflow,
  fromVersion,
  version,
  items,
}: {
  workflow: string;
  fromVersion: number;
  version: number;
  /** Where the jobs of that version stand. */
  items: readonly Item[];
}) {
  const queries = useQueryClient();
  const target = useQuery(versionQuery(workflow, version));
  const source = useQuery(versionQuery(workflow, fromVersion));
  const [chosen, setChosen] = useState<Readonly<Record<string, string>>>({});
  const [looked, setLooked] = useState(0);
  const total = items.reduce((sum, { jobs }) => sum + jobs, 0);
  const wanted = statesToMap(items);
  const states = target.data
    ? graphOf(target.data.definition as Definition).states.filter(
        ({ path, kind }) => path !== '' && kind !== 'history' && kind !== 'final',
      )
    : [];
  // What seems to be called otherwise now is proposed.
  const renamed =
    source.data && target.data
      ? renamedStates(source.data.definition as Definition, target.data.definition as Definition)
      : {};
  const stateMap = { ...renamed, ...chosen };
  const move = useMutation({
    mutationFn: (dryRun: boolean) => {
      setLooked(0);
      return moveJobs({ workflow, fromVersion, version, stateMap, dryRun }, setLooked);
    },
    onSuccess: async (_, dryRun) => {
      if (dryRun) return;
      await queries.invalidateQueries({ queryKey: ['jobs'] });
      await queries.invalidateQueries({ queryKey: ['workflows', workflow, 'jobs-per-state'] });
      // Asked anew by whoever opens it next; what is shown here is what was moved.
      await queries.invalidateQueries({ queryKey: ['workflows', workflow, 'impact'], refetchType: 'none' });
    },
  });
  const dryRun = move.variables ?? true;
  const mapped = wanted.every((state) => stateMap[state] !== undefined);
  return (
    <Stack gap="sm">
      <Text size="sm" fw={550}>
        {jobsSaid(total)} in version {fromVersion}
      </Text>
      {wanted.map((state) => (
        <Select
          key={state}
          label={`Where jobs in ${state} go`}
          data={states.map(({ path }) => path)}
          value={stateMap[state] ?? null}
          onChange={(path) => {
            move.reset();
            setChosen((map) => ({ ...map, ...(path !== null && { [state]: path }) }));
          }}
          placeholder="Pick a state"
          allowDeselect={false}
          searchable
          openOnFocus={false}
        />
      ))}
      {move.isError && <ProblemNote error={move.error} />}
      {move.isSuccess && <Result moved={move.data} dryRun={dryRun} />}
      {move.isPending && (
        <Text size="sm" c="dimmed" role="status">
          {looked} of {total} looked at
        </Text>
      )}
      <Group gap="xs">
        <Button
          size="xs"
          variant="default"
          onClick={() => move.mutate(true)}
          disabled={!mapped || move.isPending}
        >
          Try it
        </Button>
        <Button
          size="xs"
          onClick={() => move.mutate(false)}
          loading={move.isPending && !dryRun}
          disabled={!move.isSuccess || !dryRun || move.data.every(({ to_state: to }) => to === null)}
        >
          Move them
        </Button>
      </Group>
    </Stack>
  );
}

/** Paths that the version refuses as they are: the problems name them. */
export function statesToMap(items: readonly Item[]): string[] {
  const pointers = items.flatMap(({ problems, current_state: state }) =>
    problems.map(({ pointer }) => (pointer === '' ? state : pointer.slice(1))),
  );
  return [...new Set(pointers.flatMap((one) => one.split(',')))].map((path) =>
    path.replaceAll('~1', '/').replaceAll('~0', '~'),
  );
}

export const jobsSaid = (count: number): string => `${count} ${count === 1 ? 'job' : 'jobs'}`;

/** More are no longer read one by one. */
const SHOWN_MAX = 8;

function Result({ moved, dryRun }: { moved: readonly MovedJob[]; dryRun: boolean }) {
  const stuck = moved.filter(({ to_state: to }) => to === null);
  const gone = jobsSaid(moved.length - stuck.length);
  return (
    <Stack gap={4} role="status">
      <Text size="sm">
        {dryRun ? `${gone} would be moved` : `${gone} moved`}
        {stuck.length > 0 && `, ${jobsSaid(stuck.length)} ${dryRun ? 'would stay' : 'stayed'}:`}
      </Text>
      {stuck.slice(0, SHOWN_MAX).map(({ id, key, problems }) => (
        <Text key={id} size="xs">
          <TextLink to="/jobs/$jobId" params={{ jobId: id }}>
            {key ?? id}
          </TextLink>{' '}
          {problems.map(({ message }) => message).join('; ')}
        </Text>
      ))}
      {stuck.length > SHOWN_MAX && (
        <Text size="xs" c="dimmed">
          and {stuck.length - SHOWN_MAX} more
        </Text>
      )}
    </Stack>
  );
}
