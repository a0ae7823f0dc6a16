// Keys that do something on a page: one, or two pressed one after the other. They never fire while somebody types.
import { useEffect } from 'react';

export interface Shortcut {
  keys: readonly string[];
  label: string;
  run(): void;
}

/** After this, the first key of two is forgotten. */
const PATIENCE_MS = 1_200;

/** Takes keys as they are pressed, and says which shortcut they complete. */
export function createSequence(): (key: string, at: number, known: readonly Shortcut[]) => Shortcut | null {
  let pressed: string[] = [];
  let pressedAt = 0;
  return (key, at, known) => {
    if (at - pressedAt > PATIENCE_MS) pressed = [];
    pressedAt = at;
    pressed.push(key);
    const begins = ({ keys }: Shortcut) => pressed.every((one, i) => keys[i] === one);
    // A key that goes on with nothing may begin something.
    if (!known.some(begins)) pressed = [key];
    const found = known.find((shortcut) => begins(shortcut) && shortcut.keys.length === pressed.length);
    if (found) pressed = [];
    return found ?? null;
  };
}

const known = new Set<readonly Shortcut[]>();
const press = createSequence();

/** For the help, which lists what holds on the page that is shown. */
export const knownShortcuts = (): Shortcut[] => [...known].flat();

/** @param shortcuts stable between renders, or they are registered anew each time */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  useEffect(() => {
    known.add(shortcuts);
    return () => void known.delete(shortcuts);
  }, [shortcuts]);
}

export function listenForShortcuts(): () => void {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target))
      return;
    // A dialog that is open has the keys to itself.
    if (document.querySelector('[role="dialog"]')) return;
    const found = press(event.key, event.timeStamp, knownShortcuts());
    if (!found) return;
    event.preventDefault();
    found.run();
  };
  document.addEventListener('keydown', onKeyDown);
  return () => document.removeEventListener('keydown', onKeyDown);
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
