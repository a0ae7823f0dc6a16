// Bringing a machine along: pasted, or as a file.
import { Button, FileButton, Group, List, Modal, Stack, Text, Textarea } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import type { Definition } from '../../../engine/definition.ts';
import { importText } from '../exchange/import.ts';

export function Import({
  opened,
  onClose,
  onImport,
}: {
  opened: boolean;
  onClose(): void;
  onImport(definition: Definition): void;
}) {
  const [text, setText] = useState('');
  const read = text.trim() === '' ? null : importText(text);
  const take = () => {
    if (!read?.ok) return;
    notifications.show({ message: `The machine was read as ${read.from}.` });
    onImport(read.imported.definition);
  };
  return (
    <Modal opened={opened} onClose={onClose} title="Import a machine" size="lg">
      <Stack>
        <Textarea
          label="Definition"
          description="JSON as Pawl or XState write it, or a stateDiagram of Mermaid"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          error={read && !read.ok ? read.message : undefined}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.8rem' } }}
          autosize
          minRows={8}
          maxRows={16}
          spellCheck={false}
          data-autofocus
        />
        {read?.ok && (
          <>
            <Text size="sm">Read as {read.from}.</Text>
            {read.imported.notes.length > 0 && (
              <List size="sm">
                {read.imported.notes.map((note) => (
                  <List.Item key={note}>{note}</List.Item>
                ))}
              </List>
            )}
          </>
        )}
        <Group justify="space-between">
          <FileButton
            onChange={(file) => void file?.text().then(setText)}
            accept=".json,.mmd,.txt,application/json"
          >
            {(props) => (
              <Button variant="subtle" {...props}>
                Open a file
              </Button>
            )}
          </FileButton>
          <Button onClick={take} disabled={!read?.ok}>
            Import
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
