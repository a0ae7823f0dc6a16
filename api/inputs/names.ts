// What things may be called. Pure: requests are read by it, and so are files before they become requests (as-code/kinds.ts).
import { z } from 'zod';

const NAME_CHARS_MAX = 200;
const PRINCIPAL_ID_CHARS_MAX = 255;

export const name = z.string().trim().min(1).max(NAME_CHARS_MAX);

/** Of whom perhaps nothing here knows: the `sub` of a token, a name in its groups. */
export const principalId = z
  .string()
  .min(1)
  .max(PRINCIPAL_ID_CHARS_MAX)
  .regex(/^\P{Cc}*$/u, 'must hold no control characters');
