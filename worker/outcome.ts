// What came of one step, and what follows from it for the run, its list and the queue. Pure.
import type { QueuedAction } from '../engine/compile.ts';
import type { Json, JsonObject } from '../engine/json.ts';
import { doneEventOf, errorEventOf } from '../engine/state-tree.ts';
import { backoffMs } from './backoff.ts';

/** `response` is what a workflow reads of the answer; null when none came. */
export type Outcome =
  | { kind: 'succeeded'; response: JsonObject }
  | {
      kind: 'failed';
      code: string;
      message: string;
      response: JsonObject | null;
      retry: boolean;
      retryAfterMs: number;
    }
  /** The request may have arrived; nobody knows. */
  | { kind: 'unknown'; code: string; message: string }
  | { kind: 'skipped'; code: string; message: string };

/** Wrong for good: nothing was sent, and sending it again would not help. */
export function misconfigured(code: string, message: string): Outcome {
  return { kind: 'failed', code, message, response: null, retry: false, retryAfterMs: 0 };
}

export type Step =
  /** The run is over, and the list goes on. */
  | { kind: 'next'; status: 'SUCCEEDED' | 'FAILED' | 'SKIPPED' }
  /** The run is over, and so is the list: what is left of it is skipped. */
  | { kind: 'stop'; status: 'FAILED' }
  | { kind: 'again'; status: 'RETRYING'; delayMs: number }
  /** A person decides whether to send it again. */
  | { kind: 'park'; status: 'UNKNOWN' };

/** What of an action decides over its outcome. */
export type OutcomeRules = Pick<QueuedAction, 'retry' | 'continueOnFailure' | 'onUnknown'>;

/**
 * @param attempt number of the attempt this is the outcome of; 0 when nothing was sent
 * @param safeToRepeat whether sending twice has the effect of sending once
 */
export function stepAfter(
  outcome: Outcome,
  rules: OutcomeRules,
  { attempt, safeToRepeat, random }: { attempt: number; safeToRepeat: boolean; random: number },
): Step {
  const left = attempt < rules.retry.maxAttempts;
  switch (outcome.kind) {
    case 'succeeded':
      return { kind: 'next', status: 'SUCCEEDED' };
    case 'skipped':
      return { kind: 'next', status: 'SKIPPED' };
    case 'failed':
      if (outcome.retry && left) {
        const delayMs = backoffMs(attempt, rules.retry, outcome.retryAfterMs, random);
        return { kind: 'again', status: 'RETRYING', delayMs };
      }
      return rules.continueOnFailure
        ? { kind: 'next', status: 'FAILED' }
        : { kind: 'stop', status: 'FAILED' };
    case 'unknown': {
      const resend = (rules.onUnknown ?? (safeToRepeat ? 'resend' : 'park')) === 'resend';
      if (resend && left) {
        return { kind: 'again', status: 'RETRYING', delayMs: backoffMs(attempt, rules.retry, 0, random) };
      }
      return { kind: 'park', status: 'UNKNOWN' };
    }
    default:
      return outcome satisfies never;
  }
}

/** The event that an `invoke` waits for, once its run is over. */
export function invokeEvent(
  invokeId: string,
  runId: string,
  over:
    | { status: 'SUCCEEDED'; response: Json }
    | { status: 'FAILED' | 'SKIPPED'; code: string; message: string },
): JsonObject {
  return over.status === 'SUCCEEDED'
    ? { type: doneEventOf(invokeId), payload: { output: over.response }, run_id: runId }
    : {
        type: errorEventOf(invokeId),
        payload: { error: { code: over.code, message: over.message } },
        run_id: runId,
      };
}
