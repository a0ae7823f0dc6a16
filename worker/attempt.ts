// One firing of one action over the wire: build → start → send → judge. The only place where a credential is in the clear.
import type { Ids } from '../db/new-id.ts';
import type { AttemptRecord } from '../db/statements/record-outcomes.ts';
import type { Tenant } from '../db/tenants.ts';
import type { NotSent, SendResult } from '../egress/request.ts';
import type { Sender } from '../egress/sender.ts';
import { isPawlError, type PawlError } from '../engine/errors.ts';
import type { JsonObject } from '../engine/json.ts';
import { buildRequest, type Call } from '../integrations/build-request.ts';
import { isSecretField } from '../integrations/credential-fields.ts';
import type { Answer, Provider, Verdict } from '../integrations/provider.ts';
import { UNSAID_REST_MS } from '../integrations/retry-after.ts';
import type { Decrypt } from '../vault/decrypt.ts';
import { createScrubber, type Scrubber } from '../vault/scrub.ts';
import { keptWords, type ResponseEvidence, requestEvidence, responseEvidence } from './evidence.ts';
import { openCredentials } from './open-credentials.ts';
import { misconfigured, type Outcome } from './outcome.ts';
import type { Sealed } from './sealed.ts';

export interface AttemptRequest {
  tenant: Tenant;
  runId: string;
  jobId: string;
  name: string | null;
  workflowId: string;
  /** From 0: which of its list. */
  ordinal: number;
  /** From 1. */
  number: number;
  connection: Sealed;
  provider: Provider;
  call: Call;
  timeoutMs: number;
  safeToRepeat: boolean;
  /** Of the transition it follows from, where traces are made. */
  traceparent: string | null;
}

export type Attempted =
  /** Configuration is wrong: nothing was sent and nothing started. */
  | { kind: 'not_started'; outcome: Outcome }
  /** The claim was lost before anything was sent. */
  | { kind: 'lost' }
  /** The credential cannot be opened at this moment, and will be later: nothing was sent and nothing counts. */
  | { kind: 'wait'; waitMs: number; why: PawlError }
  | {
      kind: 'attempted';
      outcome: Outcome;
      attempt: AttemptRecord;
      /** Milliseconds this connection should rest. */
      restMs: number;
      /** The provider refused the credential. */
      flag: string | null;
      /** As of `Encounter`. */
      reached: boolean | null;
    };

export interface AttemptOptions {
  decrypt: Decrypt;
  /** The connection or the endpoint as it is stored now; null: it is gone. */
  reread(tenant: Tenant, sealed: Sealed): Promise<Sealed | null>;
  sender: Sender;
  /** Of attempts, by which exports of the ledger are read: by the database's clock. */
  ids: Ids;
  /** Commits that this attempt is about to leave; false: it must not. */
  start(attemptId: string): Promise<boolean>;
  userAgent: string;
  maxResponseBytes: number;
  signal: AbortSignal;
  now(): Date;
  /** What the receiver is told of the trace it is in. */
  traceparent?: string | undefined;
}

/** A key service that is away or refuses is somebody's alarm already; asking it more often helps nobody. */
const WAIT_FOR_KEYS_MS = 5_000;
/**
 * Signatures say when they were made, and receivers take them for five minutes (the libraries of Standard Webhooks; AWS, "Elements
 * of an AWS API request signature"). A request that waited for longer than this to be written down, as the database was away, is
 * made anew.
 */
const SIGNED_FOR_MS = 5_000;

export async function attempt(request: AttemptRequest, options: AttemptOptions): Promise<Attempted> {
  const { tenant, connection, provider, call, runId } = request;
  let credentials: JsonObject;
  try {
    const { decrypt } = options;
    const reread = () => options.reread(tenant, connection);
    credentials = await openCredentials(tenant.id, connection, { decrypt, reread });
  } catch (error) {
    if (!isPawlError(error)) throw error;
    if (error.kind === 'Unavailable') return { kind: 'wait', waitMs: WAIT_FOR_KEYS_MS, why: error };
    return { kind: 'not_started', outcome: misconfigured(error.code, error.message) };
  }
  const { userAgent, traceparent } = options;
  const scrubber = createScrubber(credentials, (field) => isSecretField(provider, field));
  function makeAt(now: Date) {
    const built = buildRequest(provider, call, credentials, { now, idempotencyKey: runId, userAgent });
    if (!built.ok) return built;
    if (traceparent !== undefined) built.request.headers.traceparent = traceparent;
    return { ...built, evidence: requestEvidence(built.request, scrubber) };
  }
  const madeAt = options.now();
  const made = makeAt(madeAt);
  if (!made.ok) {
    const why = made.problems.map(({ pointer, message }) => ` ${pointer}: ${message}`).join('');
    return { kind: 'not_started', outcome: misconfigured(made.code, made.message + why) };
  }
  const attemptId = options.ids.next();
  if (!(await options.start(attemptId))) return { kind: 'lost' };

  const startedAt = options.now();
  const anew = startedAt.getTime() - madeAt.getTime() > SIGNED_FOR_MS ? makeAt(startedAt) : made;
  const leaving = anew.ok ? anew : made;
  const { timeoutMs } = request;
  const { maxResponseBytes, signal } = options;
  const result = await options.sender.send(leaving.request, { timeoutMs, signal, maxResponseBytes });
  const { kept, ...judged } = judge(result, request, scrubber, options.now());
  return {
    kind: 'attempted',
    ...judged,
    attempt: record(request, attemptId, result, judged.outcome, {
      request: leaving.evidence,
      response: kept,
    }),
  };
}

interface Judged {
  outcome: Outcome;
  /** Of the answer, for the log; null when none came. */
  kept: JsonObject | null;
  restMs: number;
  flag: string | null;
  reached: boolean | null;
}

function judge(
  result: SendResult,
  { provider, call, safeToRepeat }: AttemptRequest,
  scrubber: Scrubber,
  now: Date,
): Judged {
  switch (result.phase) {
    case 'answered': {
      const operation = call.kind === 'operation' ? call.operation : null;
      const verdict = provider.judge(result, { now, safeToRepeat, operation });
      const output = verdict.outcome === 'succeeded' ? verdict.output : undefined;
      const response = responseEvidence(result, scrubber, output);
      return {
        outcome: outcomeOf(verdict, response, scrubber),
        kept: response.kept,
        restMs: restAfter(provider, result, now),
        flag:
          verdict.outcome === 'failed' && verdict.flagConnection
            ? keptWords(verdict.message, scrubber)
            : null,
        reached: result.status < 500,
      };
    }
    case 'not_sent':
      return {
        outcome: notSent(result),
        kept: null,
        restMs: 0,
        flag: null,
        reached: reachedBy(result),
      };
    case 'unknown': {
      const { code, message } = result;
      return {
        outcome: { kind: 'unknown', code, message },
        kept: null,
        restMs: 0,
        flag: null,
        reached: reachedBy(result),
      };
    }
    default:
      return result satisfies never;
  }
}

function outcomeOf(verdict: Verdict, { kept, read }: ResponseEvidence, scrubber: Scrubber): Outcome {
  if (verdict.outcome === 'succeeded') {
    if (verdict.messageId !== undefined)
      kept.message_id = read.message_id = keptWords(verdict.messageId, scrubber);
    return { kind: 'succeeded', response: read };
  }
  const { retry, retryAfterMs = 0 } = verdict;
  // Both may hold words of the receiver's, and those may be anything that it was sent.
  const [code, message] = [keptWords(verdict.code, scrubber), keptWords(verdict.message, scrubber)];
  return { kind: 'failed', code, message, response: read, retry, retryAfterMs };
}

function notSent({ code, message }: NotSent): Outcome {
  const retry = code !== 'blocked' && code !== 'invalid_request';
  return { kind: 'failed', code, message, response: null, retry, retryAfterMs: 0 };
}

/** Whether the receiver is why it failed: not what we refused to send, had no room for, or gave up ourselves. */
export const isReceiversFault = ({ code }: { code: string }) =>
  !['blocked', 'invalid_request', 'busy', 'cancelled', 'closed'].includes(code);

/** Whether the receiver was there, of a request that it did not answer; null: it was not asked. */
export const reachedBy = ({ code }: { code: string }): false | null =>
  isReceiversFault({ code }) ? false : null;

/** Milliseconds the receiver is left alone after an answer. A 429 speaks of all that is sent there, also where it says no time. */
export const restAfter = (provider: Provider, answer: Answer, now: Date): number =>
  provider.rateLimit(answer, now) ?? (answer.status === 429 ? UNSAID_REST_MS : 0);

function record(
  { runId, name, number, provider, connection, workflowId }: AttemptRequest,
  id: string,
  result: SendResult,
  outcome: Outcome,
  { request, response }: { request: JsonObject; response: JsonObject | null },
): AttemptRecord {
  const log: JsonObject = {
    action_run_id: runId,
    attempt_id: id,
    name,
    attempt: number,
    connection_id: connection.id,
    provider: provider.id,
    outcome: outcome.kind,
    request,
    duration_ms: Math.round(result.durationMs),
  };
  if (response) log.response = response;
  if ('code' in outcome) Object.assign(log, { code: outcome.code, message: outcome.message });
  return {
    id,
    runId,
    number,
    outcome: outcome.kind === 'succeeded' || outcome.kind === 'unknown' ? outcome.kind : 'failed',
    provider: provider.id,
    connectionId: connection.id,
    workflowId,
    statusCode: result.phase === 'answered' ? result.status : null,
    requestBytes: result.phase === 'not_sent' ? 0 : result.requestBytes,
    responseBytes: result.phase === 'answered' ? result.bodyBytes : 0,
    durationMs: Math.round(result.durationMs),
    log,
  };
}
