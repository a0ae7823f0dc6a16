import { expect, test } from 'vitest';
import { readConfig } from '../config/config.ts';
import { PawlError } from '../engine/errors.ts';
import { connectionsWanted } from './connections-wanted.ts';
import { planProcesses } from './process-plan.ts';

const DATABASE_URL = 'postgres://pawl:secret@db.internal:5432/pawl';

test('several API processes share their port, and each shows its metrics on a port of its own', () => {
  const config = readConfig({ DATABASE_URL, METRICS_API_PORT: '9464', METRICS_WORKER_PORT: '9470' });
  const planned = planProcesses(config, ['api', 'worker'], 2);
  expect(
    planned.map(({ role, sharesPort, config: { http, metrics } }) => [role, sharesPort, http.port, metrics]),
  ).toEqual([
    ['api', true, 3000, { host: '127.0.0.1', apiPort: 9464, workerPort: 9470 }],
    ['api', true, 3000, { host: '127.0.0.1', apiPort: 9465, workerPort: 9471 }],
    ['worker', false, 3000, { host: '127.0.0.1', apiPort: 9464, workerPort: 9470 }],
    ['worker', false, 3000, { host: '127.0.0.1', apiPort: 9465, workerPort: 9471 }],
  ]);
  expect(planProcesses(config, ['api'], 1)).toEqual([{ role: 'api', config, sharesPort: false }]);
});

test.each([
  [{ METRICS_API_PORT: '9464', METRICS_WORKER_PORT: '9465' }, 'at least 2 apart'],
  [{ METRICS_API_PORT: '65535' }, 'the last port there is is 65535'],
])('metrics that would meet on one port are refused before anything starts: %j', (variables, sentence) => {
  const plan = () => planProcesses(readConfig({ DATABASE_URL, ...variables }), ['api', 'worker'], 2);
  expect(plan).toThrow(PawlError);
  expect(plan).toThrow(sentence);
});

test('metrics on any free port, or nowhere, are never in the way', () => {
  for (const variables of [{}, { METRICS_API_PORT: '0', METRICS_WORKER_PORT: '0' }]) {
    expect(planProcesses(readConfig({ DATABASE_URL, ...variables }), ['api', 'worker'], 8)).toHaveLength(16);
  }
});

test('what processes may have open at Postgres is known beforehand', () => {
  const signIn = { AUTH_SECRET: 'a1'.repeat(32), PUBLIC_URL: 'https://pawl.example.com' };
  const wanted = (variables: Record<string, string>, processes: number) =>
    connectionsWanted(planProcesses(readConfig(variables), ['api', 'worker'], processes));
  // The pool and LISTEN; sign-in beside the API, the audit beside the worker.
  expect(wanted({ DATABASE_URL, DATABASE_POOL_MAX: '20', ...signIn }, 1)).toBe(20 + 1 + 5 + (20 + 1 + 2));
  expect(wanted({ DATABASE_URL, DATABASE_POOL_MAX: '20' }, 3)).toBe(3 * (20 + 1 + (20 + 1 + 2)));
  expect(wanted({ DATABASE_URL, DATABASE_POOL_MAX: '20', DATABASE_POOLER: 'pgbouncer:6432' }, 3)).toBe(3 * 2);
});
