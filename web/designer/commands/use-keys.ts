// The keyboard of the designer: single keys as listed under `?`, and what every editor has with Ctrl or ⌘.
import { useEffect, useMemo, useRef } from 'react';
import { type Shortcut, useShortcuts } from '../../shell/shortcuts.ts';
import { copied, pasted } from '../document/clipboard.ts';
import { isState } from '../document/pointers.ts';
import { deleteState } from '../document/states.ts';
import { isTransition, removeTransition } from '../document/transitions.ts';
import type { OpenDesign } from '../use-design.ts';
import type { Command } from './commands.ts';

export function useKeys(given: {
  design: OpenDesign;
  commands: readonly Command[];
  readOnly: boolean;
  /** Whether what is selected is to be seen: else no key may change it. */
  drawn: boolean;
  onSave(): void;
}): void {
  const latest = useRef(given);
  latest.current = given;

  const known = given.commands.flatMap(({ id, label, keys, alsoKeys }) =>
    [keys, alsoKeys].flatMap((one) => (one ? [{ id, label, keys: one }] : [])),
  );
  const names = known.map(({ id }) => id).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: registered once for each set of commands
  const shortcuts = useMemo<Shortcut[]>(
    () =>
      known.map(({ id, label, keys }) => ({
        keys,
        label,
        run: () => {
          const command = latest.current.commands.find((one) => one.id === id);
          if (command?.enabled && latest.current.drawn) command.run();
        },
      })),
    [names],
  );
  useShortcuts(shortcuts);

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.defaultPrevented) return;
      const { design, readOnly, onSave } = latest.current;
      const key = event.key.toLowerCase();
      if (key === 's' && !readOnly) {
        event.preventDefault();
        onSave();
        return;
      }
      // What a dialog asks is about the document as it is behind it.
      if (isTyping(event.target) || readOnly || isAsked()) return;
      const run =
        key === 'y' || (key === 'z' && event.shiftKey) ? design.redo : key === 'z' ? design.undo : null;
      if (!run) return;
      event.preventDefault();
      run();
    };
    const onCopy = (event: ClipboardEvent) => {
      const { design, readOnly, drawn } = latest.current;
      const { definition, selected } = design;
      if (
        !drawn ||
        isAsked() ||
        isTyping(event.target) ||
        selected === null ||
        window.getSelection()?.isCollapsed === false
      )
        return;
      const text = copied(definition, selected);
      if (text === null) return;
      event.clipboardData?.setData('text/plain', text);
      event.preventDefault();
      if (event.type === 'cut' && !readOnly) cut(design, selected);
    };
    const onPaste = (event: ClipboardEvent) => {
      const { design, readOnly, drawn } = latest.current;
      const text = event.clipboardData?.getData('text/plain') ?? '';
      if (readOnly || !drawn || isAsked() || isTyping(event.target)) return;
      if (design.change('Paste', (now) => pasted(now, text, design.selected))) event.preventDefault();
    };
    document.addEventListener('keydown', onKeyDown);
    document.addEventListener('copy', onCopy);
    document.addEventListener('cut', onCopy);
    document.addEventListener('paste', onPaste);
    return () => {
      document.removeEventListener('keydown', onKeyDown);
      document.removeEventListener('copy', onCopy);
      document.removeEventListener('cut', onCopy);
      document.removeEventListener('paste', onPaste);
    };
  }, []);
}

function cut(design: OpenDesign, pointer: string): void {
  if (isTransition(pointer)) {
    design.edit({ label: 'Cut', apply: (now) => removeTransition(now, pointer) });
  } else if (isState(pointer)) {
    // What led there is listed as a problem until it is pasted again.
    design.change('Cut', (now) => deleteState(now, pointer, { what: 'keep' }));
  }
}

/** The panel of small screens is a dialog too, but asks nothing. */
const isAsked = (): boolean => document.querySelector('.mantine-Modal-content') !== null;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
