import { expect, test } from 'vitest';
import { everyPage } from './every-page.ts';

test('a list that is longer than one answer is shown to its end', async () => {
  const list = Array.from({ length: 450 }, (_, i) => i);
  const all = await everyPage(async ({ limit, cursor = '0' }) => {
    const next = Number(cursor) + limit;
    return {
      items: list.slice(Number(cursor), next),
      next_cursor: next < list.length ? String(next) : null,
    };
  });
  expect(all).toEqual(list);
});
