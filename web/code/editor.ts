// The editor behind the panel's fields: CodeMirror with what CEL and templates need. No framework in here.
import {
  autocompletion,
  type Completion,
  type CompletionContext,
  closeBrackets,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import {
  ensureSyntaxTree,
  HighlightStyle,
  StreamLanguage,
  type StringStream,
  syntaxHighlighting,
} from '@codemirror/language';
import { type Diagnostic, setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState, type Extension, RangeSetBuilder } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  EditorView,
  keymap,
  placeholder,
  ViewPlugin,
  type ViewUpdate,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';
import type { Resource } from '../api/client.ts';
import { rangeOf } from './pointer-ranges.ts';
import { CEL_FUNCTIONS, type Scope, tagsOf } from './scope.ts';

export type Problem = Resource<'DefinitionProblem'>;
export type Language = 'cel' | 'template' | 'json';

export interface EditorOptions {
  parent: HTMLElement;
  text: string;
  language: Language;
  /** A line break is text like any other. */
  multiline: boolean;
  placeholder: string;
  attributes: Readonly<Record<string, string>>;
  readOnly: boolean;
  scope(): Scope;
  onChange(text: string): void;
}

export interface Editor {
  /** Puts another text in, unless it is there already. */
  show(text: string): void;
  lock(readOnly: boolean): void;
  /** @param pointer of the value that the text is, in JSON */
  mark(problems: readonly Problem[], pointer: string): void;
  focus(): void;
  close(): void;
}

export function createEditor(options: EditorOptions): Editor {
  const locked = new Compartment();
  let shown = false;
  const view = new EditorView({
    parent: options.parent,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        extensionsOf(options),
        locked.of(lock(options.readOnly)),
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !shown) options.onChange(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    show(text) {
      const { doc } = view.state;
      if (doc.toString() === text) return;
      shown = true;
      view.dispatch({ changes: { from: 0, to: doc.length, insert: text } });
      shown = false;
    },
    lock: (readOnly) => view.dispatch({ effects: locked.reconfigure(lock(readOnly)) }),
    mark: (problems, pointer) => {
      const find = options.language === 'json' ? jsonPlace(view.state, pointer) : expressionPlace(view.state);
      const found = problems.map((one) => ({ ...find(one), message: one.message, severity: one.severity }));
      view.dispatch(setDiagnostics(view.state, found satisfies Diagnostic[]));
    },
    focus: () => view.focus(),
    close: () => view.destroy(),
  };
}

const lock = (readOnly: boolean): Extension => [
  EditorState.readOnly.of(readOnly),
  EditorView.editable.of(!readOnly),
];

function extensionsOf({ language, multiline, attributes, scope, ...options }: EditorOptions): Extension {
  return [
    history(),
    closeBrackets(),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ ...attributes, spellcheck: 'false' }),
    placeholder(options.placeholder),
    autocompletion({ override: [language === 'cel' ? celCompletions(scope) : templateCompletions(scope)] }),
    multiline ? [] : ONE_LINE,
    keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap]),
    language === 'cel' ? CEL : language === 'json' ? json() : [],
    language === 'cel' ? [] : tagMarks(scope),
    syntaxHighlighting(COLOURS),
    LOOK,
  ];
}

const ONE_LINE: Extension = [
  EditorState.transactionFilter.of((transaction) => (transaction.newDoc.lines > 1 ? [] : transaction)),
  EditorView.clipboardInputFilter.of((text) => text.replaceAll(/\s*\n\s*/g, ' ')),
];

/** The server says where an expression breaks in words: `… (at character 7)`. */
const expressionPlace =
  ({ doc }: EditorState) =>
  ({ message }: Problem) => {
    const place = /\(at character (\d+)\)/.exec(message)?.[1];
    const from =
      place === undefined ? 0 : Math.min(Math.max(0, Number(place) - 1), Math.max(0, doc.length - 1));
    return { from, to: doc.length };
  };

/** A field holds little text; one that is not read in this time is marked as a whole. */
const READING_MS = 50;

const jsonPlace = (state: EditorState, at: string) => {
  const tree = ensureSyntaxTree(state, state.doc.length, READING_MS);
  return ({ pointer }: Problem) =>
    tree && pointer.startsWith(`${at}/`)
      ? rangeOf(tree, state.doc.toString(), pointer.slice(at.length))
      : { from: 0, to: state.doc.length };
};

function celCompletions(scope: () => Scope) {
  return (context: CompletionContext) => {
    const word = context.matchBefore(/[A-Za-z_][\w.]*|\.\w*/);
    if (!word && !context.explicit) return null;
    const text = word?.text ?? '';
    const from = word?.from ?? context.pos;
    const known = scope().variables.map(asCompletion);
    const dot = text.lastIndexOf('.');
    const isVariable = dot < 0 || known.some(({ label }) => label.startsWith(text.slice(0, dot + 1)));
    if (isVariable) {
      const plain = CEL_FUNCTIONS.filter(({ method }) => !method).map((one) => asCall(one.name));
      return { from, options: dot < 0 ? [...known, ...plain] : known, validFor: /^[\w.]*$/ };
    }
    const methods = CEL_FUNCTIONS.filter(({ method }) => method).map((one) => asCall(one.name));
    return { from: from + dot + 1, options: methods, validFor: /^\w*$/ };
  };
}

const asCall = (name: string): Completion => ({
  label: name,
  type: 'function',
  detail: '( )',
  apply(view, _, from, to) {
    view.dispatch({
      changes: { from, to, insert: `${name}()` },
      selection: { anchor: from + name.length + 1 },
    });
  },
});

const asCompletion = ({ path, detail }: { path: string; detail: string }): Completion => ({
  label: path,
  detail,
  type: 'variable',
});

/** Inside a tag that was opened and not closed before the cursor. */
function templateCompletions(scope: () => Scope) {
  return (context: CompletionContext) => {
    const open = context.matchBefore(/(?:<<|\{\{)[#^]?\s*[\w.]*/);
    if (!open) return null;
    const head = /^(?:<<|\{\{)[#^]?\s*/.exec(open.text)?.[0].length ?? 2;
    const close = open.text.startsWith('<<') ? '>>' : '}}';
    const options = scope().variables.map(
      ({ path, detail }): Completion => ({
        label: path,
        detail,
        type: 'variable',
        apply(view, _, from, to) {
          const rest = view.state.sliceDoc(to, to + close.length);
          const insert = rest === close ? path : path + close;
          view.dispatch({
            changes: { from, to, insert },
            selection: { anchor: from + path.length + close.length },
          });
        },
      }),
    );
    return { from: open.from + head, options, validFor: /^[\w.]*$/ };
  };
}

/** Tags stand out; one that names nothing that can be there is underlined. */
function tagMarks(scope: () => Scope): Extension {
  const marksOf = (view: EditorView): DecorationSet => {
    const builder = new RangeSetBuilder<Decoration>();
    const { isKnown } = scope();
    for (const { from, to, path } of tagsOf(view.state.doc.toString())) {
      builder.add(from, to, isKnown(path) ? KNOWN_TAG : unknownTag(path));
    }
    return builder.finish();
  };
  return ViewPlugin.fromClass(
    class {
      decorations: DecorationSet;
      constructor(view: EditorView) {
        this.decorations = marksOf(view);
      }
      update(update: ViewUpdate) {
        if (update.docChanged || update.transactions.length > 0) this.decorations = marksOf(update.view);
      }
    },
    { decorations: (plugin) => plugin.decorations },
  );
}

const KNOWN_TAG = Decoration.mark({ class: 'pawl-tag' });
const unknownTag = (path: string) =>
  Decoration.mark({ class: 'pawl-tag-unknown', attributes: { title: `Nothing here is called ${path}` } });

const CEL = StreamLanguage.define({
  token(stream: StringStream) {
    if (stream.eatSpace()) return null;
    if (stream.match(/^(?:"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?)/)) return 'string';
    if (stream.match(/^\d+(?:\.\d+)?(?:[eE][+-]?\d+)?u?/)) return 'number';
    if (stream.match(/^(?:true|false|null|in)\b/)) return 'atom';
    if (stream.match(/^[A-Za-z_]\w*(?=\s*\()/)) return 'keyword';
    if (stream.match(/^[A-Za-z_]\w*/)) return 'variableName';
    stream.next();
    return 'operator';
  },
});

const COLOURS = HighlightStyle.define([
  { tag: tags.string, color: 'light-dark(#146144, #8fd9b6)' },
  { tag: [tags.number, tags.atom, tags.bool, tags.null], color: 'light-dark(#8f3d00, #f2b482)' },
  { tag: [tags.keyword, tags.propertyName], color: 'light-dark(#3a39a0, #b3b1f5)' },
]);

const LOOK = EditorView.theme({
  '&': {
    border: '1px solid var(--mantine-color-default-border)',
    borderRadius: 'var(--mantine-radius-md)',
    background: 'var(--mantine-color-default)',
    fontSize: '0.8rem',
  },
  '&.cm-focused, &:focus-within': { outline: '2px solid var(--pawl-lit)', outlineOffset: '-1px' },
  '.cm-scroller': {
    fontFamily: 'var(--mantine-font-family-monospace)',
    lineHeight: '1.55',
    maxHeight: '320px',
  },
  '.cm-content': { padding: '6px 0', caretColor: 'var(--mantine-color-text)' },
  '.cm-line': { padding: '0 10px' },
  '.cm-cursor': { borderLeftColor: 'var(--mantine-color-text)' },
  '.cm-placeholder': { color: 'var(--mantine-color-placeholder)' },
  '.pawl-tag': {
    color: 'light-dark(#4340ad, #c8c7f6)',
    background: 'light-dark(#eeedfd, #2c2b4a)',
    borderRadius: '3px',
  },
  '.pawl-tag-unknown': {
    color: 'light-dark(#a61e1e, #ffa8a8)',
    background: 'light-dark(#fdeeee, #43262a)',
    textDecoration: 'underline wavy',
    textUnderlineOffset: '3px',
    borderRadius: '3px',
  },
  '.cm-tooltip': {
    background: 'var(--pawl-panel)',
    border: '1px solid var(--pawl-line)',
    borderRadius: '8px',
    boxShadow: 'var(--mantine-shadow-md)',
    color: 'var(--mantine-color-text)',
    zIndex: '400',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': {
    fontFamily: 'var(--mantine-font-family-monospace)',
    fontSize: '0.78rem',
  },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { background: 'var(--pawl-lit)', color: '#fff' },
  '.cm-completionDetail': { fontStyle: 'normal', opacity: '0.75' },
  '.cm-diagnostic': { fontSize: '0.8rem' },
});
