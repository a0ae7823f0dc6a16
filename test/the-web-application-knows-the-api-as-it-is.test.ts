import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { API_TYPES_FILE, apiTypes } from '../docs/generate-api-types.ts';

test('web/api-types.ts is made from the OpenAPI document as it is', () => {
  // `npm run docs` writes it.
  expect(readFileSync(API_TYPES_FILE, 'utf8')).toBe(apiTypes());
});
