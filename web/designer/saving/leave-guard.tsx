// Leaving with something that is not saved: it stays as a draft in this browser, unless somebody throws it away.
import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useBlocker } from '@tanstack/react-router';
import type { RefObject } from 'react';

/** @param leaving set before a navigation that is meant, such as the one after the first save */
export function LeaveGuard({
  changed,
  unread,
  leaving,
  onDiscard,
}: {
  changed: boolean;
  /** There is text that is no definition yet: no draft has it. */
  unread: boolean;
  leaving: RefObject<boolean>;
  onDiscard(): void;
}) {
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) =>
      (changed || unread) && !leaving.current && current.pathname !== next.pathname,
    enableBeforeUnload: () => (changed || unread) && !leaving.current,
    withResolver: true,
  });
  const blocked = blocker.status === 'blocked';
  return (
    <Modal opened={blocked} onClose={() => blocker.reset?.()} title="Leave without saving?">
      <Stack>
        <Text size="sm">
          {unread
            ? 'The text in Code is no JSON yet and would be lost. Everything before it is kept in this browser as a draft.'
            : 'What you changed is kept in this browser as a draft, and is here again when you come back.'}
        </Text>
        <Group justify="flex-end" gap="xs">
          <Button
            variant="subtle"
            color="red"
            onClick={() => {
              onDiscard();
              blocker.proceed?.();
            }}
          >
            Throw it away
          </Button>
          <Button variant="default" onClick={() => blocker.reset?.()}>
            Stay
          </Button>
          <Button onClick={() => blocker.proceed?.()} data-autofocus>
            Leave, keep the draft
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
