// Who is signed in. Today by an API key that this tab keeps; a session cookie needs no header, and slots in here.

export interface Session {
  /** What a request must carry so that the API knows who asks. */
  headers(): Readonly<Record<string, string>>;
  /** True when there is something to be known by; whether it is valid, only `GET /me` says. */
  exists(): boolean;
  signIn(apiKey: string): void;
  signOut(): void;
  /** Tells that the API no longer takes it. */
  refused(): void;
  /** It ended so, and nobody has signed in since. */
  wasRefused(): boolean;
  /** @returns ends the subscription */
  subscribe(onChange: () => void): () => void;
}

type Kept = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const NAME = 'pawl.api-key';

/** @param storage of this tab alone: closing it signs out */
export function createSession(storage: Kept): Session {
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  const read = () => storage.getItem(NAME);
  let refused = false;

  function forget() {
    if (read() === null) return;
    storage.removeItem(NAME);
    tell();
  }

  return {
    headers(): Record<string, string> {
      const key = read();
      return key === null ? {} : { Authorization: `Bearer ${key}` };
    },
    exists: () => read() !== null,
    signIn(apiKey) {
      storage.setItem(NAME, apiKey.trim());
      refused = false;
      tell();
    },
    signOut: forget,
    refused() {
      refused = read() !== null;
      forget();
    },
    wasRefused: () => refused,
    subscribe(onChange) {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
  };
}

/**
 * The key in a link such as `/#key=pawl_…`, which `npm start` prints. A fragment reaches no server and no log; whoever
 * takes it out of the address must also take it out of the history.
 */
export function keyOfFragment(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, '')).get('key');
}

/** For where a browser forbids storage: until the page is loaded again. */
function inMemory(): Kept {
  const kept = new Map<string, string>();
  return {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => void kept.set(name, value),
    removeItem: (name) => void kept.delete(name),
  };
}

function tabStorage(): Kept {
  try {
    return globalThis.sessionStorage ?? inMemory();
  } catch {
    return inMemory();
  }
}

export const session = createSession(tabStorage());
