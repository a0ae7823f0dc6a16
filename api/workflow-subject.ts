// What a question is asked of: a definition as it is being written, or a version that was saved.
import type { ReferencedConnection } from '../db/statements/workflows.ts';
import type { Tenant } from '../db/tenants.ts';
import { type CompiledWorkflow, compileWorkflow } from '../engine/compile.ts';
import type { Json } from '../engine/json.ts';
import { leaveOutErrors } from '../engine/leave-out.ts';
import { checkDefinition, definitionInvalid } from './definition-check.ts';
import type { ApiDeps } from './deps.ts';
import { existingVersion, existingWorkflow } from './existing-workflow.ts';

export interface Subject {
  compiled: CompiledWorkflow;
  /** The tenant's connections that it names, by id. */
  connections: ReadonlyMap<string, ReferencedConnection>;
  workflow: { name: string; version: number };
  /** Pointers of what was left out, as it has errors. */
  leftOut: string[];
}

/**
 * Compiled for this request alone: drafts come and go with every keystroke.
 * @throws PawlError InvalidInput `definition_invalid`
 */
export async function draftSubject(
  { db }: Pick<ApiDeps, 'db'>,
  tenant: Tenant,
  definition: Json,
  { name, leaveOutErrors: tolerant }: { name: string | null; leaveOutErrors: boolean },
): Promise<Subject> {
  const { validation, connections, again } = await checkDefinition(db, tenant, definition, name);
  const whole = validation.ok ? { definition: validation.definition, leftOut: [] } : null;
  const tried = whole ?? (tolerant ? leaveOutErrors(definition, again) : null);
  if (tried === null) throw definitionInvalid(validation.problems);
  return {
    compiled: compileWorkflow(tried.definition),
    connections,
    workflow: { name: name ?? 'draft', version: 1 },
    leftOut: tried.leftOut,
  };
}

/** @throws PawlError NotFound `workflow_not_found`, `workflow_version_not_found` */
export async function savedSubject(
  deps: ApiDeps,
  tenant: Tenant,
  idOrName: string,
  version: number | undefined,
): Promise<Subject> {
  const { db } = deps;
  const { id: workflowId, name } = await existingWorkflow(deps, tenant, idOrName);
  const row = await existingVersion(deps, tenant, workflowId, version ?? 'latest');
  const [{ connections }, { compiled }] = await Promise.all([
    checkDefinition(db, tenant, row.definition, name),
    deps.jobs.versions.get(tenant, row.id),
  ]);
  return { compiled, connections, workflow: { name, version: row.version }, leftOut: [] };
}
