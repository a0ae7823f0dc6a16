// What is not saved yet, kept by the browser: a tab that is closed loses nothing. One draft for each workflow of a tenant,
// and one for what has no name yet.
import type { Definition } from '../../../engine/definition.ts';
import type { Design } from '../document/history.ts';
import { placesOf } from '../document/places.ts';

export interface Draft extends Design {
  /** The version it began with; null when it is new. */
  basedOn: number | null;
  /** Milliseconds since 1970. */
  at: number;
}

export interface Drafts {
  read(name: string): Draft | null;
  write(name: string, draft: Draft): void;
  remove(name: string): void;
}

/** Of a design without a workflow. No workflow is called so: a name is never empty. */
export const NEW = '';

type Kept = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export function createDrafts(tenantId: string, storage: Kept): Drafts {
  const key = (name: string) => `pawl.draft.${tenantId}.${name}`;
  return {
    read(name) {
      try {
        return readDraft(JSON.parse(storage.getItem(key(name)) ?? 'null'));
      } catch {
        return null;
      }
    },
    write(name, draft) {
      try {
        storage.setItem(key(name), JSON.stringify(draft));
      } catch {
        // Full, or forbidden: then leaving the page asks first, as it does anyway.
      }
    },
    remove(name) {
      try {
        storage.removeItem(key(name));
      } catch {
        // Forbidden: then nothing was kept.
      }
    },
  };
}

function readDraft(kept: unknown): Draft | null {
  const { definition, places, basedOn, at } = (kept ?? {}) as Partial<Draft>;
  if (typeof definition !== 'object' || definition === null || Array.isArray(definition)) return null;
  return {
    definition: definition as Definition,
    places: placesOf({ places }),
    basedOn: typeof basedOn === 'number' ? basedOn : null,
    at: typeof at === 'number' ? at : 0,
  };
}

/** For where a browser forbids storage: until the page is loaded again. */
const memory = new Map<string, string>();
const inMemory: Kept = {
  getItem: (name) => memory.get(name) ?? null,
  setItem: (name, value) => void memory.set(name, value),
  removeItem: (name) => void memory.delete(name),
};

export function draftsOf(tenantId: string): Drafts {
  try {
    return createDrafts(tenantId, globalThis.localStorage ?? inMemory);
  } catch {
    return createDrafts(tenantId, inMemory);
  }
}
