// Asks before something is taken away.
import { Button, Group, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { ProblemNote } from '../elements/problem-note.tsx';
import { Dialog } from './dialog.tsx';
import { useChange } from './use-change.ts';

interface Props {
  title: string;
  /** What it brings about. */
  children: ReactNode;
  /** On the button that does it. */
  action: string;
  onConfirm(): Promise<unknown>;
  onClose(): void;
}

/** Open while it is rendered. */
export function Confirm({ title, children, action, onConfirm, onClose }: Props) {
  const change = useChange(onConfirm, onClose);
  return (
    <Dialog onClose={onClose} title={title}>
      <Stack>
        <Text size="sm" component="div">
          {children}
        </Text>
        {change.isError && <ProblemNote error={change.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose} data-autofocus>
            Keep it
          </Button>
          <Button color="red" loading={change.isPending} onClick={() => change.mutate(undefined)}>
            {action}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
