// What is read from another notation.
import type { Definition } from '../../../engine/definition.ts';

export interface Imported {
  definition: Definition;
  /** What could not be taken over, a sentence each. */
  notes: readonly string[];
}
