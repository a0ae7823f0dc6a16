// Compiled workflow versions. A version never changes, so what is compiled once serves until it is crowded out.
import { LRUCache } from 'lru-cache';
import type { Database } from '../db/client.ts';
import {
  findPublished,
  findVersion,
  type PublishedRow,
  type VersionRow,
} from '../db/statements/workflow-versions.ts';
import type { Tenant } from '../db/tenants.ts';
import { type CompiledWorkflow, compileWorkflow } from '../engine/compile.ts';
import type { Definition } from '../engine/definition.ts';
import { PawlError } from '../engine/errors.ts';
import { milestonesOf } from '../subscriptions/trigger.ts';

export interface Version {
  id: string;
  workflowId: string;
  workflowName: string;
  version: number;
  compiled: CompiledWorkflow;
  /** Paths of its states that are milestones. */
  milestones: readonly string[];
}

export interface Versions {
  /** @throws PawlError NotFound `workflow_version_not_found` */
  get(tenant: Tenant, versionId: string): Promise<Version>;
  /**
   * The version that a job started now would run.
   * @throws PawlError NotFound `workflow_not_found`, Conflict `workflow_not_published` or `workflow_archived`
   */
  published(tenant: Tenant, workflowIdOrName: string): Promise<Version>;
}

/** A compiled machine of a hundred states takes some hundred kilobytes. */
const COMPILED_MAX = 1_000;

export function createVersions(db: Database): Versions {
  const compiled = new LRUCache<string, Promise<Version>>({ max: COMPILED_MAX });

  async function load(tenant: Tenant, versionId: string): Promise<Version> {
    const [row] = await db.once<VersionRow[]>([tenant.id], (sql) =>
      findVersion(sql, tenant.shard, tenant.id, versionId),
    );
    if (!row)
      throw new PawlError('NotFound', 'workflow_version_not_found', 'There is no such workflow version.');
    const { id, workflowId, workflowName, version } = row;
    const compiled = compileWorkflow(row.definition as unknown as Definition);
    const milestones = milestonesOf(compiled.stateTree.states);
    return { id, workflowId, workflowName, version, compiled, milestones };
  }

  function get(tenant: Tenant, versionId: string): Promise<Version> {
    const key = `${tenant.id}:${versionId}`;
    let version = compiled.get(key);
    if (!version) {
      version = load(tenant, versionId);
      compiled.set(key, version);
      version.catch(() => compiled.delete(key));
    }
    return version;
  }

  return {
    get,
    async published(tenant, workflowIdOrName) {
      const [row] = await db.once<PublishedRow[]>([tenant.id], (sql) =>
        findPublished(sql, tenant.shard, tenant.id, workflowIdOrName),
      );
      if (!row) {
        throw new PawlError('NotFound', 'workflow_not_found', `There is no workflow "${workflowIdOrName}".`);
      }
      if (row.archived) {
        throw new PawlError(
          'Conflict',
          'workflow_archived',
          `Workflow "${workflowIdOrName}" is archived: it starts no jobs.`,
        );
      }
      if (row.versionId === null) {
        throw new PawlError(
          'Conflict',
          'workflow_not_published',
          `Workflow "${workflowIdOrName}" has no published version: publish one, then start jobs.`,
        );
      }
      return get(tenant, row.versionId);
    },
  };
}
