// Everything that can be done to the document, by name and by key: the toolbar, the menu and the keyboard run the same.
import type { Definition } from '../../../engine/definition.ts';
import type { StateKind } from '../../machine/graph.ts';
import type { Changed } from '../document/changed.ts';
import { duplicated } from '../document/clipboard.ts';
import { isState, isWithin, keyOf, parentOf, stateAt, stateOf } from '../document/pointers.ts';
import {
  addState,
  changeKind,
  deleteState,
  incoming,
  kindOf,
  makeInitial,
  mayHaveStates,
  shiftState,
} from '../document/states.ts';
import { isTransition, newTransition, removeTransition } from '../document/transitions.ts';
import type { OpenDesign } from '../use-design.ts';

/** What has to be asked before something can be done. */
export type Question = { what: 'lead' | 'move' | 'delete'; pointer: string };

export interface Command {
  id: string;
  label: string;
  /** Pressed one after the other, while nobody types. */
  keys?: readonly string[];
  alsoKeys?: readonly string[];
  group: 'add' | 'change' | 'kind' | 'remove';
  enabled: boolean;
  run(): void;
}

const KINDS: readonly { kind: StateKind; label: string }[] = [
  { kind: 'atomic', label: 'Plain state' },
  { kind: 'compound', label: 'State with states inside' },
  { kind: 'parallel', label: 'Parallel state' },
  { kind: 'final', label: 'Final state' },
  { kind: 'history', label: 'History state' },
];

export function commandsFor({
  design,
  readOnly,
  onAsk,
  onRename,
}: {
  design: OpenDesign;
  readOnly: boolean;
  onAsk(question: Question): void;
  onRename(pointer: string): void;
}): Command[] {
  const { definition, selected } = design;
  const pointer = selected ?? '';
  const onState = selected !== null && selected !== '' && isState(selected);
  const onTransition = selected !== null && isTransition(selected);
  const state = stateOf(pointer);
  const kind = kindOf(stateAt(definition, state));
  const kindAround = kindOf(stateAt(definition, parentOf(state) ?? ''));
  const leads = kind !== 'final' && kind !== 'history';
  const change = (label: string, edit: (definition: Definition) => Changed | null) =>
    design.change(label, edit);
  const addIn = (parent: string) => {
    const made = change('Add a state', (now) => addState(now, parent));
    if (made) onRename(made.pointer);
  };

  const commands: Command[] = [
    {
      id: 'add',
      label: 'Add a state',
      keys: ['s'],
      group: 'add',
      enabled: true,
      run: () => addIn(parentOf(state) ?? ''),
    },
    {
      id: 'add-inside',
      label: 'Add a state inside',
      keys: ['S'],
      group: 'add',
      enabled: mayHaveStates(definition, state),
      run: () => addIn(state),
    },
    {
      id: 'lead',
      label: 'Add a transition',
      keys: ['t'],
      group: 'add',
      enabled: leads,
      run: () => onAsk({ what: 'lead', pointer: state }),
    },
    {
      id: 'rename',
      label: 'Rename',
      keys: ['F2'],
      group: 'change',
      enabled: onState || onTransition,
      run: () => onRename(pointer),
    },
    {
      id: 'initial',
      label: 'Make it the first',
      keys: ['i'],
      group: 'change',
      enabled: onState && kind !== 'history' && kindAround !== 'parallel',
      run: () => change('Make it the first', (now) => makeInitial(now, state)),
    },
    {
      id: 'stay',
      label: 'Answer an event and stay',
      group: 'add',
      enabled: onState && leads,
      run() {
        const made = change('Answer an event', (now) => newTransition(now, state, null));
        if (made) onRename(made.pointer);
      },
    },
    {
      id: 'move',
      label: 'Move into another state',
      keys: ['m'],
      group: 'change',
      enabled: onState,
      run: () => onAsk({ what: 'move', pointer: state }),
    },
    {
      id: 'up',
      label: 'Move up among its siblings',
      group: 'change',
      enabled: onState,
      run: () => change('Move up', (now) => shiftState(now, state, -1)),
    },
    {
      id: 'down',
      label: 'Move down among its siblings',
      group: 'change',
      enabled: onState,
      run: () => change('Move down', (now) => shiftState(now, state, 1)),
    },
    {
      id: 'duplicate',
      label: 'Duplicate',
      keys: ['d'],
      group: 'change',
      enabled: onState,
      run: () => change('Duplicate', (now) => duplicated(now, state)),
    },
    ...KINDS.map(
      ({ kind: other, label }): Command => ({
        id: `kind-${other}`,
        label,
        group: 'kind',
        enabled: onState && kind !== other,
        run: () => change(label, (now) => changeKind(now, state, other)),
      }),
    ),
    {
      id: 'delete',
      label: 'Delete',
      keys: ['Delete'],
      // What keyboards without a Delete key have.
      alsoKeys: ['Backspace'],
      group: 'remove',
      enabled: onState || onTransition,
      run: () => remove(design, pointer, onAsk),
    },
  ];
  return readOnly ? commands.map((command) => ({ ...command, enabled: false })) : commands;
}

/** At once where nothing led to it; else somebody is asked what becomes of what did. */
function remove(design: OpenDesign, pointer: string, onAsk: (question: Question) => void): void {
  if (isTransition(pointer)) {
    design.change('Delete', (now) => ({
      definition: removeTransition(now, pointer),
      pointer: stateOf(pointer),
    }));
  } else if (incoming(design.definition, pointer).some(({ source }) => !isWithin(source, pointer))) {
    onAsk({ what: 'delete', pointer });
  } else {
    design.change('Delete', (now) => deleteState(now, pointer, { what: 'keep' }));
  }
}

export const titleOf = (pointer: string): string => keyOf(pointer) || 'the machine';
