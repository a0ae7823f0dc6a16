import { expect, test } from 'vitest';
import { writeDown } from './written-down.ts';

test('a statement is written down with its parts in place and its values in order', () => {
  const { text, values } = writeDown((sql) => {
    const part = (of: number) => sql`and shard = ${of}`;
    return sql`select ${'a'} where true ${part(7)} ${sql``}${part(8)} limit ${null}`;
  });
  expect(text).toBe('select $1 where true and shard = $2 and shard = $3 limit $4');
  expect(values).toEqual(['a', 7, 8, null]);
});
