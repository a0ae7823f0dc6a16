// Saving and publishing versions: numbered one after another, never changed, each with an entry in the audit.
import { createHash } from 'node:crypto';
import type { ReservedSql } from '../db/client.ts';
import type { Ids } from '../db/new-id.ts';
import { appendLog } from '../db/statements/append-log.ts';
import {
  type FullVersionRow,
  findVersionByNumber,
  insertVersion,
  updateLayout,
} from '../db/statements/workflows.ts';
import type { Tenant } from '../db/tenants.ts';
import { PawlError } from '../engine/errors.ts';
import type { JsonObject } from '../engine/json.ts';

export interface NewVersion {
  tenant: Tenant;
  workflowId: string;
  definition: JsonObject;
  layout: JsonObject | null;
  actor: string;
  /** The latest version as whoever saves knows it; undefined: whichever it is. */
  basedOn?: number | undefined;
}

/**
 * Adds a version, unless it would repeat the latest one: that one then only takes the layout, if there is one. The
 * caller's transaction holds the workflow's row.
 * @returns the version, and whether it is new
 * @throws PawlError `version_conflict` when another version than `basedOn` is the latest
 */
export async function saveVersion(
  sql: ReservedSql,
  ids: Ids,
  { tenant, workflowId, definition, layout, actor, basedOn }: NewVersion,
): Promise<{ row: FullVersionRow; added: boolean }> {
  const { id: tenantId, shard } = tenant;
  // Order included: that of states and transitions means something.
  const checksum = createHash('sha256').update(JSON.stringify(definition)).digest('hex');
  const [latest] = await findVersionByNumber(sql, shard, { tenantId, workflowId, version: 'latest' });
  if (latest?.checksum === checksum) {
    if (layout === null) return { row: latest, added: false };
    await changeLayout(sql, ids, { tenant, workflowId, version: latest, layout, actor });
    return { row: { ...latest, layout }, added: false };
  }
  const known = latest?.version ?? 0;
  if (basedOn !== undefined && basedOn !== known) {
    const message =
      basedOn < known
        ? `Version ${known} was saved after version ${basedOn}, on which yours is based. Look at what it changed, then save yours with \`based_on\`: ${known}.`
        : `There is no version ${basedOn} to be based on; the latest is ${known}. Look at it, then save yours with \`based_on\`: ${known}.`;
    throw new PawlError('Conflict', 'version_conflict', message, { details: { latest: known } });
  }
  const version = known + 1;
  const id = ids.next();
  const of = { tenantId, id, workflowId, version, definition, checksum, layout, createdBy: actor };
  const [inserted] = await insertVersion(sql, shard, of);
  const createdAt = inserted?.createdAt ?? new Date(0);
  const data = { version, version_id: id, checksum };
  await appendLog(sql, shard, {
    tenantId,
    subjectId: workflowId,
    id: ids.next(),
    kind: 'workflow.version_created',
    actor,
    data,
  });
  return { row: { ...of, published: false, createdAt }, added: true };
}

/** The layout is the one part of a version that may change. */
export async function changeLayout(
  sql: ReservedSql,
  ids: Ids,
  {
    tenant,
    workflowId,
    version,
    layout,
    actor,
  }: {
    tenant: Tenant;
    workflowId: string;
    version: Pick<FullVersionRow, 'id' | 'version'>;
    layout: JsonObject | null;
    actor: string;
  },
): Promise<void> {
  const { id: tenantId, shard } = tenant;
  await updateLayout(sql, shard, { tenantId, id: version.id, layout });
  const entry = { tenantId, subjectId: workflowId, id: ids.next(), kind: 'workflow.layout_changed', actor };
  await appendLog(sql, shard, { ...entry, data: { version: version.version } });
}
