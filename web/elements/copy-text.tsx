// Text that one wants elsewhere: a click copies it.
import { CopyButton, Text, Tooltip, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';

export function CopyText({ text, label, shown = text }: { text: string; label: string; shown?: string }) {
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : label}>
          <UnstyledButton onClick={copy} style={{ display: 'inline-flex', gap: 5, alignItems: 'center' }}>
            <VisuallyHidden>{label}: </VisuallyHidden>
            <Text span size="xs" ff="monospace" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
              {shown}
            </Text>
            {copied ? (
              <IconCheck size={13} style={{ flex: 'none' }} aria-hidden />
            ) : (
              <IconCopy size={13} style={{ flex: 'none' }} aria-hidden />
            )}
          </UnstyledButton>
        </Tooltip>
      )}
    </CopyButton>
  );
}
