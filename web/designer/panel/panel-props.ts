// What the panel beside the canvas is given.
import type { Definition } from '../../../engine/definition.ts';
import type { Resource } from '../../api/client.ts';
import type { Edit } from '../document/edit.ts';

type Problem = Resource<'DefinitionProblem'>;

export interface PanelProps {
  /** The document as it is now. */
  definition: Definition;
  /** JSON pointer of the selected transition, state or invocation. */
  pointer: string;
  /** From the server's validator, all of the document. */
  problems: readonly Problem[];
  /** Its name when it is saved already. */
  workflow: string | null;
  readOnly: boolean;
  /** One undo step; edits with the same label within a second on the same pointer are merged by the document. */
  onEdit(edit: Edit): void;
  /** Selects something else, for instance after moving. */
  onSelect(pointer: string | null): void;
}
