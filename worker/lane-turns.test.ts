import { describe, expect, it } from 'vitest';
import { createLaneTurns } from './lane-turns.ts';

const lane = (tenantId: string, connectionId = 'c') => ({ tenantId, connectionId });

describe('the lanes of a shard', () => {
  it('are looked at from the first, until something was claimed', () => {
    const turns = createLaneTurns();
    turns.claimed(1, []);
    expect(turns.after(1)).toBeNull();
  });

  it('are gone on with behind the furthest that was taken from', () => {
    const turns = createLaneTurns();
    turns.claimed(1, [lane('b'), lane('c', 'a'), lane('c', 'b'), lane('a')]);
    expect(turns.after(1)).toEqual(lane('c', 'b'));
    turns.claimed(1, []);
    expect(turns.after(1)).toEqual(lane('c', 'b'));
    expect(turns.after(2)).toBeNull();
  });

  it('begin again from the first behind the last', () => {
    const turns = createLaneTurns();
    turns.claimed(1, [lane('c')]);
    turns.claimed(1, [lane('d'), lane('a'), lane('b')]);
    expect(turns.after(1)).toEqual(lane('b'));
    turns.claimed(1, [lane('c')]);
    expect(turns.after(1)).toEqual(lane('c'));
  });
});
