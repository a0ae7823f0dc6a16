// The list of keys that work on the page that is shown.
import { Group, Kbd, Modal, Stack, Text } from '@mantine/core';
import { knownShortcuts } from './shortcuts.ts';

export function ShortcutsHelp({ opened, onClose }: { opened: boolean; onClose(): void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keyboard shortcuts" size="sm">
      <Stack gap={6}>
        {opened &&
          knownShortcuts().map(({ keys, label }) => (
            <Group key={`${keys.join(' ')} ${label}`} justify="space-between" py={4}>
              <Text size="sm">{label}</Text>
              <Group gap={4}>
                {keys.map((key) => (
                  <Kbd key={key}>{key}</Kbd>
                ))}
              </Group>
            </Group>
          ))}
        <Text size="xs" c="dimmed" pt="xs">
          Tab and Shift+Tab reach everything, Enter opens it, Escape closes what is open.
        </Text>
      </Stack>
    </Modal>
  );
}
