// What a tenant has, as files that say it: the way back from `presentObjects`. Pure.
import { stringify } from 'yaml';
import type { JsonObject } from '../engine/json.ts';
import type { SourceFile } from './documents.ts';
import { KINDS, type Kind } from './kinds.ts';
import { createNames, type Names } from './names.ts';
import { type PresentObject, presentObjects } from './objects.ts';
import type { Present } from './present.ts';
import { type ScopePath, writeScopePath } from './scope-path.ts';

export interface WrittenFiles {
  files: SourceFile[];
  /** What the files do not say, each in a sentence. */
  notes: string[];
}

const FILES: Readonly<Record<Exclude<Kind, 'Workflow'>, string>> = {
  Scope: 'scopes.yaml',
  Supply: 'supplies.yaml',
  Trigger: 'triggers.yaml',
  Subscription: 'subscriptions.yaml',
  Group: 'groups.yaml',
  RoleAssignment: 'roles.yaml',
};

/** One file for each kind, and one for each workflow. Applied where they come from, they change nothing. */
export function writeFiles(present: Present): WrittenFiles {
  const names = createNames(present);
  const notes: string[] = [];
  const byFile = new Map<string, JsonObject[]>();
  const objects = presentObjects(present, names).sort((one, other) => order(one) - order(other));
  for (const object of objects) {
    const note = unsayable(object, names);
    if (note !== null) {
      notes.push(note);
      continue;
    }
    if (object.workflow && isBehind(object))
      notes.push(`${object.title} has a draft after its published version: left out.`);
    const file = fileOf(object, byFile);
    byFile.set(file, [...(byFile.get(file) ?? []), documentOf(object)]);
  }
  const files = [...byFile].map(([path, documents]) => ({
    path,
    // Long lines stay whole: a template that is folded is hard to read and to search.
    text: documents
      .map((document) => stringify(document, { lineWidth: 0, aliasDuplicateObjects: false }))
      .join('---\n'),
  }));
  return { files, notes };
}

const order = ({ kind }: PresentObject): number => KINDS.indexOf(kind);

const isBehind = ({ workflow }: PresentObject): boolean =>
  Boolean(workflow?.published && workflow.latest && workflow.published.version !== workflow.latest.version);

/** A file per workflow, named after it as far as file names allow. */
function fileOf({ kind, title }: PresentObject, taken: ReadonlyMap<string, unknown>): string {
  if (kind !== 'Workflow') return FILES[kind];
  const base =
    title
      .normalize('NFKD')
      .replace(/[^\w.-]+/g, '-')
      .replace(/^[.-]+|-+$/g, '') || 'workflow';
  for (let count = 1; ; count++) {
    const path = `workflows/${base}${count === 1 ? '' : `-${count}`}.yaml`;
    // Some file systems take two names that differ in case for one.
    if (![...taken.keys()].some((one) => one.toLowerCase() === path.toLowerCase())) return path;
  }
}

function documentOf({ kind, key, title, spec }: PresentObject): JsonObject {
  switch (kind) {
    case 'Scope':
      return { kind, name: writeScopePath(JSON.parse(key.slice('Scope '.length)) as ScopePath) };
    case 'Trigger':
      return { kind, name: title.slice(`${spec.source}: `.length), spec };
    case 'Supply':
    case 'RoleAssignment':
      return { kind, spec };
    default:
      return { kind, name: title, spec: withoutDefaults(kind, spec) };
  }
}

/** What reading a document fills in anyway. */
function withoutDefaults(kind: Kind, spec: JsonObject): JsonObject {
  if (kind !== 'Workflow') return spec;
  const { description, scope, archived, publish, ...rest } = spec;
  return {
    ...(description !== '' && { description: description ?? '' }),
    ...(scope !== null && { scope: scope ?? null }),
    ...(archived === true && { archived }),
    ...(publish === false && { publish }),
    ...rest,
  };
}

/** Why no file can say it; null when one can. */
function unsayable({ kind, title, spec }: PresentObject, names: Names): string | null {
  if (kind !== 'RoleAssignment' || typeof spec.api_key !== 'string') return null;
  if (names.apiKeys.find(spec.api_key).ok) return null;
  return `The role ${title} is of an API key that was revoked: left out.`;
}
