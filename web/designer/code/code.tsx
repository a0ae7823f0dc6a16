// The definition as JSON, both ways in sync with the rest. Text that is no JSON object is kept here, and told, while the
// document stays what it last was.
import { closeBrackets } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import { bracketMatching, ensureSyntaxTree, foldGutter, foldKeymap } from '@codemirror/language';
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import type { Definition } from '../../../engine/definition.ts';
import { rangeOf } from '../../code/pointer-ranges.ts';
import type { Problem } from '../designer-requests.ts';
import classes from './code.module.css';
import { editorLook } from './editor-look.ts';

export interface CodeProps {
  definition: Definition;
  problems: readonly Problem[];
  /** What is shown first, and whenever it changes. */
  pointer: string | null;
  readOnly: boolean;
  /** Text of before that is no definition yet; null: there is none. */
  unread: string | null;
  onUnread(text: string | null): void;
  onChange(definition: Definition): void;
}

const INDENT = 2;
/** Parsing more than this at once would be felt. */
const PARSE_MS = 200;

export function Code({ definition, problems, pointer, readOnly, unread, onUnread, onChange }: CodeProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  /** What the text says, when it says something: by this the editor knows its own changes again. */
  const said = useRef(definition);
  const changed = useRef({ onChange, onUnread });
  changed.current = { onChange, onUnread };
  const [refused, setRefused] = useState(() => refusalOf(unread));
  const locked = useRef(new Compartment());

  // biome-ignore lint/correctness/useExhaustiveDependencies: made once; what changes later is told to it below
  useEffect(() => {
    const state = EditorState.create({
      doc: unread ?? JSON.stringify(definition, null, INDENT),
      extensions: [
        ...EDITING,
        locked.current.of(EditorState.readOnly.of(readOnly)),
        EditorView.updateListener.of(({ docChanged, state: now }) => {
          if (!docChanged) return;
          const text = now.doc.toString();
          const read = readDefinition(text);
          setRefused(read.ok ? null : read.message);
          changed.current.onUnread(read.ok ? null : text);
          if (!read.ok || JSON.stringify(read.definition) === JSON.stringify(said.current)) return;
          said.current = read.definition;
          changed.current.onChange(read.definition);
        }),
      ],
    });
    const made = new EditorView({ state, parent: host.current as HTMLDivElement });
    view.current = made;
    return () => {
      made.destroy();
      view.current = null;
    };
  }, []);

  useEffect(() => {
    view.current?.dispatch({ effects: locked.current.reconfigure(EditorState.readOnly.of(readOnly)) });
  }, [readOnly]);

  // Changed elsewhere: only what differs is replaced, so that the cursor stays where it was.
  useEffect(() => {
    const editor = view.current;
    if (!editor || said.current === definition) return;
    said.current = definition;
    editor.dispatch({
      changes: difference(editor.state.doc.toString(), JSON.stringify(definition, null, INDENT)),
    });
  }, [definition]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: marks of another text would stand elsewhere
  useEffect(() => {
    const editor = view.current;
    if (editor) editor.dispatch(setDiagnostics(editor.state, diagnosticsOf(editor, problems)));
  }, [problems, definition]);

  useEffect(() => {
    const editor = view.current;
    if (!editor || pointer === null) return;
    const { from } = placeOf(editor, pointer);
    editor.dispatch({
      selection: { anchor: from },
      effects: EditorView.scrollIntoView(from, { y: 'center' }),
    });
  }, [pointer]);

  return (
    <div className={classes.code}>
      {refused !== null && (
        <Text size="sm" className={classes.refused} role="alert">
          {refused} The rest of the designer shows what it last said.
        </Text>
      )}
      <div ref={host} className={classes.host} />
    </div>
  );
}

const EDITING = [
  lineNumbers(),
  foldGutter(),
  lintGutter(),
  history(),
  drawSelection(),
  bracketMatching(),
  closeBrackets(),
  highlightActiveLine(),
  highlightActiveLineGutter(),
  highlightSelectionMatches(),
  search({ top: true }),
  json(),
  keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, ...foldKeymap, indentWithTab]),
  EditorView.contentAttributes.of({ 'aria-label': 'Definition', tabindex: '0' }),
  EditorView.lineWrapping,
  ...editorLook,
];

type Read = { ok: true; definition: Definition } | { ok: false; message: string };

function readDefinition(text: string): Read {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return { ok: true, definition: value as Definition };
    }
    return { ok: false, message: 'A definition is a JSON object: { … }.' };
  } catch (error) {
    return { ok: false, message: `This is not JSON: ${(error as Error).message}.` };
  }
}

function refusalOf(text: string | null): string | null {
  const read = text === null ? null : readDefinition(text);
  return read === null || read.ok ? null : read.message;
}

function difference(before: string, after: string): { from: number; to: number; insert: string } {
  let from = 0;
  while (from < before.length && from < after.length && before[from] === after[from]) from++;
  let [to, end] = [before.length, after.length];
  while (to > from && end > from && before[to - 1] === after[end - 1]) {
    to--;
    end--;
  }
  return { from, to, insert: after.slice(from, end) };
}

function placeOf({ state }: EditorView, pointer: string) {
  const tree = ensureSyntaxTree(state, state.doc.length, PARSE_MS);
  return tree ? rangeOf(tree, state.doc.toString(), pointer) : { from: 0, to: 0 };
}

const diagnosticsOf = (editor: EditorView, problems: readonly Problem[]): Diagnostic[] =>
  problems.map(({ pointer, message, severity }) => ({ ...placeOf(editor, pointer), severity, message }));
