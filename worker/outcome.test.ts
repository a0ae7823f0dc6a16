import { describe, expect, it } from 'vitest';
import { invokeEvent, type Outcome, type OutcomeRules, type Step, stepAfter } from './outcome.ts';

const rules: OutcomeRules = {
  retry: { maxAttempts: 3, initialMs: 1000, factor: 2, maxMs: 60_000 },
  continueOnFailure: false,
  onUnknown: null,
};
const failed = (retry: boolean, code = 'x', retryAfterMs = 0): Outcome => ({
  kind: 'failed',
  code,
  message: '',
  response: null,
  retry,
  retryAfterMs,
});
const succeeded: Outcome = { kind: 'succeeded', response: { status: 200 } };
const unknown: Outcome = { kind: 'unknown', code: 'timeout', message: '' };
const skipped: Outcome = { kind: 'skipped', code: 'when_false', message: '' };

const again = (delayMs: number): Step => ({ kind: 'again', status: 'RETRYING', delayMs });
const stop: Step = { kind: 'stop', status: 'FAILED' };
const park: Step = { kind: 'park', status: 'UNKNOWN' };
const next = (status: 'SUCCEEDED' | 'FAILED' | 'SKIPPED'): Step => ({ kind: 'next', status });

interface Row {
  what: string;
  outcome: Outcome;
  rules?: Partial<OutcomeRules>;
  attempt?: number;
  safeToRepeat?: boolean;
  step: Step;
}

// The table "Outcomes" of the design, row by row; the dice always show a half.
const TABLE: Row[] = [
  {
    what: 'an answer that says yes ends the run and the list goes on',
    outcome: succeeded,
    step: next('SUCCEEDED'),
  },
  { what: 'a failure for good ends the list', outcome: failed(false, 'http_400'), step: stop },
  {
    what: 'a failure for good lets a list go on that was told to',
    outcome: failed(false, 'http_400'),
    rules: { continueOnFailure: true },
    step: next('FAILED'),
  },
  { what: 'a refused credential is not tried again', outcome: failed(false, 'http_401'), step: stop },
  { what: 'a failure worth repeating is repeated', outcome: failed(true, 'http_429'), step: again(500) },
  { what: 'the second wait is longer', outcome: failed(true, 'http_503'), attempt: 2, step: again(1000) },
  {
    what: 'a receiver that asks for a minute gets it',
    outcome: failed(true, 'http_429', 60_000),
    step: again(60_500),
  },
  {
    what: 'the last attempt is the last, whatever the receiver asks for',
    outcome: failed(true, 'http_429', 60_000),
    attempt: 3,
    step: stop,
  },
  {
    what: 'continue_on_failure waits for the last attempt',
    outcome: failed(true, 'http_503'),
    rules: { continueOnFailure: true },
    step: again(500),
  },
  {
    what: 'after the last attempt a list goes on that was told to',
    outcome: failed(true, 'http_503'),
    rules: { continueOnFailure: true },
    attempt: 3,
    step: next('FAILED'),
  },
  { what: 'a 5xx that is not safe to repeat is not', outcome: failed(false, 'http_500'), step: stop },
  { what: 'who was never connected tries again', outcome: failed(true, 'refused'), step: again(500) },
  { what: 'a blocked address is not tried again', outcome: failed(false, 'blocked'), step: stop },
  { what: 'an unknown outcome waits for a person', outcome: unknown, step: park },
  {
    what: 'an unknown outcome of a call that may be repeated is sent again',
    outcome: unknown,
    safeToRepeat: true,
    step: again(500),
  },
  {
    what: 'on_unknown: resend sends again what is not known to be safe',
    outcome: unknown,
    rules: { onUnknown: 'resend' },
    step: again(500),
  },
  {
    what: 'on_unknown: park parks what could be repeated',
    outcome: unknown,
    rules: { onUnknown: 'park' },
    safeToRepeat: true,
    step: park,
  },
  {
    what: 'an unknown outcome of the last attempt waits for a person',
    outcome: unknown,
    safeToRepeat: true,
    attempt: 3,
    step: park,
  },
  {
    what: 'continue_on_failure does not turn unknown into failed',
    outcome: unknown,
    rules: { continueOnFailure: true },
    step: park,
  },
  {
    what: 'a template that cannot be rendered fails for good',
    outcome: failed(false, 'missing_variable'),
    attempt: 0,
    step: stop,
  },
  { what: 'a skipped run lets the list go on', outcome: skipped, attempt: 0, step: next('SKIPPED') },
];

describe('stepAfter', () => {
  it.each(TABLE)('$what', ({ outcome, rules: special, attempt = 1, safeToRepeat = false, step }) => {
    expect(stepAfter(outcome, { ...rules, ...special }, { attempt, safeToRepeat, random: 0.5 })).toEqual(
      step,
    );
  });
});

describe('invokeEvent', () => {
  it('tells a job the response as output, or the error', () => {
    expect(invokeEvent('call', 'r1', { status: 'SUCCEEDED', response: { status: 200, body: 1 } })).toEqual({
      type: 'xstate.done.actor.call',
      payload: { output: { status: 200, body: 1 } },
      run_id: 'r1',
    });
    expect(invokeEvent('call', 'r1', { status: 'SKIPPED', code: 'c', message: 'm' })).toEqual({
      type: 'xstate.error.actor.call',
      payload: { error: { code: 'c', message: 'm' } },
      run_id: 'r1',
    });
  });
});
