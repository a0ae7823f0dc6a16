// What a person tries a workflow with: a context and a payload for each event, kept in this browser for each workflow.
import type { Definition } from '../../../engine/definition.ts';
import { eventKeys } from './scope.ts';

export interface Samples {
  /** JSON, as it was typed. */
  context: string;
  /** By event type. */
  payloads: Readonly<Record<string, string>>;
}

const PREFIX = 'pawl.samples.';
const NONE: Samples = { context: '', payloads: {} };

export function readSamples(workflow: string | null): Samples {
  try {
    const kept = localStorage.getItem(PREFIX + (workflow ?? ''));
    return kept === null ? NONE : { ...NONE, ...(JSON.parse(kept) as Samples) };
  } catch {
    return NONE;
  }
}

/** A browser that keeps nothing is no reason to fail. */
export function keepSamples(workflow: string | null, samples: Samples): void {
  try {
    localStorage.setItem(PREFIX + (workflow ?? ''), JSON.stringify(samples));
  } catch {}
}

/** The payload to try an event with, before somebody has written one: a value for each key that is read of it. */
export function firstPayload(definition: Definition, type: string): string {
  const keys = eventKeys(definition, type);
  if (keys.length === 0) return '';
  return JSON.stringify(Object.fromEntries(keys.map((key) => [key, 1])));
}
