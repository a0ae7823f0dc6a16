// The span of a transition, from the request for it to its commit.
import type { Tenant } from '../db/tenants.ts';
import type { Span, Tracing } from '../telemetry/span.ts';
import type { Outcome } from './answer.ts';

export interface SpanOfTransition {
  name: string;
  tenant: Tenant;
  jobId?: string;
  /** The `traceparent` of what it is a part of. */
  parent: string | undefined;
}

/** @param tracing absent: no traces, and no span */
export async function traced(
  tracing: Tracing | undefined,
  { name, tenant, jobId, parent }: SpanOfTransition,
  run: (span: Span | undefined) => Promise<Outcome>,
): Promise<Outcome> {
  if (!tracing) return run(undefined);
  const attributes = { 'pawl.tenant_id': tenant.id, ...(jobId && { 'pawl.job_id': jobId }) };
  const span = tracing.begin(name, { kind: 'internal', parent, attributes });
  try {
    const outcome = await run(span);
    if (outcome.kind === 'committed') {
      const { job, transition } = outcome.answer;
      span.set({ 'pawl.job_id': job.id, 'pawl.transition_id': transition.id, 'pawl.state': transition.to });
    }
    span.end(outcome.kind === 'committed' ? undefined : outcome.kind);
    return outcome;
  } catch (error) {
    span.end(error instanceof Error ? error.message : String(error));
    throw error;
  }
}
