// web/designer/document/edit.ts
import type { Definition } from '../../../engine/definition.ts';
/** A change as a pure function; null definition parts are never mutated. */
export interface Edit {
  label: string;
  apply(definition: Definition): Definition;
}
