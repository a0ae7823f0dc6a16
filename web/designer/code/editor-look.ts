// How the editor looks: in the colours of the page, light and dark.
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const theme = EditorView.theme({
  '&': { height: '100%', fontSize: '12.5px', backgroundColor: 'var(--pawl-panel)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mantine-font-family-monospace)', lineHeight: '1.6' },
  '.cm-content': { caretColor: 'var(--mantine-color-text)' },
  '.cm-cursor': { borderLeftColor: 'var(--mantine-color-text)' },
  '.cm-gutters': {
    backgroundColor: 'var(--pawl-panel)',
    color: 'var(--mantine-color-dimmed)',
    border: 'none',
  },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'light-dark(#f6f6fb, #202228)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'light-dark(#d9d8fb, #3a3970) !important',
  },
  '.cm-panels': { backgroundColor: 'var(--pawl-canvas)', color: 'var(--mantine-color-text)' },
  '.cm-panels input, .cm-panels button': {
    backgroundColor: 'var(--pawl-panel)',
    backgroundImage: 'none',
    color: 'var(--mantine-color-text)',
    border: '1px solid var(--pawl-line)',
    borderRadius: '6px',
  },
  '.cm-tooltip': {
    backgroundColor: 'var(--pawl-panel)',
    color: 'var(--mantine-color-text)',
    border: '1px solid var(--pawl-line)',
    borderRadius: '8px',
    padding: '2px 4px',
  },
  '.cm-searchMatch': { backgroundColor: 'light-dark(#ffe8a3, #6b5413)' },
});

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: 'light-dark(#36338c, #b9b7f5)' },
  { tag: tags.string, color: 'light-dark(#17663b, #7fd6a6)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'light-dark(#9a4a00, #f0b078)' },
  { tag: tags.punctuation, color: 'var(--mantine-color-dimmed)' },
]);

export const editorLook = [theme, syntaxHighlighting(colours)];
