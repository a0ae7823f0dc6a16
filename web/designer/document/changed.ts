// What an edit of states or transitions gives back.
import type { Definition } from '../../../engine/definition.ts';

export interface Changed {
  definition: Definition;
  /** What to select: where what was changed stands now. */
  pointer: string;
}
