// Ends what holds back the requests to a receiver: its open circuit, or the pause that it asked for.
import { Button, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { ProblemNote } from '../elements/problem-note.tsx';

const SAID = {
  circuit: { does: 'Close the circuit: send again at once', done: 'The circuit is closed.' },
  pause: { does: 'Lift the pause: send again at once', done: 'The pause is lifted.' },
} as const;

/**
 * @param held whether it holds anything back now
 * @param list what is asked for again once it is ended
 */
export function SendAgain({
  what,
  held,
  list,
  end,
}: {
  what: keyof typeof SAID;
  held: boolean;
  list: 'connections' | 'endpoints';
  end(): Promise<unknown>;
}) {
  const queries = useQueryClient();
  const run = useMutation({
    mutationFn: end,
    onSettled: () => queries.invalidateQueries({ queryKey: [list] }),
  });
  const done = useRef<HTMLParagraphElement>(null);
  const ended = run.isSuccess && !held;
  // The button is gone, and the keyboard with it.
  useEffect(() => {
    if (ended && document.activeElement === document.body) done.current?.focus();
  }, [ended]);
  return (
    <>
      {run.isError && <ProblemNote error={run.error} />}
      {held && (
        <Button
          size="compact-sm"
          variant="default"
          mt="xs"
          style={{ alignSelf: 'start' }}
          loading={run.isPending}
          onClick={() => run.mutate()}
        >
          {SAID[what].does}
        </Button>
      )}
      {ended && (
        <Text ref={done} tabIndex={-1} role="status" size="sm" c="dimmed" mt="xs">
          {SAID[what].done}
        </Text>
      )}
    </>
  );
}
