import { validate, version } from 'uuid';
import { describe, expect, it } from 'vitest';
import { createIds, newId } from './new-id.ts';
import { timeOf } from './uuid-time.ts';

describe('newId', () => {
  it('makes UUIDs of version 7, each greater than the one before', () => {
    const ids = Array.from({ length: 20_000 }, newId);
    expect(ids.every((id) => validate(id) && version(id) === 7)).toBe(true);
    expect(ids.every((id, i) => i === 0 || id > (ids[i - 1] as string))).toBe(true);
  });

  it('begins with the moment it was made', () => {
    const before = Date.now();
    const at = timeOf(newId());
    expect(at).toBeGreaterThanOrEqual(before);
    expect(at).toBeLessThanOrEqual(Date.now());
  });

  it('shares its random part with no other', () => {
    const tails = Array.from({ length: 20_000 }, () => newId().slice(-12));
    expect(new Set(tails).size).toBe(tails.length);
  });
});

describe('createIds', () => {
  it('makes ids that begin with the moment of the clock, and go on where that is set back', () => {
    let at = new Date('2026-01-01T00:00:00Z');
    const { next } = createIds({ now: () => at });
    const first = next();
    expect(timeOf(first)).toBe(at.getTime());
    at = new Date(at.getTime() - 3_600_000);
    expect(next() > first).toBe(true);
    at = new Date(at.getTime() + 7_200_000);
    expect(timeOf(next())).toBe(at.getTime());
  });
});
