// What a trigger is for and does. Pure, as names.ts is.
import { z } from 'zod';
import { name } from './names.ts';

const EVENT_TYPES_MAX = 50;
const EXPRESSION_CHARS_MAX = 4_096;
const TEMPLATE_CHARS_MAX = 65_536;
const EVENT_TYPE_CHARS_MAX = 200;
const POSITION_MAX = 1_000_000;

export const eventTypes = z.array(name).min(1).max(EVENT_TYPES_MAX);
/** Of CEL. */
export const expression = z.string().min(1).max(EXPRESSION_CHARS_MAX);
/** One that comes to an object. */
export const template = z.string().max(TEMPLATE_CHARS_MAX);
/** Of what is sent to a job. */
export const jobEventType = z.string().min(1).max(EVENT_TYPE_CHARS_MAX);
export const position = z.int().min(0).max(POSITION_MAX);
