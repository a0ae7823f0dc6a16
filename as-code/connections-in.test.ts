import { expect, test } from 'vitest';
import type { JsonObject } from '../engine/json.ts';
import { exchange, mapParams } from './connections-in.ts';

const definition: JsonObject = {
  context: { connection: 'not one' },
  entry: { action_type: 'ASSIGN', params: { connection: '"not one"' } },
  initial: 'a',
  states: {
    a: {
      exit: [
        {
          action_type: 'INTEGRATION',
          params: { operation: 'x.y', connection: 'one', input: { connection: 'no' } },
        },
      ],
      invoke: {
        src: 'webhook',
        input: { path: '/', connection: 'two', body: { connection: 'no' } },
        onDone: { target: 'b', actions: { action_type: 'WEBHOOK', params: { connection: 'three' } } },
        onError: [{ actions: [{ action_type: 'WEBHOOK', params: { connection: 'four' } }] }],
      },
      on: { connection: { actions: [{ action_type: 'WEBHOOK', params: { connection: 'five' } }] }, GO: 'b' },
      after: { '10': [{ actions: { action_type: 'WEBHOOK', params: { connection: 'six' } } }, 'b'] },
      always: { actions: { action_type: 'WEBHOOK', params: { connection: 'seven' } } },
      states: { on: { entry: [{ action_type: 'WEBHOOK', params: { connection: 'eight' } }] } },
      onDone: { actions: { action_type: 'WEBHOOK', params: { connection: 'nine' } } },
      meta: { action_type: 'WEBHOOK', params: { connection: 'no' } },
    },
    b: { type: 'final' },
  },
};

test('connections are what actions and invocations name, and nothing else that is called so', () => {
  const found: unknown[] = [];
  const same = mapParams(definition, (params, pointer) => {
    found.push(params.connection);
    const at = pointer
      .split('/')
      .slice(1)
      .reduce<unknown>((value, step) => (value as JsonObject)[step], definition);
    expect(at).toBe(params);
    return params;
  });
  expect(found).toEqual(['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']);
  expect(JSON.stringify(same)).toBe(JSON.stringify(definition));
});

test('a name and an id take each other’s place among the keys', () => {
  const params = { operation: 'x.y', connection: 'one', input: {} };
  const stored = exchange(params, { from: 'connection', to: 'connection_id' }, (name) => `id of ${name}`);
  expect(Object.entries(stored)).toEqual([
    ['operation', 'x.y'],
    ['connection_id', 'id of one'],
    ['input', {}],
  ]);
  expect(exchange(stored, { from: 'connection_id', to: 'connection' }, () => undefined)).toBe(stored);
});

test('what is no definition comes back as it is', () => {
  const odd: JsonObject = {
    states: [1],
    on: 'x',
    entry: [null, 'x', { action_type: 'WEBHOOK', params: 3 }],
    invoke: 7,
  };
  expect(mapParams(odd, () => ({ never: true }))).toEqual(odd);
});
