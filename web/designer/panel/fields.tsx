// Small fields of the panel: text that is taken over when one has finished, CEL and templates at a pointer.
import { TextInput, type TextInputProps } from '@mantine/core';
import { useEffect, useState } from 'react';
import { CodeField } from '../../code/code-field.tsx';
import { usePanel, useProblems, useScope } from './panel-place.tsx';
import { valueAt } from './place.ts';

/**
 * Taken over on Enter and on leaving the field. What `check` complains of stays to be mended on Enter, and is given up on
 * leaving; Escape puts back what was there.
 */
export function DraftText({
  value,
  onDone,
  check,
  ...props
}: Omit<TextInputProps, 'value' | 'onChange' | 'error'> & {
  value: string;
  onDone(text: string): void;
  /** @returns what is wrong with it, null when nothing is */
  check?: (text: string) => string | null;
}) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const error = text === value ? null : (check?.(text) ?? null);
  function finish() {
    if (text !== value && error === null) onDone(text);
  }
  return (
    <TextInput
      {...props}
      value={text}
      error={error}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={() => (error === null ? finish() : setText(value))}
      onKeyDown={(event) => {
        if (event.key === 'Enter') finish();
        if (event.key === 'Escape') setText(value);
      }}
      autoComplete="off"
      spellCheck={false}
    />
  );
}

interface AtPointer {
  label: string;
  quiet?: boolean;
  pointer: string;
  description?: string;
  placeholder?: string;
  /** Empty text takes the key away; otherwise it stays as empty text. */
  optional?: boolean;
}

/** CEL at a pointer. `later`: asked by the worker, after the commit. */
export function CelField({
  later = false,
  optional = false,
  pointer,
  label,
  ...props
}: AtPointer & { later?: boolean }) {
  const { definition, put, readOnly } = usePanel();
  const scope = useScope(pointer, later ? 'worker' : 'transition');
  const problems = useProblems(pointer, true);
  return (
    <CodeField
      {...props}
      label={label}
      language="cel"
      multiline
      value={String(valueAt(definition, pointer) ?? '')}
      onChange={(text) =>
        put(`Change ${label.toLowerCase()}`, pointer, text === '' && optional ? undefined : text)
      }
      readOnly={readOnly}
      scope={scope}
      problems={problems}
    />
  );
}

/** A template that is one line of text. */
export function TemplateField({ optional = false, pointer, label, ...props }: AtPointer) {
  const { definition, put, readOnly } = usePanel();
  const scope = useScope(pointer, 'worker');
  const problems = useProblems(pointer);
  return (
    <CodeField
      {...props}
      label={label}
      language="template"
      value={String(valueAt(definition, pointer) ?? '')}
      onChange={(text) =>
        put(`Change ${label.toLowerCase()}`, pointer, text === '' && optional ? undefined : text)
      }
      readOnly={readOnly}
      scope={scope}
      problems={problems}
    />
  );
}
