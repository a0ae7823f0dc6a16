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
  const change = (label: string, edit: (definition: Definition) => Changed | null) =>
    design.change(label, edit);
  const addIn = (parent: string) => {
    const made = change('Add a state', (now) => addState(now, parent));
    if (made) onRename(made.pointer);
  };
  const command = (
    id: string,
    label: string,
    group: Command['group'],
    enabled: boolean,
    run: () => void,
    ...keys: string[]
  ): Command => ({ id, label, group, enabled: enabled && !readOnly, run, ...(keys.length > 0 && { keys }) });

  return [
    command('add', 'Add a state', 'add', true, () => addIn(parentOf(state) ?? ''), 's'),
    command(
      'add-inside',
      'Add a state inside',
      'add',
      mayHaveStates(definition, state),
      () => addIn(state),
      'S',
    ),
    command(
      'lead',
      'Add a transition',
      'add',
      kind !== 'final' && kind !== 'history',
      () => onAsk({ what: 'lead', pointer: state }),
      't',
    ),
    command('rename', 'Rename', 'change', onState || onTransition, () => onRename(pointer), 'F2'),
    command(
      'initial',
      'Make it the first',
      'change',
      onState && kind !== 'history' && kindOf(stateAt(definition, parentOf(state) ?? '')) !== 'parallel',
      () => void change('Make it the first', (now) => makeInitial(now, state)),
      'i',
    ),
    command(
      'stay',
      'Answer an event and stay',
      'add',
      onState && kind !== 'final' && kind !== 'history',
      () => {
        const made = change('Answer an event', (now) => newTransition(now, state, null));
        if (made) onRename(made.pointer);
      },
    ),
    command(
      'move',
      'Move into another state',
      'change',
      onState,
      () => onAsk({ what: 'move', pointer: state }),
      'm',
    ),
    command('up', 'Move up among its siblings', 'change', onState, () => {
      change('Move up', (now) => shiftState(now, state, -1));
    }),
    command('down', 'Move down among its siblings', 'change', onState, () => {
      change('Move down', (now) => shiftState(now, state, 1));
    }),
    command(
      'duplicate',
      'Duplicate',
      'change',
      onState,
      () => void change('Duplicate', (now) => duplicated(now, state)),
      'd',
    ),
    ...KINDS.map(({ kind: other, label }) =>
      command(`kind-${other}`, label, 'kind', onState && kind !== other, () => {
        change(label, (now) => changeKind(now, state, other));
      }),
    ),
    {
      ...command(
        'delete',
        'Delete',
        'remove',
        onState || onTransition,
        () => remove(design, pointer, onAsk),
        'Delete',
      ),
      // What keyboards without a Delete key have.
      alsoKeys: ['Backspace'],
    },
  ];
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
