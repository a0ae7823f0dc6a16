// A row of the ledger as exports show it, whatever the format.
import type { LedgerRow } from '../db/statements/export-rows.ts';

export type LedgerFact = ReturnType<typeof presentLedgerRow>;

export const LEDGER_COLUMNS = [
  'attempt_id',
  'at',
  'kind',
  'quantity',
  'outcome',
  'provider',
  'connection_id',
  'workflow_id',
  'job_id',
  'action_run_id',
  'attempt',
  'source_id',
  'status_code',
  'request_bytes',
  'response_bytes',
  'duration_ms',
] as const satisfies readonly (keyof LedgerFact)[];

export function presentLedgerRow(row: LedgerRow) {
  return {
    attempt_id: row.attemptId,
    at: row.at.toISOString(),
    kind: row.kind,
    quantity: row.quantity,
    outcome: row.outcome,
    provider: row.provider,
    connection_id: row.connectionId,
    workflow_id: row.workflowId,
    job_id: row.jobId,
    action_run_id: row.actionRunId,
    attempt: row.attempt,
    source_id: row.sourceId,
    status_code: row.statusCode,
    request_bytes: row.requestBytes,
    response_bytes: row.responseBytes,
    duration_ms: row.durationMs,
  };
}
