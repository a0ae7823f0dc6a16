import { expect, test } from 'vitest';
import { ERROR_CODES } from '../../engine/error-codes.ts';
import {
  ADVICE,
  ApiProblem,
  adviceFor,
  asProblem,
  keepsFromShowing,
  OWN_CODES,
  unreachable,
} from './problem.ts';

test('advice is given for codes that exist', () => {
  const known = [...OWN_CODES, ...Object.values(ERROR_CODES).flatMap((codes) => Object.keys(codes))];
  expect(Object.keys(ADVICE).filter((code) => !known.includes(code))).toEqual([]);
});

test('a refusal says what happened, what to do, and how to find it again', () => {
  const document = {
    code: 'forbidden',
    title: 'Not allowed',
    detail: 'This needs the permission job.start.',
    request_id: 'r1',
  };
  const problem = new ApiProblem(document, 403);
  expect(problem.message).toBe('This needs the permission job.start.');
  expect(adviceFor(problem)).toContain('Owner');
  expect(problem.requestId).toBe('r1');
});

test('whatever went wrong can be shown', () => {
  expect(asProblem(unreachable(new Error('refused'))).code).toBe('unreachable');
  expect(asProblem(new Error('x is not a function')).code).toBe('page_failed');
  expect(asProblem('text').message).toBe('text');
  expect(adviceFor(new ApiProblem({}, 502))).toBe('Try again in a moment.');
  expect(
    adviceFor(
      new ApiProblem({ problems: [{ pointer: '/key', code: 'c', message: 'm', severity: 'error' }] }, 422),
    ),
  ).toContain('Mend');
});

test('what was loaded stays while the server does not answer, and not when it is gone', () => {
  const data = { name: 'orders' };
  expect(keepsFromShowing({ data, error: null })).toBe(false);
  for (const status of [500, 503, 429]) {
    expect(keepsFromShowing({ data, error: new ApiProblem({}, status) })).toBe(false);
    expect(keepsFromShowing({ data: undefined, error: new ApiProblem({}, status) })).toBe(true);
  }
  expect(keepsFromShowing({ data, error: unreachable(new Error('refused')) })).toBe(false);
  expect(keepsFromShowing({ data, error: new ApiProblem({}, 404) })).toBe(true);
  expect(keepsFromShowing({ data, error: new ApiProblem({}, 403) })).toBe(true);
});
