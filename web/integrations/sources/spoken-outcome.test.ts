import { expect, test } from 'vitest';
import { spokenOutcome } from './spoken-outcome.ts';

const told = (status: 'RECEIVED' | 'PROCESSED' | 'FAILED', more = {}) =>
  spokenOutcome({ status, effects: [], error: null as never, ...more });

test('what came of an event is said in a few words', () => {
  const effects = [
    { effect: 'job_started', state: 'review' },
    { effect: 'event_sent', event: 'MERGED', to: 'done' },
    { effect: 'no_effect', code: 'job_not_found' },
  ];
  expect(told('PROCESSED', { effects })).toBe(
    'started a job in review, sent MERGED, the job is in done, no effect (job not found)',
  );
  expect(told('PROCESSED')).toBe('no trigger was for it');
  expect(told('FAILED', { error: { code: 'x', message: 'The signature is wrong.' } })).toBe(
    'The signature is wrong.',
  );
});
