// What is said of a workflow beside its definition. Pure, as names.ts is.
import { z } from 'zod';
import { UUID } from '../../engine/uuid.ts';

const NAME_CHARS_MAX = 100;
const DESCRIPTION_CHARS_MAX = 4_000;

/** Names stand in paths and in definitions; one that looks like an id would hide the workflow of that id. */
export const workflowName = z
  .string()
  .min(1)
  .max(NAME_CHARS_MAX)
  .regex(
    /^(?! )[^\p{C}/\\?#%]+(?<! )$/u,
    'must not contain / \\ ? # % or control characters, nor begin or end with a space',
  )
  .refine((text) => !UUID.test(text.toLowerCase()), 'must not look like an id');

export const workflowDescription = z.string().max(DESCRIPTION_CHARS_MAX);
