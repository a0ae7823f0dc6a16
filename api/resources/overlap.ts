// For how long what a rotation replaces goes on to hold.
import { z } from '@hono/zod-openapi';

/** Also of a rotation that came without a body. */
export const OVERLAP_HOURS = 24;
const OVERLAP_HOURS_MAX = 24 * 7;

export const overlapHours = (description: string) =>
  z.number().min(0).max(OVERLAP_HOURS_MAX).default(OVERLAP_HOURS).openapi({ description });
