import { describe, expect, it } from 'vitest';
import { PawlError } from '../engine/errors.ts';
import { createDataKeys, makeDataKey, tenantKeysChanged } from './data-keys.ts';
import { createMasterKeys, type MasterKeys } from './master-keys.ts';
import { binding, keysUnder, memoryStore, ringA } from './vault.testkit.ts';

const { tenantId } = binding;
const OTHER = '0190c8a0-0000-7000-8000-000000000002';

const MINUTE_MS = 60_000;

/** The ring, and how often it was asked to unwrap. With `refuse` it fails as a key service does. */
function watched() {
  const ring = createMasterKeys(ringA, null);
  const seen = { unwraps: 0, refuse: false };
  const master: MasterKeys = {
    ...ring,
    async unwrap(key, of) {
      seen.unwraps++;
      if (seen.refuse) throw new PawlError('Unavailable', 'kms_unavailable', 'away');
      return ring.unwrap(key, of);
    },
  };
  return { master, seen };
}

function setup() {
  const clock = { at: MINUTE_MS, now: () => clock.at };
  const store = memoryStore();
  const { master, seen } = watched();
  const open = () => createDataKeys({ master, ring: ringA, store, clock });
  return { clock, store, seen, open, keys: open() };
}

describe('the first secret of a tenant', () => {
  it('makes its data key, once for all who ask at once', async () => {
    const { store, keys } = setup();
    const made = await Promise.all(Array.from({ length: 8 }, () => keys.current(tenantId)));
    expect(new Set(made.map(({ keyId }) => keyId)).size).toBe(1);
    expect(store.rows.get(tenantId)).toHaveLength(1);
    expect((await keys.current(OTHER)).keyId).not.toBe(made[0]?.keyId);
  });

  it('makes one data key in two processes, as the second reads the key of the first', async () => {
    const { store, open } = setup();
    const made = await Promise.all([open(), open(), open()].map((keys) => keys.current(tenantId)));
    expect(new Set(made.map(({ keyId }) => keyId)).size).toBe(1);
    const bytes = made.map(({ key }) => key.export().toString('hex'));
    expect(new Set(bytes).size).toBe(1);
    expect(store.rows.get(tenantId)).toHaveLength(1);
  });
});

describe('a data key', () => {
  it('is unwrapped once for all who ask at once, and remembered without asking anybody', async () => {
    const { open, store, seen } = setup();
    const { keyId } = await open().current(tenantId);
    seen.unwraps = 0;
    const keys = open();
    const found = await Promise.all(Array.from({ length: 8 }, () => keys.find(tenantId, keyId)));
    expect(new Set(found).size).toBe(1);
    expect(seen.unwraps).toBe(1);
    const listed = store.listed;
    expect(keys.remembered(tenantId, keyId)).toBe(found[0]);
    await keys.find(tenantId, keyId);
    expect([seen.unwraps, store.listed]).toEqual([1, listed]);
  });

  it('is remembered for the tenant it belongs to alone', async () => {
    const { keys } = setup();
    const { keyId } = await keys.current(tenantId);
    await keys.current(OTHER);
    expect(keys.remembered(OTHER, keyId)).toBeUndefined();
    await expect(keys.find(OTHER, keyId)).rejects.toMatchObject({ code: 'credential_shredded' });
  });

  it('is forgotten after a quarter of an hour, however often it was used', async () => {
    const { clock, keys } = setup();
    const { keyId } = await keys.current(tenantId);
    for (let minutes = 0; minutes <= 14; minutes++) {
      clock.at = (1 + minutes) * MINUTE_MS;
      expect(keys.remembered(tenantId, keyId)).toBeDefined();
    }
    clock.at = (1 + 15) * MINUTE_MS + 1;
    expect(keys.remembered(tenantId, keyId)).toBeUndefined();
    expect(await keys.find(tenantId, keyId)).toBeDefined();
  });

  it('is forgotten at once when its tenant is named, or everything', async () => {
    const { keys } = setup();
    const { keyId } = await keys.current(tenantId);
    keys.changed(`connection:${tenantId}:x`);
    keys.changed(tenantKeysChanged(OTHER));
    expect(keys.remembered(tenantId, keyId)).toBeDefined();
    keys.changed(tenantKeysChanged(tenantId));
    expect(keys.remembered(tenantId, keyId)).toBeUndefined();
    await keys.find(tenantId, keyId);
    keys.changed('everything');
    expect(keys.remembered(tenantId, keyId)).toBeUndefined();
  });

  it('that was being unwrapped when its tenant was named is not remembered', async () => {
    const { open, store } = setup();
    const { keyId } = await open().current(tenantId);
    const held = Promise.withResolvers<void>();
    const ring = createMasterKeys(ringA, null);
    const keys = keysUnder(ringA, store, {
      ...ring,
      unwrap: (key, of) => held.promise.then(() => ring.unwrap(key, of)),
    });
    const found = keys.find(tenantId, keyId);
    await Promise.resolve();
    keys.changed(tenantKeysChanged(tenantId));
    held.resolve();
    await found;
    expect(keys.remembered(tenantId, keyId)).toBeUndefined();
  });

  it('that was made since is found, and encrypts once its tenant is named', async () => {
    const { store, keys, open } = setup();
    const first = await keys.current(tenantId);
    const next = await makeDataKey(createMasterKeys(ringA, null), tenantId, 2);
    await store.insert(tenantId, next);
    expect(await keys.find(tenantId, next.id)).toBeDefined();
    expect((await open().current(tenantId)).keyId).toBe(next.id);
    keys.changed(tenantKeysChanged(tenantId));
    expect((await keys.current(tenantId)).keyId).toBe(next.id);
    expect(await keys.find(tenantId, first.keyId)).toBeDefined();
  });

  it('that was deleted is not found again, and the next secret makes another', async () => {
    const { store, keys } = setup();
    const { keyId } = await keys.current(tenantId);
    store.rows.delete(tenantId);
    keys.changed(tenantKeysChanged(tenantId));
    await expect(keys.find(tenantId, keyId)).rejects.toMatchObject({
      kind: 'Corrupt',
      code: 'credential_shredded',
    });
    expect((await keys.current(tenantId)).keyId).not.toBe(keyId);
  });

  it('is asked for again after the key service was away, as no failure is remembered', async () => {
    const { open, seen } = setup();
    const { keyId } = await open().current(tenantId);
    const keys = open();
    seen.refuse = true;
    await expect(keys.find(tenantId, keyId)).rejects.toMatchObject({ code: 'kms_unavailable' });
    seen.refuse = false;
    expect(await keys.find(tenantId, keyId)).toBeDefined();
  });

  it('is read again after the database was away', async () => {
    const { open, store } = setup();
    const { keyId } = await open().current(tenantId);
    let away = true;
    const keys = keysUnder(ringA, {
      ...store,
      list: (id) => (away ? Promise.reject(new Error('away')) : store.list(id)),
    });
    await expect(keys.find(tenantId, keyId)).rejects.toThrow('away');
    away = false;
    expect(await keys.find(tenantId, keyId)).toBeDefined();
  });
});

it('a key id that is neither of a data key nor in the ring is missing', async () => {
  const { keys } = setup();
  await expect(keys.find(tenantId, 'retired')).rejects.toMatchObject({
    kind: 'Corrupt',
    code: 'key_missing',
  });
});
