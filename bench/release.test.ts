import { expect, test } from 'vitest';
import { whyNotKept } from './release.ts';

test('the figures of a release are kept once', () => {
  expect(whyNotKept('0.2.0', { version: '0.2.0', kept: '0.1.0' })).toBeNull();
  expect(whyNotKept('0.2.0', { version: '0.2.0', kept: null })).toBeNull();
  expect(whyNotKept('0.2.0', { version: '0.2.0', kept: '0.2.0' })).toContain('already');
});

test('and only as those of the version that is measured', () => {
  expect(whyNotKept('0.3.0', { version: '0.2.0', kept: '0.1.0' })).toContain('package.json says 0.2.0');
});
