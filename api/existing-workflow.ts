// A workflow as requests name it: by id or by name.
import { z } from '@hono/zod-openapi';
import {
  type FullVersionRow,
  findVersionByNumber,
  findWorkflow,
  type WorkflowRow,
} from '../db/statements/workflows.ts';
import type { Tenant } from '../db/tenants.ts';
import type { ApiDeps } from './deps.ts';
import { ID_PART, notFound } from './routing.ts';

/** Ids are understood in any case; names are what they are. @param tooLong what zod says of what can be neither */
const idOrName = (tooLong: string) =>
  z
    .string()
    .max(200, { error: tooLong })
    .transform((text) => (ID_PART.test(text.toLowerCase()) ? text.toLowerCase() : text))
    .openapi({ type: 'string', description: 'Id or name.', example: 'work-order' });

/** In a body or a query. */
export const workflowRef = idOrName('must have at most 200 characters');

/** In a path, where what can be no workflow is none: 404. */
export const workflowParam = z.object({ workflow: idOrName('workflow') });

/** Nine digits, in a path too: the database counts a little further. */
export const VERSION_MAX = 999_999_999;

/** A version, in a body. */
export const versionNumber = z.int().min(1).max(VERSION_MAX);

/** @throws PawlError `workflow_not_found` */
export async function existingWorkflow(
  { db }: Pick<ApiDeps, 'db'>,
  tenant: Tenant,
  named: string,
): Promise<WorkflowRow> {
  const [row] = await db.once<WorkflowRow[]>([tenant.id], (sql) =>
    findWorkflow(sql, tenant.shard, { tenantId: tenant.id, idOrName: named }),
  );
  if (!row) throw notFound('workflow');
  return row;
}

/** @throws PawlError `workflow_version_not_found` */
export async function existingVersion(
  { db }: Pick<ApiDeps, 'db'>,
  tenant: Tenant,
  workflowId: string,
  version: number | 'latest',
): Promise<FullVersionRow> {
  const of = { tenantId: tenant.id, workflowId, version };
  const [row] = await db.once<FullVersionRow[]>([tenant.id], (sql) =>
    findVersionByNumber(sql, tenant.shard, of),
  );
  if (!row) throw notFound('workflow_version');
  return row;
}
