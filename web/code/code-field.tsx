// A field for an expression, a template or JSON, with completions of what is in scope and the server's problems in it.
import { Input } from '@mantine/core';
import { useId } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';
import { InlineCode } from '../elements/inline-code.tsx';
import { createEditor, type Editor, type Language, type Problem } from './editor.ts';
import type { Scope } from './scope.ts';

const NO_SCOPE: Scope = { variables: [], isKnown: () => true };
const NONE: readonly Problem[] = [];

export interface CodeFieldProps {
  label: string;
  /** The label is said, not shown. */
  quiet?: boolean;
  description?: string | undefined;
  value: string;
  onChange(text: string): void;
  language: Language;
  multiline?: boolean;
  placeholder?: string | undefined;
  readOnly?: boolean;
  scope?: Scope;
  problems?: readonly Problem[];
  /** Where a JSON value stands, so that each problem is marked where it is. */
  pointer?: string | undefined;
  /** Of the field's own, such as text that is no JSON. */
  error?: string | null;
}

export function CodeField({
  label,
  quiet = false,
  description,
  value,
  onChange,
  language,
  multiline = false,
  placeholder = '',
  readOnly = false,
  scope = NO_SCOPE,
  problems = NONE,
  pointer = '',
  error = null,
}: CodeFieldProps) {
  const [parent, setParent] = useState<HTMLDivElement | null>(null);
  const editor = useRef<Editor | null>(null);
  const hadFocus = useRef(false);
  const id = useId();
  const now = useRef({ value, onChange, scope, readOnly, problems, pointer });
  now.current = { value, onChange, scope, readOnly, problems, pointer };

  useEffect(() => {
    if (parent === null) return;
    const made = createEditor({
      parent,
      text: now.current.value,
      language,
      multiline,
      placeholder,
      attributes: { 'aria-label': label, 'aria-describedby': `${id}-problems` },
      readOnly: now.current.readOnly,
      scope: () => now.current.scope,
      onChange: (text) => now.current.onChange(text),
    });
    made.mark(now.current.problems, now.current.pointer);
    editor.current = made;
    if (hadFocus.current) made.focus();
    return () => {
      // Made anew under another label, it is the same field to whoever types in it.
      hadFocus.current = parent.contains(document.activeElement);
      made.close();
    };
  }, [parent, language, multiline, placeholder, label, id]);

  useEffect(() => editor.current?.show(value), [value]);
  useEffect(() => editor.current?.lock(readOnly), [readOnly]);
  useEffect(() => editor.current?.mark(problems, pointer), [problems, pointer]);

  const said = error ?? problems.map(({ message }) => message).join(' · ');
  return (
    <Input.Wrapper
      label={quiet ? undefined : label}
      labelElement="div"
      description={description === undefined ? undefined : <InlineCode text={description} />}
      error={said === '' ? undefined : said}
      errorProps={{ id: `${id}-problems` }}
      style={{ minWidth: 0, flex: 1 }}
    >
      <div ref={setParent} style={{ marginTop: description === undefined ? 0 : 5 }} />
    </Input.Wrapper>
  );
}

const INDENT = 2;

/** A JSON value as text: what is no JSON yet stays in the field and out of the document. Empty text is no value. */
export function JsonCodeField({
  value,
  onChange,
  ...props
}: Omit<CodeFieldProps, 'value' | 'onChange' | 'language' | 'multiline' | 'error'> & {
  value: unknown;
  onChange(value: unknown): void;
}) {
  const [text, setText] = useState(() => textOf(value));
  const [error, setError] = useState<string | null>(null);
  const mine = useRef(value);
  useEffect(() => {
    // Changed elsewhere: by undo, in the code, by another field.
    if (JSON.stringify(value) === JSON.stringify(mine.current)) return;
    mine.current = value;
    setText(textOf(value));
    setError(null);
  }, [value]);

  function change(typed: string): void {
    setText(typed);
    try {
      const parsed: unknown = typed.trim() === '' ? undefined : JSON.parse(typed);
      setError(null);
      if (JSON.stringify(parsed) === JSON.stringify(mine.current)) return;
      mine.current = parsed;
      onChange(parsed);
    } catch (problem) {
      setError(`It is not JSON yet, so it is not kept: ${(problem as Error).message}`);
    }
  }
  return <CodeField {...props} language="json" multiline value={text} onChange={change} error={error} />;
}

const textOf = (value: unknown): string => (value === undefined ? '' : JSON.stringify(value, null, INDENT));
