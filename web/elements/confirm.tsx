// Before something that cannot be undone: what comes of it, and a button that does it.
import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ProblemNote } from './problem-note.tsx';

interface Props {
  title: string;
  /** On the button. */
  does: string;
  keeps?: string;
  danger?: boolean;
  opened: boolean;
  onClose(): void;
  onConfirm(): Promise<unknown>;
  children: ReactNode;
}

export function Confirm(props: Props) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={props.title}>
      <Body {...props} />
    </Modal>
  );
}

function Body({ does, keeps = 'Keep it', danger = true, onClose, onConfirm, children }: Props) {
  const run = useMutation({ mutationFn: onConfirm, onSuccess: onClose });
  return (
    <Stack>
      <Text size="sm" component="div">
        {children}
      </Text>
      {run.isError && <ProblemNote error={run.error} />}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose} data-autofocus>
          {keeps}
        </Button>
        <Button {...(danger && { color: 'red' })} loading={run.isPending} onClick={() => run.mutate()}>
          {does}
        </Button>
      </Group>
    </Stack>
  );
}
