import { expect, test } from 'vitest';
import { unreadableOf } from './unreadable.ts';

const SHREDDED = { secret_shredded: true };
const WHOLE = { secret_shredded: false };

test.each([
  ['secret', SHREDDED, [SHREDDED], [/secret/]],
  ['secret', WHOLE, [SHREDDED], []],
  ['key', SHREDDED, [WHOLE, SHREDDED], []],
  ['key', SHREDDED, [], []],
  ['key', WHOLE, [SHREDDED], [/key/]],
  ['both', SHREDDED, [SHREDDED], [/secret/, /key/]],
  ['both', SHREDDED, [WHOLE], [/secret/]],
  ['both', WHOLE, [WHOLE], []],
] as const)(
  'an endpoint signed by %s is told of what signs for it and was shredded: %o, %o',
  (by, its, keys, said) => {
    const told = unreadableOf({ endpoint: { signed_by: by, ...its }, keys });
    expect(told).toEqual(said.map((one) => expect.stringMatching(one)));
  },
);
