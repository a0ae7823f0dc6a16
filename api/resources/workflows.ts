// A workflow and its versions as the API shows them.
import { z } from '@hono/zod-openapi';
import type { FullVersionRow, WorkflowRow, WorkflowVersionRow } from '../../db/statements/workflows.ts';
import type { JsonObject } from '../../engine/json.ts';
import { json, jsonObject } from '../routing.ts';

export const workflowSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    scope_id: z.string().nullable().openapi({ description: 'Its module; null: the organisation.' }),
    published_version: z.int().nullable(),
    latest_version: z.int().nullable(),
    archived_at: z.string().nullable(),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .openapi('Workflow');
export type WorkflowResource = z.infer<typeof workflowSchema>;

const listedVersion = {
  id: z.string(),
  workflow_id: z.string(),
  version: z.int(),
  checksum: z.string().openapi({
    description: 'SHA-256 of the definition as it was sent, order of keys included, without spaces.',
  }),
  published: z.boolean(),
  created_by: z.string(),
  created_at: z.string(),
};

export const listedVersionSchema = z.object(listedVersion).openapi('ListedWorkflowVersion');
export const versionSchema = z
  .object({ ...listedVersion, definition: jsonObject, layout: json })
  .openapi('WorkflowVersion');

export const problemSchema = z
  .object({
    pointer: z.string().openapi({ description: 'RFC 6901, into the definition.' }),
    code: z.string(),
    message: z.string(),
    severity: z.enum(['error', 'warning']),
  })
  .openapi('DefinitionProblem');

/** A version that has just been saved, with what could be better about it. */
export const savedVersionSchema = z
  .object({ ...listedVersion, definition: jsonObject, layout: json, problems: z.array(problemSchema) })
  .openapi('SavedWorkflowVersion');

export function presentWorkflow(row: WorkflowRow): WorkflowResource {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    scope_id: row.scopeId,
    published_version: row.publishedVersion,
    latest_version: row.latestVersion,
    archived_at: row.archivedAt?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

export function presentListedVersion(row: WorkflowVersionRow): z.infer<typeof listedVersionSchema> {
  return {
    id: row.id,
    workflow_id: row.workflowId,
    version: row.version,
    checksum: row.checksum,
    published: row.published,
    created_by: row.createdBy,
    created_at: row.createdAt.toISOString(),
  };
}

export function presentVersion(row: FullVersionRow): z.infer<typeof versionSchema> {
  return { ...presentListedVersion(row), definition: row.definition as JsonObject, layout: row.layout };
}
