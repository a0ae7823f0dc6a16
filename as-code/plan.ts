// What has to happen so that a tenant becomes what the documents say: nothing, where it is that already. Pure.
import type { Json, JsonObject } from '../engine/json.ts';
import { type Declared, type Desired, declare, resolve } from './desired.ts';
import { type Difference, specDifferences } from './differences.ts';
import { type FileProblem, readDocuments, type SourceFile } from './documents.ts';
import { KINDS, type Kind } from './kinds.ts';
import { createNames, type Names } from './names.ts';
import { namedIdentity, type PresentObject, presentObjects, scopeIdentity } from './objects.ts';
import { type Part, type Present, partsFor } from './present.ts';
import { type ApiRequest, makeScope, requestsFor, requestToDelete, standInName } from './requests.ts';
import { scopeKey } from './scope-path.ts';

export interface Change {
  /** `replace`: what cannot be changed is made anew, and takes the place of what is there. */
  action: 'create' | 'change' | 'replace' | 'delete';
  kind: Kind;
  title: string;
  differences: readonly Difference[];
  requests: readonly ApiRequest[];
  /** A deletion that nobody has confirmed by `--prune`; it has no requests. */
  held: boolean;
}

export interface Plan {
  /** In the order in which a reader wants them: made before used, deletions last. */
  changes: readonly Change[];
  /** How many objects are as the documents say. */
  unchanged: number;
}

export interface DeclaredFiles {
  declared: Declared[];
  problems: FileProblem[];
  /** What a plan for them has to know of the tenant. */
  parts: Set<Part>;
  /** Workflows and groups whose insides have to be known as well. */
  workflows: ReadonlySet<string>;
  groups: ReadonlySet<string>;
}

/** Everything that files say by themselves. */
export function readFiles(files: readonly SourceFile[]): DeclaredFiles {
  const read = files.map(readDocuments);
  const { declared, problems } = declare(read.flatMap(({ documents }) => documents));
  const namesOf = (kind: Kind) =>
    new Set(
      declared.flatMap(({ document }) =>
        document.kind === kind && 'name' in document ? [String(document.name)] : [],
      ),
    );
  return {
    declared,
    problems: [...read.flatMap((one) => one.problems), ...problems],
    parts: partsFor(declared.map(({ document }) => document.kind)),
    workflows: namesOf('Workflow'),
    groups: namesOf('Group'),
  };
}

/**
 * Holds the documents against the tenant.
 * @returns no plan when a problem is an error
 */
export function planFor(
  { declared, problems: read }: Pick<DeclaredFiles, 'declared' | 'problems'>,
  present: Present,
  { prune }: { prune: boolean },
): { plan: Plan | null; problems: FileProblem[] } {
  const names = createNames(present);
  const { desired, problems: found } = resolve(declared, present, names);
  const problems = inReadingOrder([...read, ...found]);
  if (problems.some(({ severity }) => severity === 'error')) return { plan: null, problems };
  return { plan: makePlan(desired, presentObjects(present, names), names, prune), problems };
}

function inReadingOrder(problems: readonly FileProblem[]): FileProblem[] {
  const files = [...new Set(problems.map(({ file }) => file))];
  const place = ({ file, line, column }: FileProblem) => [files.indexOf(file), line, column];
  return problems.toSorted((one, other) => compare(place(one), place(other)));
}

function makePlan(
  desired: readonly Desired[],
  objects: readonly PresentObject[],
  names: Names,
  prune: boolean,
): Plan {
  const present = new Map(objects.map((object) => [object.key, object]));
  const all = [
    ...desired.map((one) => changeFor(one, present, names, prune)),
    ...impliedScopes(desired, names),
  ];
  const changes = all.filter((change) => change !== null);
  const order = ({ action, kind, title }: Change): [number, number, string] => {
    const place = KINDS.indexOf(kind);
    return action === 'delete' ? [1, -place, title] : [0, place, kind === 'Scope' ? title : ''];
  };
  changes.sort((one, other) => compare(order(one), order(other)));
  return { changes, unchanged: all.length - changes.length };
}

function compare(one: readonly (number | string)[], other: readonly (number | string)[]): number {
  for (const [at, value] of one.entries()) {
    const against = other[at] ?? 0;
    if (value !== against) return value < against ? -1 : 1;
  }
  return 0;
}

function changeFor(
  desired: Desired,
  objects: ReadonlyMap<string, PresentObject>,
  names: Names,
  prune: boolean,
): Change | null {
  const { kind, title, document, spec } = desired;
  const present = objects.get(desired.key);
  if (document.absent === true) {
    if (!present) return null;
    const requests = prune ? [requestToDelete(present, KINDS.indexOf(kind))] : [];
    return { action: 'delete', kind, title, differences: [], requests, held: !prune };
  }
  const isDraft = document.kind === 'Workflow' && !document.spec.publish;
  const said = isDraft ? present?.draft : present?.spec;
  const differences = said ? specDifferences(said, spec) : creation(spec);
  if (present && differences.length === 0) return null;
  const about = { desired, present, differences, names };
  const replaces =
    present !== undefined &&
    kind === 'Subscription' &&
    differences.some(({ pointer }) => pointer.startsWith('/trigger'));
  const action = !present ? 'create' : replaces ? 'replace' : 'change';
  const left = kind === 'Subscription' && action !== 'change' ? leftOver(title, objects) : [];
  return { action, kind, title, differences, requests: [...left, ...requestsFor(about)], held: false };
}

const creation = (spec: JsonObject): Difference[] =>
  Object.entries(spec).map(([key, becomes]: [string, Json]) => ({ pointer: `/${key}`, becomes }));

/** A replacement that broke off may have left what was to take over. */
function leftOver(name: string, objects: ReadonlyMap<string, PresentObject>): ApiRequest[] {
  const standIn = objects.get(namedIdentity('Subscription', standInName(name)).key);
  if (!standIn) return [];
  return [{ ...requestToDelete(standIn, 0), stage: 0 }];
}

/** The scopes that a declared one stands in are made with it. */
function impliedScopes(desired: readonly Desired[], names: Names): Change[] {
  const declared = new Set(desired.map(({ key }) => key));
  const implied = new Map<string, Change>();
  for (const { document } of desired) {
    if (document.kind !== 'Scope' || document.absent === true) continue;
    for (let depth = 1; depth < document.name.length; depth++) {
      const path = document.name.slice(0, depth);
      const { kind, key, title } = scopeIdentity(path);
      if (names.scopeId(path) !== undefined || declared.has(key)) continue;
      const requests = [makeScope(path, names)];
      implied.set(scopeKey(path), { action: 'create', kind, title, differences: [], requests, held: false });
    }
  }
  return [...implied.values()];
}
