// What the parts of the canvas ask of it. Stable, so that no part is drawn anew for it.
import { createContext, type PointerEvent, useContext } from 'react';

/** Which end of which line is being drawn. */
export type LineDrag = { what: 'new'; source: string } | { what: 'source' | 'target'; transition: string };

export interface CanvasActions {
  readOnly: boolean;
  select(pointer: string): void;
  /** Opens the field for the name of a state, or for what a transition hears. */
  rename(pointer: string): void;
  /** Why it cannot be called so; null when it can. */
  refused(pointer: string, text: string): string | null;
  /** `null`: leave it as it is. */
  renamed(pointer: string, text: string | null): void;
  startLine(drag: LineDrag, event: PointerEvent): void;
  /** Gives the keyboard back to the canvas. */
  focus(): void;
}

const nothing = () => {};

export const CanvasContext = createContext<CanvasActions>({
  readOnly: true,
  select: nothing,
  rename: nothing,
  refused: () => null,
  renamed: nothing,
  startLine: nothing,
  focus: nothing,
});

export const useCanvas = () => useContext(CanvasContext);
