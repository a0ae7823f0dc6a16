// Checks a definition against what the tenant has: its connections, its workflows, the operations of their providers.
import type { Database } from '../db/client.ts';
import {
  findConnectionsById,
  findWorkflowNames,
  type ReferencedConnection,
} from '../db/statements/workflows.ts';
import type { Tenant } from '../db/tenants.ts';
import { PawlError, type Problem } from '../engine/errors.ts';
import type { Json } from '../engine/json.ts';
import { type Validation, validateDefinition } from '../engine/validate.ts';
import { operationReferences } from '../integrations/catalogue.ts';
import { ID_PART } from './routing.ts';

export interface CheckedDefinition {
  validation: Validation;
  /** The tenant's connections that the definition names, by id. */
  connections: ReadonlyMap<string, ReferencedConnection>;
  /** Checks what is made of it, which names nothing new. */
  again(definition: Json): Validation;
}

const operations = operationReferences();

/** @param ownName the workflow's own name, which its definition may start whether it is saved already or not */
export async function checkDefinition(
  db: Database,
  tenant: Tenant,
  definition: Json,
  ownName: string | null,
): Promise<CheckedDefinition> {
  const named = namesIn(definition);
  const tenantId = tenant.id;
  const [connections, workflows] = await Promise.all([
    named.connections.length === 0
      ? []
      : db.once<ReferencedConnection[]>([tenantId], (sql) =>
          findConnectionsById(sql, tenant.shard, { tenantId, ids: named.connections }),
        ),
    named.workflows.length === 0
      ? []
      : db.once<{ name: string }[]>([tenantId], (sql) =>
          findWorkflowNames(sql, tenant.shard, { tenantId, names: named.workflows }),
        ),
  ]);
  const byId = new Map(connections.map((connection) => [connection.id, connection]));
  const names = new Set(workflows.map(({ name }) => name));
  if (ownName !== null) names.add(ownName);
  const again = (one: Json) => validateDefinition(one, { connections: byId, workflows: names, operations });
  return { validation: again(definition), connections: byId, again };
}

/** InvalidInput `definition_invalid`, with every problem. Pointers begin at the definition, as in `validate`. */
export function definitionInvalid(problems: readonly Problem[]): PawlError {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const message = `The definition has ${errors === 1 ? 'an error' : `${errors} errors`}.`;
  return new PawlError('InvalidInput', 'definition_invalid', message, { problems });
}

interface Names {
  connections: string[];
  workflows: string[];
}

/**
 * Everything the document might mean by a connection or a workflow, wherever it stands. Too many does no harm: what
 * counts is that nothing the validator asks about is missing.
 */
function namesIn(document: Json): Names {
  const connections = new Set<string>();
  const workflows = new Set<string>();
  const visit = (value: Json): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, member] of Object.entries(value)) {
      if (typeof member !== 'string') visit(member);
      else if (key === 'connection_id' && ID_PART.test(member)) connections.add(member);
      else if (key === 'workflow') workflows.add(member);
    }
  };
  visit(document);
  return { connections: [...connections], workflows: [...workflows] };
}
