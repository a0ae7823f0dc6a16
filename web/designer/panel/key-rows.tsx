// An object as rows: a key, and an expression or a template for it.
import { ActionIcon, Button, Input, Stack } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { CelField, DraftText, TemplateField } from './fields.tsx';
import classes from './panel.module.css';
import { usePanel } from './panel-place.tsx';
import { inside, valueAt, withKey } from './place.ts';

export function KeyRows({
  title,
  description,
  pointer,
  kind,
  keyLabel,
  newKey,
  placeholder,
  required = false,
}: {
  title: string;
  description?: string;
  pointer: string;
  kind: 'cel' | 'template';
  keyLabel: string;
  /** What an added key is called at first. */
  newKey: string;
  placeholder?: string;
  /** The object stays when its last key is gone. */
  required?: boolean;
}) {
  const { definition, put, readOnly } = usePanel();
  const rows = (valueAt(definition, pointer) ?? {}) as Record<string, string>;
  const keys = Object.keys(rows);
  const Value = kind === 'cel' ? CelField : TemplateField;

  function add() {
    let key = newKey;
    for (let number = 2; keys.includes(key); number++) key = `${newKey}_${number}`;
    put(`Add ${keyLabel.toLowerCase()}`, pointer, { ...rows, [key]: '' });
  }
  function remove(key: string) {
    const { [key]: _, ...rest } = rows;
    const gone = Object.keys(rest).length === 0 && !required;
    put(`Remove ${keyLabel.toLowerCase()}`, pointer, gone ? undefined : rest);
  }
  return (
    <Input.Wrapper label={title} description={description} labelElement="div">
      <Stack gap={8} mt={4}>
        {keys.map((key, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row under another name is the same row, and keeps the focus
          <div key={i} className={classes.row}>
            <DraftText
              aria-label={keyLabel}
              value={key}
              size="xs"
              ff="monospace"
              w={110}
              readOnly={readOnly}
              check={(text) =>
                text === '' ? 'Needs a name' : keys.includes(text) ? 'Is there already' : null
              }
              onDone={(text) => put(`Rename ${keyLabel.toLowerCase()}`, pointer, withKey(rows, key, text))}
            />
            <Value
              label={`${key}`}
              quiet
              pointer={inside(pointer, key)}
              {...(placeholder && { placeholder })}
            />
            {!readOnly && (
              <ActionIcon size="sm" mt={4} onClick={() => remove(key)} aria-label={`Remove ${key}`}>
                <IconX size={14} />
              </ActionIcon>
            )}
          </div>
        ))}
        {!readOnly && (
          <Button
            variant="subtle"
            size="compact-xs"
            leftSection={<IconPlus size={13} />}
            onClick={add}
            style={{ alignSelf: 'flex-start' }}
          >
            {`Add ${keyLabel.toLowerCase()}`}
          </Button>
        )}
      </Stack>
    </Input.Wrapper>
  );
}
