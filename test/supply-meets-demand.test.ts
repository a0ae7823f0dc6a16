// Over a tree of three levels, every subscription on every scope to every way of supplying a connection: what goes out is
// what the truth table says, no more and no less.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decide } from '../subscriptions/decide.ts';
import { type Notifications, SHORT, setupNotifications } from './notifications.testkit.ts';

let n: Notifications;

beforeAll(async () => {
  n = await setupNotifications();
});
afterAll(() => n?.stop());

/** A place in the tree by name: '' is the organisation, 's1.n2.m1' a module. */
const PLACES = [
  '',
  ...['s1', 's2'].flatMap((stack) => [
    stack,
    ...['n1', 'n2'].flatMap((namespace) => [
      `${stack}.${namespace}`,
      ...['m1', 'm2'].map((module) => `${stack}.${namespace}.${module}`),
    ]),
  ]),
];
const MODULES = PLACES.filter((place) => place.split('.').length === 3);
const KINDS = ['stack', 'namespace', 'module'];

/** Whether `outer` is `inner` or stands above it, by name alone. */
const holds = (outer: string, inner: string) =>
  outer === '' || inner === outer || inner.startsWith(`${outer}.`);

test('a notification goes out exactly where the subscription covers and the connection is supplied', async () => {
  const scopes = new Map<string, string | null>([['', null]]);
  for (const place of PLACES.slice(1)) {
    const names = place.split('.');
    const parent = scopes.get(names.slice(0, -1).join('.')) ?? null;
    scopes.set(place, await n.scope(KINDS[names.length - 1] as string, names.at(-1) as string, parent));
  }
  const workflows = ['', ...MODULES];
  for (const place of workflows) await n.workflow(`at.${place}`, SHORT, scopes.get(place));

  // One connection for each place it may be supplied to ('': the organisation-wide flag), and one supplied nowhere.
  const supplied: (string | null)[] = [null, ...PLACES];
  const connections = new Map<string | null, string>();
  for (const place of supplied) {
    const id = await n.connection(`supplied to ${place}`, { supplied_to_all: place === '' });
    connections.set(place, id);
    if (place) await n.ask('POST', '/supplies', { connection_id: id, scope_id: scopes.get(place) as string });
  }
  const expected: string[] = [];
  const tree = new Map(
    [...scopes].flatMap(([place, id]) =>
      id === null ? [] : [[id, scopes.get(place.split('.').slice(0, -1).join('.')) ?? null] as const],
    ),
  );
  let number = 0;
  for (const demand of PLACES) {
    for (const supply of supplied) {
      const path = `told-${++number}`;
      await n.subscribe(path, connections.get(supply) as string, {
        scope_id: scopes.get(demand) ?? null,
        trigger: { kind: 'job_started' },
      });
      for (const place of workflows) {
        const both = holds(demand, place) && supply !== null && holds(supply, place);
        if (both) expected.push(`/${path} of at.${place}`);
        const scope = scopes.get(demand) ?? null;
        const by = { toAll: supply === '', scopes: new Set(supply ? [scopes.get(supply) as string] : []) };
        expect(decide(tree, { scope, supply: by }, scopes.get(place) ?? null) === 'notify').toBe(both);
      }
    }
  }
  // Each module hears of four places, by four supplies; the organisation's own workflow of itself alone.
  expect(expected).toHaveLength(MODULES.length * 16 + 1);

  await n.startWorker();
  for (const place of workflows) await n.start(`at.${place}`);
  const delivered = await n.settled();
  expect(delivered).toHaveLength(expected.length);
  expect(new Set(delivered.map(({ status }) => status))).toEqual(new Set(['SUCCEEDED']));
  const arrived = n.receiver.requests.map(({ path, body }) => {
    const { workflow } = JSON.parse(body);
    return `${path} of ${workflow}`;
  });
  expect(arrived.sort()).toEqual(expected.sort());
});
