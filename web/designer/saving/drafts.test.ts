import { expect, test } from 'vitest';
import { createDrafts, type Draft } from './drafts.ts';

function storage() {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
  };
}

const draft: Draft = {
  definition: { states: { a: {} } },
  places: { a: { x: 1, y: 2 } },
  basedOn: 3,
  at: 1_000,
};

test('a draft comes back as it was kept, to its own tenant alone', () => {
  const store = storage();
  const drafts = createDrafts('t1', store);
  drafts.write('order', draft);
  expect(drafts.read('order')).toEqual(draft);
  expect(createDrafts('t2', store).read('order')).toBeNull();
  drafts.remove('order');
  expect(drafts.read('order')).toBeNull();
});

test('what makes no sense is no draft, and a storage that is full or forbidden stops nobody', () => {
  const store = storage();
  store.kept.set('pawl.draft.t1.order', '{"definition":7}');
  expect(createDrafts('t1', store).read('order')).toBeNull();
  store.kept.set('pawl.draft.t1.order', 'not JSON');
  expect(createDrafts('t1', store).read('order')).toBeNull();
  const full = {
    ...store,
    setItem: () => {
      throw new Error('full');
    },
  };
  expect(() => createDrafts('t1', full).write('order', draft)).not.toThrow();
});
