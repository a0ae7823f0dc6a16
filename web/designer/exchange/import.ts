// A text that somebody brings along, as a definition: ours, a machine of XState, or a state diagram of Mermaid.
import type { Definition } from '../../../engine/definition.ts';
import type { Imported } from './imported.ts';
import { fromMermaid } from './mermaid.ts';
import { fromXState } from './xstate.ts';

export type ImportResult = { ok: true; imported: Imported; from: string } | { ok: false; message: string };

export function importText(text: string): ImportResult {
  if (/^\s*(?:---[\s\S]*?---\s*)?stateDiagram/.test(text)) {
    return { ok: true, imported: fromMermaid(text), from: 'Mermaid' };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = (error as Error).message;
    return { ok: false, message: `It is neither JSON (${why}) nor a stateDiagram of Mermaid.` };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, message: 'A definition is a JSON object.' };
  }
  // What the API answers for a version is a definition with things around it.
  const { definition = value } = value as { definition?: object };
  if (isXState(definition)) {
    return { ok: true, imported: fromXState(definition as Record<string, unknown>), from: 'XState' };
  }
  return { ok: true, imported: { definition: definition as Definition, notes: [] }, from: 'JSON' };
}

/** By how it writes actions and guards: the rest is the same in both. */
function isXState(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const isName = (one: unknown): boolean =>
    typeof one === 'string' ||
    (typeof one === 'object' && one !== null && 'type' in one && !('action_type' in one));
  return Object.entries(value).some(([key, member]) => {
    const list = Array.isArray(member) ? member : [member];
    if (key === 'actions' || key === 'entry' || key === 'exit') return list.some(isName);
    if (key === 'guard') return typeof member === 'object';
    if (key === 'params' || key === 'context' || key === 'meta') return false;
    return key === 'cond' || isXState(member);
  });
}
