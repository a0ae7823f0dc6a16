// A change that was refused. Where somebody else was faster: what that means, and a way to what is there now.
import { Button, Group, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { asProblem } from '../api/problem.ts';
import classes from './problem-note.module.css';
import { ProblemNote } from './problem-note.tsx';

export function ConflictNote({
  error,
  onLoad,
}: {
  error: unknown;
  /** Asks for what is there now, and shows that instead of what was typed. */
  onLoad(): Promise<void>;
}) {
  const load = useMutation({ mutationFn: onLoad });
  if (asProblem(error).code !== 'settings_changed') return <ProblemNote error={error} />;
  return (
    <div className={classes.note} role="alert">
      <div className={classes.body}>
        <Text fw={600} size="sm">
          Somebody else has changed this
        </Text>
        <Text size="sm">
          That was after you opened it, so yours was not saved. Look at theirs, then decide again.
        </Text>
        {load.isError && <ProblemNote error={load.error} />}
        <Group mt={6}>
          <Button size="compact-sm" variant="default" loading={load.isPending} onClick={() => load.mutate()}>
            Load what is there now
          </Button>
        </Group>
      </div>
    </div>
  );
}
