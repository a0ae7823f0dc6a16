// A job's past: each entry of its log that moved it, with the version that decided it, and how its actions had ended when.
import type { NamedRunRow } from '../db/statements/load-facts.ts';
import type { Tenant } from '../db/tenants.ts';
import type { Facts, JobEvent } from '../engine/decision.ts';
import type { JsonObject } from '../engine/json.ts';
import type { StateMap } from '../engine/migrate.ts';
import type { PastMove } from '../engine/past.ts';
import { asFact } from './loader.ts';
import type { Versions } from './versions.ts';

/** An entry of the log that moved its job. */
export interface MoveRow {
  kind: string;
  seq: number;
  at: Date;
  data: JsonObject;
}

/**
 * @param versionId of the job as it is now, for entries that name none
 * @throws PawlError NotFound `workflow_version_not_found`
 */
export async function pastMove(
  versions: Versions,
  tenant: Tenant,
  { kind, seq, at, data }: MoveRow,
  versionId: string,
): Promise<PastMove> {
  const moved = { revision: seq, at: at.toISOString() };
  if (kind === 'cancelled') return { kind, ...moved };
  const { compiled, version } = await versions.get(tenant, String(data.workflow_version_id ?? versionId));
  if (kind === 'migrated') {
    const from = await versions.get(tenant, String(data.from_version_id));
    return { kind, ...moved, from: from.compiled, to: compiled, stateMap: data.state_map as StateMap };
  }
  return {
    kind: 'transition',
    ...moved,
    event: data.event as unknown as JobEvent,
    internal: data.internal === true,
    facts: (data.facts ?? {}) as unknown as Facts,
    by: compiled,
    version,
  };
}

/**
 * What guards and templates would have been told at a moment (ISO) of the latest run of each name. Of a run that had not
 * ended by then only that is known.
 * @param runs as `listNamedRuns` has them
 */
export function factsAt(runs: readonly NamedRunRow[], moment: string): Facts {
  const at = Date.parse(moment);
  const begun = runs.filter(({ createdAt }) => createdAt.getTime() < at);
  return Object.fromEntries(
    begun.map((run) => {
      const isOver = run.finishedAt !== null && run.finishedAt.getTime() <= at;
      return [run.name, isOver ? asFact(run) : { status: 'QUEUED' }];
    }),
  );
}
