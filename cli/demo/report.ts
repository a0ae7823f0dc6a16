// What came of the demo: as a table for people, and as the one JSON object.
import type { Database } from '../../db/client.ts';
import {
  countForDemo,
  type DemoCounts,
  type ReportedRun,
  reportRuns,
} from '../../db/statements/demo-report.ts';
import type { Tenant } from '../../db/tenants.ts';
import { INVARIANTS, type InvariantName, type Violation } from '../../invariants/violation.ts';

export interface Report {
  runs: readonly ReportedRun[];
  counts: DemoCounts;
  requestsReceived: number;
  violations: readonly Violation[];
}

export async function readReport(
  db: Database,
  { id, shard }: Tenant,
  requestsReceived: number,
  violations: readonly Violation[],
): Promise<Report> {
  const runs = await db.once<ReportedRun[]>([id], (sql) => reportRuns(sql, shard, id));
  const [counts] = await db.once<DemoCounts[]>([id], (sql) => countForDemo(sql, shard, id));
  return { runs, counts: counts as DemoCounts, requestsReceived, violations };
}

export function asJson({ runs, counts, requestsReceived }: Report): object {
  const having = (status: string) => runs.filter((run) => run.status === status).length;
  return {
    transitions: counts.transitions,
    action_runs: {
      SUCCEEDED: having('SUCCEEDED'),
      FAILED: having('FAILED'),
      UNKNOWN: having('UNKNOWN'),
      SKIPPED: having('SKIPPED'),
    },
    attempts: counts.attempts,
    ledger_rows: counts.ledgerRows,
    requests_received: requestsReceived,
    event_log_rows: counts.eventLogRows,
  };
}

const HEADINGS = ['job', 'transition', 'action', 'attempts', 'outcome', 'ledger', 'latency'];

export function asTable(report: Report): string {
  const jobs = [...new Set(report.runs.map(({ jobId }) => jobId))];
  const rows = report.runs.map((run) => [
    String(jobs.indexOf(run.jobId) + 1),
    `${run.from ?? ''} → ${run.to} (${run.event.startsWith('xstate.') ? 'timer' : run.event})`,
    run.action ?? '',
    String(run.attempts),
    run.status + (run.errorCode === null ? '' : ` ${run.errorCode}`),
    String(run.ledgerRows),
    run.latencyMs === null ? '' : `${Math.round(run.latencyMs)} ms`,
  ]);
  const { counts, requestsReceived } = report;
  const totals =
    `${counts.transitions} transitions, ${report.runs.length} action runs, ${counts.attempts} attempts, ` +
    `${counts.ledgerRows} ledger rows, ${requestsReceived} requests received, ${counts.eventLogRows} log entries`;
  return [...aligned([HEADINGS, ...rows]), '', totals, '', ...promises(report.violations)].join('\n');
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function promises(violations: readonly Violation[]): string[] {
  return (Object.keys(INVARIANTS) as InvariantName[]).flatMap((name) => {
    const broken = violations.filter(({ invariant }) => invariant === name);
    return [
      `${broken.length === 0 ? 'holds ' : 'BROKEN'}  ${INVARIANTS[name]}`,
      ...broken.map(({ id, what }) => `        ${id} ${what}`),
    ];
  });
}
