import { expect, test } from 'vitest';
import { lookThrough } from './look-through.ts';
import { readIdCursor } from './routing.ts';

/** A hundred rows, the newest first, of which every tenth fits; a stretch is `look` of them. */
const STORED = Array.from(
  { length: 100 },
  (_, i) => `00000000-0000-7000-8000-0000000000${99 - i < 10 ? '0' : ''}${99 - i}`,
);
const fits = (id: string) => id.endsWith('0');

function listOf(look: number, asks: { count: number } = { count: 0 }) {
  const stretch = (before: string | null) =>
    STORED.filter((id) => before === null || id < before).slice(0, look);
  return {
    list: async ({ before, limit }: { before: string | null; limit: number }) => {
      asks.count++;
      return stretch(before)
        .filter(fits)
        .slice(0, limit)
        .map((id) => ({ id }));
    },
    endOfLook: async ({ before }: { before: string | null }) => stretch(before)[look - 1],
  };
}

const idOf = ({ id }: { id: string }) => id;

test('a page is filled from as many stretches as it takes', async () => {
  const page = await lookThrough({ limit: 4, before: null, ...listOf(7) }, idOf);
  expect(page.items).toEqual(STORED.filter(fits).slice(0, 4));
  const next = await lookThrough(
    { limit: 100, before: readIdCursor(page.next_cursor ?? ''), ...listOf(7) },
    idOf,
  );
  expect(next).toEqual({ items: STORED.filter(fits).slice(4), next_cursor: null });
});

test('a look that takes too long ends with what it found, and goes on where it ended', async () => {
  const times = [0, 10_000];
  const asks = { count: 0 };
  const page = await lookThrough(
    { limit: 4, before: null, ...listOf(25, asks) },
    idOf,
    () => times.shift() ?? 10_000,
  );
  expect(page.items).toEqual(STORED.slice(0, 25).filter(fits));
  expect(asks.count).toBe(1);
  expect(readIdCursor(page.next_cursor ?? '')).toBe(STORED[24]);
});

test('a list that ends within the first stretch is looked at once', async () => {
  const asks = { count: 0 };
  const page = await lookThrough({ limit: 50, before: null, ...listOf(1_000, asks) }, idOf);
  expect(page).toEqual({ items: STORED.filter(fits), next_cursor: null });
  expect(asks.count).toBe(1);
});
