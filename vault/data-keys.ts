// The data keys of tenants, unwrapped when they are needed and remembered for a while. Credentials are encrypted under
// these alone, so deleting them makes everything a tenant stored unreadable, wherever it was copied.
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { v7 } from 'uuid';
import { PawlError } from '../engine/errors.ts';
import type { KeyRing } from './key-ring.ts';
import type { MasterKeys, WrappedKey } from './master-keys.ts';
import type { NamedKey } from './seal.ts';

export interface StoredDataKey extends WrappedKey {
  id: string;
  /** From 1, each once in a tenant; the highest encrypts. */
  generation: number;
}

/** Where the wrapped keys are kept. */
export interface DataKeyStore {
  /** Newest first. */
  list(tenantId: string): Promise<readonly StoredDataKey[]>;
  /** @returns false when somebody else made this generation first */
  insert(tenantId: string, key: StoredDataKey): Promise<boolean>;
}

/** Codes by which `find` says that a key is not there: what names it may have been moved to another since it was read. */
export const KEY_GONE: ReadonlySet<string> = new Set(['credential_shredded', 'key_missing']);

export interface DataKeys {
  /** The key of that id, if it need not be asked for: what every action pays. */
  remembered(tenantId: string, keyId: string): KeyObject | undefined;
  /**
   * The key that a blob of the tenant names: a data key, or a key of the ring, as the first blobs were under.
   * @throws PawlError Corrupt `credential_shredded` when the tenant has no such data key (any more), `key_missing` when
   *   the ring has no such key; and as `MasterKeys.unwrap`
   */
  find(tenantId: string, keyId: string): Promise<KeyObject>;
  /** The key that encrypts now. Made when the tenant has none. Throws as `MasterKeys` does. */
  current(tenantId: string): Promise<NamedKey>;
  /** Forgets what a notification names: `tenant_keys:<tenant id>`, or `everything` after a gap. */
  changed(what: string): void;
}

export interface DataKeysOptions {
  master: MasterKeys;
  /** Whose keys the first blobs are under; null: none. */
  ring: KeyRing | null;
  store: DataKeyStore;
  /** Milliseconds, monotonic; default: of the process. */
  clock?: { now(): number };
}

/** What `changed` is told, and the channel `pawl_changed` carries. */
export const tenantKeysChanged = (tenantId: string): string => `tenant_keys:${tenantId}`;

const CHANGE = /^tenant_keys:(.+)$/;
const DATA_KEY_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const DATA_KEY_BYTES = 32;
const REMEMBERED_FOR_MS = 15 * 60_000;
/** Tenants: a few hundred bytes each. */
const REMEMBERED_MAX = 10_000;

/** What is known of one tenant. Forgetting it leaves whoever waits for it undisturbed, and reaches nobody after. */
interface Known {
  stored: Promise<readonly StoredDataKey[]>;
  keys: Map<string, KeyObject>;
  unwrapping: Map<string, Promise<KeyObject>>;
}

export function createDataKeys({ master, ring, store, clock = performance }: DataKeysOptions): DataKeys {
  const tenants = new LRUCache<string, Known>({
    max: REMEMBERED_MAX,
    ttl: REMEMBERED_FOR_MS,
    // Keys leave memory when their time is over, not when somebody next asks.
    ttlAutopurge: true,
    ttlResolution: 0,
    perf: clock,
  });
  const making = new Map<string, Promise<unknown>>();

  function learn(tenantId: string): Known {
    const known: Known = { stored: store.list(tenantId), keys: new Map(), unwrapping: new Map() };
    tenants.set(tenantId, known);
    known.stored.catch(() => {
      if (tenants.peek(tenantId) === known) tenants.delete(tenantId);
    });
    return known;
  }

  /** Something newer than `stale`, which others may have learned meanwhile. */
  function newer(tenantId: string, stale: Known): Known {
    const known = tenants.get(tenantId);
    return known && known !== stale ? known : learn(tenantId);
  }

  function unwrapped(tenantId: string, known: Known, key: StoredDataKey): KeyObject | Promise<KeyObject> {
    const there = known.keys.get(key.id) ?? known.unwrapping.get(key.id);
    if (there) return there;
    const unwrapping = unwrap(master, tenantId, key)
      .then((unwrapped) => {
        known.keys.set(key.id, unwrapped);
        return unwrapped;
      })
      .finally(() => known.unwrapping.delete(key.id));
    known.unwrapping.set(key.id, unwrapping);
    return unwrapping;
  }

  async function find(tenantId: string, keyId: string): Promise<KeyObject> {
    const held = ring?.key(keyId);
    if (held) return held;
    if (!DATA_KEY_ID.test(keyId)) throw notInRing();
    const remembered = tenants.get(tenantId);
    let known = remembered ?? learn(tenantId);
    let key = (await known.stored).find(({ id }) => id === keyId);
    if (!key && remembered) {
      // Made after what is remembered was read.
      known = newer(tenantId, remembered);
      key = (await known.stored).find(({ id }) => id === keyId);
    }
    if (!key) throw shredded();
    return unwrapped(tenantId, known, key);
  }

  async function current(tenantId: string): Promise<NamedKey> {
    for (;;) {
      const known = tenants.get(tenantId) ?? learn(tenantId);
      const [newest] = await known.stored;
      if (newest) return { keyId: newest.id, key: await unwrapped(tenantId, known, newest) };
      await makeFirst(tenantId);
      newer(tenantId, known);
    }
  }

  /** Whoever inserts it first has made it; the others read it. */
  function makeFirst(tenantId: string): Promise<unknown> {
    const underWay = making.get(tenantId);
    if (underWay) return underWay;
    const made = makeDataKey(master, tenantId, 1)
      .then((key) => store.insert(tenantId, key))
      .finally(() => making.delete(tenantId));
    making.set(tenantId, made);
    return made;
  }

  return {
    remembered: (tenantId, keyId) => tenants.get(tenantId)?.keys.get(keyId) ?? ring?.key(keyId),
    find,
    current,
    changed(what) {
      const tenantId = CHANGE.exec(what)?.[1];
      if (tenantId !== undefined) tenants.delete(tenantId);
      else if (what === 'everything') tenants.clear();
    },
  };
}

/** A new data key, wrapped, for the tenant and generation it is to be stored as. */
export async function makeDataKey(
  master: MasterKeys,
  tenantId: string,
  generation: number,
): Promise<StoredDataKey> {
  const id = v7();
  const bytes = randomBytes(DATA_KEY_BYTES);
  try {
    return { id, generation, ...(await master.wrap(bytes, { tenantId, dataKeyId: id })) };
  } finally {
    bytes.fill(0);
  }
}

async function unwrap(master: MasterKeys, tenantId: string, key: StoredDataKey): Promise<KeyObject> {
  const bytes = await master.unwrap(key, { tenantId, dataKeyId: key.id });
  try {
    return createSecretKey(bytes);
  } finally {
    bytes.fill(0);
  }
}

/** The same data key under the master key that wraps now; it stays what it was for every blob that names it. */
export async function rewrap(
  master: MasterKeys,
  tenantId: string,
  key: Pick<StoredDataKey, 'id' | keyof WrappedKey>,
): Promise<WrappedKey> {
  const of = { tenantId, dataKeyId: key.id };
  const bytes = await master.unwrap(key, of);
  try {
    return await master.wrap(bytes, of);
  } finally {
    bytes.fill(0);
  }
}

function shredded(): PawlError {
  const message =
    'The data key of this credential does not exist any more: the keys of its tenant were shredded. Store the credential anew.';
  return new PawlError('Corrupt', 'credential_shredded', message);
}

function notInRing(): PawlError {
  const message = 'The key that encrypted this credential is not in the key ring.';
  return new PawlError('Corrupt', 'key_missing', message);
}
