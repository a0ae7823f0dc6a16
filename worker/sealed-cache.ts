// What requests go out through, as stored, its secrets still encrypted. Remembered for a while and checked by version at
// every use, so that a rotated credential is never used after the claim that could have seen it. What workers share
// about a receiver comes along, so that knowing it costs no statement of its own.
import { LRUCache } from 'lru-cache';
import type { ConnectionHealth } from '../db/statements/connection-health.ts';
import type { Tenant } from '../db/tenants.ts';

export interface SealedCache<T> {
  /** @param version the one that holds now; null: it is gone. */
  get(tenant: Tenant, id: string, version: number | null): Promise<T | null>;
  /** As it is stored now. */
  reread(tenant: Tenant, id: string): Promise<T | null>;
  forget(id: string): void;
  /** It changed, or what is shared about it did: loaded again if it was in use. */
  renew(id: string): Promise<void>;
  /** Changes may have been missed. */
  forgetAll(): void;
}

/** What is shared about a receiver; `circuit` is null when there was never anything to share. */
export type SharedHealth = ConnectionHealth | { circuit: null };

export interface SealedCacheOptions<T> {
  read(tenant: Tenant, id: string): Promise<{ sealed: T; health: SharedHealth } | null>;
  onHealth(tenant: Tenant, id: string, health: ConnectionHealth): void;
  /** Whether what is remembered is still true by itself, whatever its version. */
  holds(sealed: T): boolean;
}

const REMEMBERED_FOR_MS = 15 * 60_000;
const REMEMBERED_MAX = 10_000;

interface Loading<T> {
  tenant: Tenant;
  loaded: Promise<T | null>;
}

export function createSealedCache<T extends { version: number }>(
  options: SealedCacheOptions<T>,
): SealedCache<T> {
  const known = new LRUCache<string, { tenant: Tenant; sealed: T }>({
    max: REMEMBERED_MAX,
    ttl: REMEMBERED_FOR_MS,
  });
  const loading = new Map<string, Loading<T>>();

  function load(tenant: Tenant, id: string): Promise<T | null> {
    const underWay = loading.get(id);
    if (underWay) return underWay.loaded;
    const mine: Loading<T> = { tenant, loaded: read(tenant, id, () => loading.get(id) === mine) };
    loading.set(id, mine);
    return mine.loaded.finally(() => {
      if (loading.get(id) === mine) loading.delete(id);
    });
  }

  /** What was forgotten while it was read may have been read before it changed: used this once, and not remembered. */
  async function read(tenant: Tenant, id: string, isWanted: () => boolean): Promise<T | null> {
    const stored = await options.read(tenant, id);
    if (!stored) return null;
    const { sealed, health } = stored;
    if (!isWanted()) return sealed;
    known.set(id, { tenant, sealed });
    if (health.circuit !== null) options.onHealth(tenant, id, health);
    return sealed;
  }

  function forget(id: string): void {
    known.delete(id);
    loading.delete(id);
  }

  /** What is being read may have been read before what the caller knows of. */
  function reread(tenant: Tenant, id: string): Promise<T | null> {
    forget(id);
    return load(tenant, id);
  }

  return {
    async get(tenant, id, version) {
      if (version === null) return null;
      const sealed = known.get(id)?.sealed;
      if (sealed && sealed.version >= version && options.holds(sealed)) return sealed;
      const loaded = await load(tenant, id);
      return loaded && loaded.version < version ? reread(tenant, id) : loaded;
    },
    reread,
    forget,
    async renew(id) {
      const tenant = (known.get(id) ?? loading.get(id))?.tenant;
      forget(id);
      if (tenant) await load(tenant, id);
    },
    forgetAll() {
      known.clear();
      loading.clear();
    },
  };
}
