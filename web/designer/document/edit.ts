// What panels and commands hand to the document.
import type { Definition } from '../../../engine/definition.ts';

/** A change as a pure function: what it is given stays as it is. */
export interface Edit {
  label: string;
  apply(definition: Definition): Definition;
}
