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
  /** @throws PawlError NotFound `workflow_not_found` */
  workflow(tenant: Tenant, idOrName: string): Promise<StartableWorkflow>;
  /** As that of `workflow`. */
  published(tenant: Tenant, workflowIdOrName: string): Promise<Version>;
}

export interface StartableWorkflow {
  id: string;
  /**
   * The version that a job started now would run.
   * @throws PawlError Conflict `workflow_not_published` or `workflow_archived`
   */
  published(): Promise<Version>;
}

/** Characters of definitions. Compiled, each takes some 40 bytes: a third of a gigabyte at most. */
const COMPILED_MAX = 8_000_000;

export function createVersions(db: Database): Versions {
  const compiled = new LRUCache<string, Promise<Version>>({ maxSize: COMPILED_MAX });

  async function load(tenant: Tenant, versionId: string): Promise<VersionRow> {
    const [row] = await db.read<VersionRow[]>(tenant.id, (sql) =>
      findVersion(sql, tenant.shard, tenant.id, versionId),
    );
    if (!row)
      throw new PawlError('NotFound', 'workflow_version_not_found', 'There is no such workflow version.');
    return row;
  }

  function get(tenant: Tenant, versionId: string): Promise<Version> {
    const key = `${tenant.id}:${versionId}`;
    const known = compiled.get(key);
    if (known) return known;
    const version = load(tenant, versionId).then((row) => {
      // Its size is known only now.
      if (compiled.peek(key) === version) compiled.set(key, version, { size: sizeOf(row) });
      return compile(row);
    });
    compiled.set(key, version, { size: 1 });
    version.catch(() => compiled.delete(key));
    return version;
  }

  async function workflow(tenant: Tenant, idOrName: string): Promise<StartableWorkflow> {
    const [row] = await db.read<PublishedRow[]>(tenant.id, (sql) =>
      findPublished(sql, tenant.shard, tenant.id, idOrName),
    );
    if (!row) throw new PawlError('NotFound', 'workflow_not_found', `There is no workflow "${idOrName}".`);
    return {
      id: row.workflowId,
      async published() {
        if (row.archived) {
          throw new PawlError(
            'Conflict',
            'workflow_archived',
            `Workflow "${idOrName}" is archived: it starts no jobs.`,
          );
        }
        if (row.versionId === null) {
          throw new PawlError(
            'Conflict',
            'workflow_not_published',
            `Workflow "${idOrName}" has no published version: publish one, then start jobs.`,
          );
        }
        return get(tenant, row.versionId);
      },
    };
  }

  return {
    get,
    workflow,
    published: async (tenant, workflowIdOrName) => (await workflow(tenant, workflowIdOrName)).published(),
  };
}

function compile({ id, workflowId, workflowName, version, definition }: VersionRow): Version {
  const compiled = compileWorkflow(definition as unknown as Definition);
  return {
    id,
    workflowId,
    workflowName,
    version,
    compiled,
    milestones: milestonesOf(compiled.stateTree.states),
  };
}

const sizeOf = ({ definition }: VersionRow): number => JSON.stringify(definition).length;
