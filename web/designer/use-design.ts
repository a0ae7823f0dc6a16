// The document that is open: its history, what is selected in it, and the draft that is kept of it.
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Definition } from '../../engine/definition.ts';
import type { Changed } from './document/changed.ts';
import type { Edit } from './document/edit.ts';
import { begin, type Design, type History, redo, step, undo } from './document/history.ts';
import { type Places, placesAfter } from './document/places.ts';
import { parentOf, stateOf, valueAt } from './document/pointers.ts';
import type { Drafts } from './saving/drafts.ts';
import type { Deed } from './spoken.ts';

export interface OpenDesign {
  definition: Definition;
  places: Places;
  selected: string | null;
  /** What was done last, but for what is typed. */
  deed: Deed | null;
  /** Something differs from what was opened or saved last. */
  changed: boolean;
  canUndo: boolean;
  canRedo: boolean;
  select(pointer: string | null): void;
  /** An edit of what is selected. */
  edit(edit: Edit): void;
  /** An edit that says what to select afterwards; `null` changes nothing. Answers what it made. */
  change(
    label: string,
    edit: (definition: Definition) => Changed | null,
    places?: (changed: Changed) => Places,
  ): Changed | null;
  put(places: Places): void;
  /** Whoever draws the document says where everything stands: an edit leaves it there. Null: nobody draws it. */
  stand(places: (() => Places) | null): void;
  undo(): void;
  redo(): void;
  /** Takes another document in the place of this one; undo goes back. */
  replace(label: string, design: Design): void;
  /** What is there now is what is saved, as this version. */
  saved(design: Design, basedOn: number | null): void;
  basedOn: number | null;
}

export interface Opened extends Design {
  basedOn: number | null;
  /** What the draft differs from; null when nothing is saved yet. */
  saved: Design | null;
}

interface State {
  history: History;
  selected: string | null;
  deed: Deed | null;
  saved: Design | null;
  basedOn: number | null;
}

/** A draft is written when nobody has typed for this long. */
const DRAFT_MS = 400;

export function useDesign(opened: Opened, drafts: Drafts, name: string): OpenDesign {
  const [state, setState] = useState<State>(() => ({
    history: begin({ definition: opened.definition, places: opened.places }),
    selected: null,
    deed: null,
    saved: opened.saved,
    basedOn: opened.basedOn,
  }));
  // Two edits in a row must not begin with the same document, however late the page is drawn.
  const latest = useRef(state);
  const { history, selected, deed, saved, basedOn } = state;
  const { now } = history;
  const changed = useMemo(() => !sameDesign(now, saved), [now, saved]);

  const actions = useMemo(() => {
    const set = (next: State): void => {
      latest.current = next;
      setState(next);
    };
    const take = (label: string, design: Design, pointer = latest.current.selected): void => {
      const before = latest.current;
      const at = performance.now();
      const after = step(before.history, design, { label, pointer: before.selected, at });
      set({ ...before, history: after, selected: nearest(design.definition, pointer) });
    };
    const move = (to: (history: History) => History, text: string): void => {
      const before = latest.current;
      const after = to(before.history);
      if (after.now === before.history.now) return;
      set({ ...before, history: after, selected: nearest(after.now.definition, before.selected) });
      say(text);
    };
    const say = (text: string): void => {
      const before = latest.current;
      set({ ...before, deed: { text, nth: (before.deed?.nth ?? 0) + 1 } });
    };
    const design = () => latest.current.history.now;
    let standing: (() => Places) | null = null;
    /** An edit leaves what is seen where it is. */
    const placesNow = (after: Definition): Places => {
      const { definition, places } = design();
      if (after === definition) return places;
      return placesAfter({ ...standing?.(), ...places }, definition, after);
    };
    return {
      select: (pointer: string | null) => set({ ...latest.current, selected: pointer }),
      edit({ label, apply }: Edit) {
        const after = apply(design().definition);
        take(label, { definition: after, places: placesNow(after) });
      },
      change(
        label: string,
        edit: (definition: Definition) => Changed | null,
        put?: (changed: Changed) => Places,
      ) {
        const made = edit(design().definition);
        if (!made) return null;
        const kept = placesNow(made.definition);
        take(label, { definition: made.definition, places: { ...kept, ...put?.(made) } }, made.pointer);
        say(`Done: ${label}`);
        return made;
      },
      put(places: Places) {
        take('Move', { definition: design().definition, places });
        say(Object.keys(places).length === 0 ? 'Arranged anew' : 'Moved');
      },
      stand(places: (() => Places) | null) {
        standing = places;
      },
      replace: (label: string, next: Design) => take(label, next),
      saved: (what: Design, version: number | null) =>
        set({ ...latest.current, saved: what, basedOn: version }),
      undo: () => move(undo, 'Undone'),
      redo: () => move(redo, 'Redone'),
    };
  }, []);

  useKeptDraft({ now, basedOn, changed, drafts, name });
  return {
    ...actions,
    definition: now.definition,
    places: now.places,
    selected,
    deed,
    changed,
    basedOn,
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
  };
}

/** Order of keys included: that of states and transitions means something. */
function sameDesign(now: Design, saved: Design | null): boolean {
  if (saved === null) return false;
  if (now.definition === saved.definition && now.places === saved.places) return true;
  const text = ({ definition, places }: Design) => JSON.stringify([definition, places]);
  return text(now) === text(saved);
}

/** What is selected, or the nearest state around it that is still there. */
function nearest(definition: Definition, pointer: string | null): string | null {
  if (pointer === null || pointer === '' || valueAt(definition, pointer) !== undefined) return pointer;
  for (let state: string | null = stateOf(pointer); state; state = parentOf(state)) {
    if (valueAt(definition, state) !== undefined) return state;
  }
  return null;
}

function useKeptDraft(kept: {
  now: Design;
  basedOn: number | null;
  changed: boolean;
  drafts: Drafts;
  name: string;
}): void {
  const newest = useRef(kept);
  newest.current = kept;
  const dirty = useRef(false);
  const { now, changed } = kept;

  const write = useCallback(() => {
    if (!dirty.current) return;
    dirty.current = false;
    const { now, basedOn, changed, drafts, name } = newest.current;
    if (changed) drafts.write(name, { ...now, basedOn, at: Date.now() });
    else drafts.remove(name);
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each change of the document waits anew
  useEffect(() => {
    dirty.current = true;
    const timer = setTimeout(write, DRAFT_MS);
    return () => clearTimeout(timer);
  }, [now, changed, write]);

  useEffect(() => {
    window.addEventListener('pagehide', write);
    return () => {
      window.removeEventListener('pagehide', write);
      write();
    };
  }, [write]);
}
