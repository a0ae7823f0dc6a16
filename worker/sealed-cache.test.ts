// What is remembered of connections and endpoints is never older than what its caller knows of.
import { expect, it } from 'vitest';
import type { Tenant } from '../db/tenants.ts';
import { createSealedCache } from './sealed-cache.ts';

const tenant = { id: 't', shard: 1 } as Tenant;

interface Thing {
  version: number;
  expired: boolean;
}

/** Reads answer in turn, when they are told to. */
function setup() {
  const asked: ((sealed: Thing) => void)[] = [];
  const cache = createSealedCache<Thing>({
    read: async () => {
      const sealed = await new Promise<Thing>((resolve) => asked.push(resolve));
      return { sealed, health: { circuit: null } };
    },
    onHealth: () => {},
    holds: ({ expired }) => !expired,
  });
  const answer = (version: number, expired = false) => asked.shift()?.({ version, expired });
  const turn = () => new Promise(setImmediate);
  return { cache, answer, turn };
}

it('what was being read when it changed is read again for who knows of the change', async () => {
  const { cache, answer, turn } = setup();
  const before = cache.get(tenant, 'x', 1);
  const after = cache.get(tenant, 'x', 2);
  answer(1);
  expect((await before)?.version).toBe(1);
  await turn();
  answer(2);
  expect((await after)?.version).toBe(2);
  expect((await cache.get(tenant, 'x', 2))?.version).toBe(2);
});

it('what does not hold any more by itself is read again, though its version is the same', async () => {
  const { cache, answer } = setup();
  const first = cache.get(tenant, 'x', 1);
  answer(1, true);
  await first;
  const second = cache.get(tenant, 'x', 1);
  answer(1);
  expect(await second).toEqual({ version: 1, expired: false });
});
