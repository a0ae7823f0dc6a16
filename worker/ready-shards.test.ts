// When a shard is asked for work: together with others while there is much to do, at once where waiting saves nothing.
import { beforeEach, describe, expect, it } from 'vitest';
import { createReadyShards, type ReadyShards } from './ready-shards.ts';

let at: number;
let idle: boolean;
let workers: number;
let ready: ReadyShards;

beforeEach(() => {
  [at, idle, workers] = [1_000, true, 1];
  ready = createReadyShards({ isIdle: () => idle, workers: () => workers, now: () => at });
});

/** Everybody is asked and gives all of what little there is; lists are walked from then on. */
function round(...shards: number[]): void {
  ready.add(shards);
  expect(ready.take(8)).toEqual(shards);
  idle = false;
  ready.gave(new Map(), 16);
}

describe('while nothing is under way', () => {
  it('whatever is ready is asked at once', () => {
    round(1, 2);
    idle = true;
    ready.add([1]);
    expect(ready.waitMs()).toBe(0);
    expect(ready.take(8)).toEqual([1]);
  });

  it('there is nothing to wait for where nothing is ready', () => {
    expect(ready.waitMs()).toBe(Number.POSITIVE_INFINITY);
    expect(ready.take(8)).toEqual([]);
  });
});

describe('while lists are walked', () => {
  it('a shard that was asked a moment ago waits for the next round, with all that became ready meanwhile', () => {
    round(1, 2);
    at += 3;
    ready.add([2, 1]);
    expect(ready.waitMs()).toBe(7);
    expect(ready.take(8)).toEqual([]);
    at += 7;
    expect(ready.waitMs()).toBe(0);
    expect(ready.take(8)).toEqual([2, 1]);
  });

  it('a shard that was not asked for three rounds waits for nobody, and nobody’s round is put off by it', () => {
    round(1);
    at += 25;
    round(2);
    at += 5;
    ready.add([1, 2]);
    expect(ready.waitMs()).toBe(0);
    expect(ready.take(8)).toEqual([1]);
    ready.gave(new Map([[1, 1]]), 16);
    expect(ready.waitMs()).toBe(5);
    at += 5;
    expect(ready.take(8)).toEqual([2, 1]);
  });

  it('several workers ask together as often as one would', () => {
    workers = 4;
    round(1);
    ready.add([1]);
    expect(ready.waitMs()).toBe(40);
    workers = 40;
    expect(ready.waitMs()).toBe(100);
  });

  it('who gave as much as was asked for is asked again at once', () => {
    round(1, 2);
    at += 10;
    ready.add([1, 2]);
    ready.take(8);
    ready.gave(new Map([[2, 16]]), 16);
    expect(ready.waitMs()).toBe(0);
    expect(ready.take(8)).toEqual([2]);
  });

  it('who was not asked for want of room is asked next, before those that gave something', () => {
    round(1, 2, 3);
    at += 10;
    ready.add([1, 2, 3]);
    expect(ready.take(2)).toEqual([1, 2]);
    ready.gave(new Map([[1, 2]]), 16);
    expect(ready.waitMs()).toBe(0);
    expect(ready.take(2)).toEqual([3, 1]);
  });
});

describe('a shard whose lanes are full', () => {
  it('comes back when one of its lists ends, and not before', () => {
    round(1);
    ready.holdUp(1);
    ready.ended(2);
    expect(ready.size).toBe(0);
    ready.ended(1);
    expect(ready.take(8)).toEqual([]);
    at += 10;
    expect(ready.take(8)).toEqual([1]);
    ready.ended(1);
    expect(ready.size).toBe(0);
  });
});
