// What every part of the panel works on, so that it need not be handed down through each of them.
import { createContext, type ReactNode, useContext, useMemo } from 'react';
import type { Scope } from '../../code/scope.ts';
import type { Edit } from '../document/edit.ts';
import { setValue } from './edits.ts';
import type { PanelProps, Problem } from './panel-props.ts';
import { type Side, scopeAt } from './scope.ts';

interface PanelContext extends PanelProps {
  /** Selects what was selected where it stands now: the same thing, so focus and what is half typed stay. */
  follow(pointer: string): void;
}

const Place = createContext<PanelContext | null>(null);

export function PanelPlace({ children, ...props }: PanelContext & { children: ReactNode }) {
  return <Place.Provider value={props}>{children}</Place.Provider>;
}

export function usePanel(): PanelContext & {
  /** Undefined takes it away. */
  put(label: string, pointer: string, value: unknown): void;
} {
  const place = useContext(Place);
  if (place === null) throw new Error('A part of the panel stands outside of it.');
  const put = (label: string, pointer: string, value: unknown): void => {
    const edit: Edit = setValue(label, pointer, value);
    place.onEdit(edit);
  };
  return { ...place, put };
}

export function useScope(pointer: string, side: Side): Scope {
  const { definition } = usePanel();
  return useMemo(() => scopeAt(definition, pointer, side), [definition, pointer, side]);
}

/** Of what stands there, and below it unless `alone`. */
export function useProblems(pointer: string, alone = false): readonly Problem[] {
  const { problems } = usePanel();
  return useMemo(
    () => problems.filter(({ pointer: at }) => at === pointer || (!alone && at.startsWith(`${pointer}/`))),
    [problems, pointer, alone],
  );
}
