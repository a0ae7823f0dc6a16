// An attempt as whoever watches the worker sees it: a span, a count with its times, and a line of the log where it waits.
import type { Logger } from 'pino';
import type { Claimed } from '../db/statements/claim.ts';
import { timeOf } from '../db/uuid-time.ts';
import type { Span, Tracing } from '../telemetry/span.ts';
import type { Attempted, AttemptRequest } from './attempt.ts';

/** Told of what it does; for whoever counts. */
export interface WorkerMeters {
  /** `sinceCommitS`: for the first attempt of a list, seconds since its transition was decided. */
  attempted(attempt: {
    provider: string;
    outcome: 'succeeded' | 'failed' | 'unknown';
    seconds: number;
    sinceCommitS: number | null;
  }): void;
  timersFired(count: number): void;
  errorMet(): void;
  exportFailed(): void;
}

interface Watchers {
  meters: WorkerMeters | undefined;
  tracing: Tracing | undefined;
  log: Logger;
  now(): Date;
}

/** What the attempt is given of its watchers. */
interface Watched {
  /** Of its span. */
  traceparent: string | undefined;
  /** To be called right before it is written down as started. */
  onStart(): void;
}

export async function observed(
  request: AttemptRequest,
  claimed: Claimed,
  { meters, tracing, log, now }: Watchers,
  attempt: (watched: Watched) => Promise<Attempted>,
): Promise<Attempted> {
  const span = tracing && beginAttempt(tracing, request);
  let startedAt = 0;
  const onStart = () => {
    startedAt = now().getTime();
  };
  const attempted = await attempt({ traceparent: span?.traceparent, onStart }).catch((error) => {
    span?.end(String(error));
    throw error;
  });
  if (span) endAttempt(span, attempted);
  if (attempted.kind === 'attempted' && meters) {
    const { outcome, durationMs } = attempted.attempt;
    const first = request.number === 1 && request.ordinal === 0;
    meters.attempted({
      provider: request.provider.id,
      outcome,
      seconds: (durationMs ?? 0) / 1_000,
      sinceCommitS: first ? (startedAt - timeOf(claimed.transitionId)) / 1_000 : null,
    });
  }
  if (attempted.kind === 'wait') {
    const about = { tenant_id: request.tenant.id, job_id: request.jobId, action_run_id: request.runId };
    log.warn({ err: attempted.why, ...about }, 'an action waits for the keys of its tenant');
  }
  return attempted;
}

function beginAttempt(tracing: Tracing, request: AttemptRequest): Span {
  const { tenant, jobId, runId, number, provider, connection, traceparent } = request;
  const attributes = {
    'pawl.tenant_id': tenant.id,
    'pawl.job_id': jobId,
    'pawl.action_run_id': runId,
    'pawl.attempt': number,
    'pawl.provider': provider.id,
    'pawl.connection_id': connection.id,
  };
  return tracing.begin(`attempt ${provider.id}`, {
    kind: 'client',
    parent: traceparent ?? undefined,
    attributes,
  });
}

function endAttempt(span: Span, attempted: Attempted): void {
  if (attempted.kind !== 'attempted') {
    span.end(attempted.kind);
    return;
  }
  const { outcome, attempt: made } = attempted;
  span.set({ 'pawl.outcome': made.outcome });
  if (made.statusCode !== null) span.set({ 'http.response.status_code': made.statusCode });
  span.end('code' in outcome ? outcome.code : undefined);
}
