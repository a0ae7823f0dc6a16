import fc from 'fast-check';
import { expect, it } from 'vitest';
import { connected } from '../test/connected.testkit.ts';

const db = connected();

it('arrays of text come back from Postgres as they were sent, whatever is in them', async () => {
  const awkward = fc.constantFrom(
    '',
    'NULL',
    'null',
    '{',
    '}',
    ',',
    '"',
    '\\',
    '\\"',
    ' ',
    '{}',
    '\n',
    'é😀',
  );
  const element = fc.oneof(
    awkward,
    fc.array(awkward).map((parts) => parts.join('')),
    fc.constant(null),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(element), async (sent) => {
      const [row] = await db().sql`
        select ${sent as string[]}::text[] as got, cardinality(${sent as string[]}::text[]) as size`;
      expect(row).toEqual({ got: sent, size: sent.length });
    }),
    { numRuns: 200 },
  );
});

it('arrays of every type that our statements use come back as they were sent', async () => {
  const at = new Date('2026-01-02T03:04:05.678Z');
  const id = '0190c8a0-0000-7000-8000-000000000001';
  const [row] = await db().sql`
    select ${[1, -2]}::smallint[] as small, ${[3]}::integer[] as whole, ${[2 ** 40]}::bigint[] as big,
      ${[1.5]}::float8[] as real, ${[id]}::uuid[] as ids, array[true, false, null] as flags, array[${at}::timestamptz] as times,
      array['{"a":"x\\"y"}'::jsonb] as documents, array['\\x00ff'::bytea] as bytes,
      array[array[1, 2], array[3, 4]] as nested, '{}'::text[] as empty, array_agg(n) as numbers
    from generate_series(1, 3) n`;
  expect(row).toEqual({
    small: [1, -2],
    whole: [3],
    big: [String(2 ** 40)],
    real: [1.5],
    ids: [id],
    flags: [true, false, null],
    times: [at],
    documents: [{ a: 'x"y' }],
    bytes: [Buffer.from([0, 255])],
    nested: [
      [1, 2],
      [3, 4],
    ],
    empty: [],
    numbers: [1, 2, 3],
  });
});
