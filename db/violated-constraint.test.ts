import { expect, test } from 'vitest';
import { tableThatHasItAlready, violatedConstraint } from './violated-constraint.ts';

const told = {
  code: '23505',
  message:
    'duplicate key value violates unique constraint "job_keys_shard_tenant_id_workflow_id_key_pk_102186"',
};

test('what a server of Citus refused is known by the words of its coordinator', () => {
  expect(violatedConstraint(told)).toBe('job_keys_shard_tenant_id_workflow_id_key_pk');
  expect(tableThatHasItAlready(told)).toBe('job_keys');
});

test('what one Postgres refused is known by the fields of its error', () => {
  const error = { code: '23505', message: 'a translation', constraint_name: 'jobs_pk', table_name: 'jobs' };
  expect([violatedConstraint(error), tableThatHasItAlready(error)]).toEqual(['jobs_pk', 'jobs']);
});

test('an error that is about no constraint names none', () => {
  const error = { code: '42601', message: 'syntax error at or near "constraint "jobs_pk""' };
  expect([violatedConstraint(error), tableThatHasItAlready(error)]).toEqual([undefined, undefined]);
});
