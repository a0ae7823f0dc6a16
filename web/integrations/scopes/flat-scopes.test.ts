import { expect, test } from 'vitest';
import { flatScopes, scopeChoices } from './flat-scopes.ts';

const at = (id: string, kind: 'stack' | 'namespace' | 'module', parent_id: string | null) => ({
  id,
  kind,
  name: id,
  parent_id,
  created_at: '',
});

test('a tree is read from the top, and every scope knows its way down', () => {
  const cart = { ...at('cart', 'module', 'checkout'), children: [] };
  const checkout = { ...at('checkout', 'namespace', 'shop'), children: [cart] };
  const books = { ...at('books', 'stack', null), children: [] };
  const flat = flatScopes([{ ...at('shop', 'stack', null), children: [checkout] }, books]);
  expect(flat.map(({ path, depth }) => [path, depth])).toEqual([
    ['shop', 0],
    ['shop / checkout', 1],
    ['shop / checkout / cart', 2],
    ['books', 0],
  ]);
  expect(flat[2]?.above).toEqual(['shop', 'checkout']);
  expect(scopeChoices(flat)[3]).toEqual({ value: 'cart', label: 'shop / checkout / cart (module)' });
});
