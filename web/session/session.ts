// Who is signed in: somebody by the cookie of a session, which no script can read, or whoever holds an API key that this tab
// keeps. Pages ask this alone.
import { endSession } from './door.ts';

export interface Session {
  /** `asking` until it is known whether there is a cookie. Whether a key is valid, only `GET /me` says. */
  by(): 'asking' | 'nobody' | 'key' | 'cookie';
  /** What a request must carry so that the API knows who asks, and for which organisation. */
  headers(): Readonly<Record<string, string>>;
  /** With an API key. */
  signIn(apiKey: string): void;
  /** There is a cookie now, or there is none. A key that was kept is forgotten for a cookie. */
  hasCookie(has: boolean): void;
  /** The organisation that this tab works for; null: the one the server thinks of. */
  choose(tenantId: string | null): void;
  /** @throws ApiProblem when the server does not end the session: somebody is signed in still */
  signOut(): Promise<void>;
  /** Tells that the API no longer takes it. */
  refused(): void;
  /** What ended so, while nobody has signed in since. */
  wasRefused(): 'key' | 'cookie' | null;
  /** @returns ends the subscription */
  subscribe(onChange: () => void): () => void;
}

type Kept = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const KEY = 'pawl.api-key';
const TENANT = 'pawl.tenant';

/**
 * @param storage of this tab alone: closing it forgets a key
 * @param endCookie has the server end the session of the cookie
 */
export function createSession(storage: Kept, endCookie: () => Promise<void>): Session {
  const listeners = new Set<() => void>();
  let cookie: boolean | null = null;
  let refused: 'key' | 'cookie' | null = null;

  function by() {
    if (storage.getItem(KEY) !== null) return 'key';
    if (cookie === null) return 'asking';
    return cookie ? 'cookie' : 'nobody';
  }

  function change(what: () => void) {
    what();
    for (const listener of listeners) listener();
  }

  function forget() {
    storage.removeItem(KEY);
    storage.removeItem(TENANT);
    cookie = false;
  }

  return {
    by,
    headers(): Record<string, string> {
      const key = storage.getItem(KEY);
      if (key !== null) return { Authorization: `Bearer ${key}` };
      if (cookie !== true) return {};
      const tenant = storage.getItem(TENANT);
      return { 'X-Pawl-Request': '1', ...(tenant !== null && { 'X-Pawl-Tenant': tenant }) };
    },
    signIn: (apiKey) =>
      change(() => {
        storage.removeItem(TENANT);
        storage.setItem(KEY, apiKey.trim());
        refused = null;
      }),
    hasCookie: (has) =>
      change(() => {
        if (has) {
          storage.removeItem(KEY);
          refused = null;
        }
        cookie = has;
      }),
    choose: (tenantId) =>
      change(() => (tenantId === null ? storage.removeItem(TENANT) : storage.setItem(TENANT, tenantId))),
    async signOut() {
      if (by() === 'cookie') await endCookie();
      change(forget);
    },
    refused() {
      const was = by();
      if (was !== 'key' && was !== 'cookie') return;
      refused = was;
      change(forget);
    },
    wasRefused: () => refused,
    subscribe(onChange) {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
  };
}

/**
 * What a link such as `/#key=pawl_…` carries, which `npm start` prints, or `/invitation#token=…`. A fragment reaches no
 * server and no log; whoever takes a key out of the address must also take it out of the history.
 */
export function readFragment(hash: string, name: 'key' | 'token'): string | null {
  return new URLSearchParams(hash.replace(/^#/, '')).get(name);
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

export const session = createSession(tabStorage(), endSession);
