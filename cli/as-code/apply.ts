// `plan` and `apply`, apart from the terminal and the files: what is read, shown, asked and done, in this order.
import type { FileProblem, SourceFile } from '../../as-code/documents.ts';
import type { Kind } from '../../as-code/kinds.ts';
import { type Change, type DeclaredFiles, type Plan, planFor, readFiles } from '../../as-code/plan.ts';
import { lineOfProblem, linesOfChange, plural, printable, summary } from '../../as-code/words.ts';
import { PawlError } from '../../engine/errors.ts';
import type { Client } from '../client.ts';
import type { Voice } from '../command.ts';
import { carryOut, type Outcome } from './carry-out.ts';
import { readPresent } from './read-present.ts';

export interface PlanOptions {
  client: Client;
  files: readonly SourceFile[];
  prune: boolean;
  json: boolean;
  voice: Voice;
}

export interface ApplyOptions extends PlanOptions {
  /** Null: nobody has to be asked. */
  confirm: (() => Promise<boolean>) | null;
}

const OK = 0;
const FAILED = 1;
/** As `terraform plan -detailed-exitcode` has it. */
const CHANGES = 2;

/** @returns the exit status: 1 for files that are wrong, 2 for changes if `detailedExitCode` asks for it */
export async function runPlan(options: PlanOptions & { detailedExitCode: boolean }): Promise<number> {
  const { client, json, voice } = options;
  const files = readFiles(options.files);
  const { plan, problems } = await planOf(client, files, options);
  if (json) voice.say(JSON.stringify({ problems, ...(plan && shown(plan)) }, null, 2));
  else tell(plan, problems, voice);
  if (plan === null) return FAILED;
  return options.detailedExitCode && plan.changes.length > 0 ? CHANGES : OK;
}

/** @returns the exit status: 0 when everything is as declared now */
export async function runApply(options: ApplyOptions): Promise<number> {
  const { client, json, voice, confirm } = options;
  const files = readFiles(options.files);
  const { plan, problems } = await planOf(client, files, options);
  if (!json) tell(plan, problems, voice);
  if (plan === null) {
    if (json) voice.say(JSON.stringify({ problems }, null, 2));
    return FAILED;
  }
  if (plan.changes.every(({ held }) => held)) {
    if (json) voice.say(JSON.stringify({ problems, ...shown(plan), ...shownOutcome(NOTHING) }, null, 2));
    return OK;
  }
  await requirePermissions(client, plan);
  if (confirm !== null) {
    if (!(await confirm())) {
      voice.say('Nothing was changed.');
      return FAILED;
    }
    await requireUnchanged(client, files, options, plan);
  }
  const outcome = await carryOut(client, plan, (change) => {
    if (!json) voice.say(printable(`${PAST[change.action]} ${change.kind} ${change.title}`));
  });
  if (json) voice.say(JSON.stringify({ problems, ...shown(plan), ...shownOutcome(outcome) }, null, 2));
  else tellOutcome(outcome, voice);
  return outcome.failure === null ? OK : FAILED;
}

const PAST: Readonly<Record<Change['action'], string>> = {
  create: 'created',
  change: 'changed',
  replace: 'replaced',
  delete: 'deleted',
};

async function planOf(
  client: Client,
  files: DeclaredFiles,
  { prune }: Pick<PlanOptions, 'prune'>,
): Promise<{ plan: Plan | null; problems: FileProblem[] }> {
  // Names may be looked up although some documents are wrong: then all problems are told at once.
  const present = await readPresent(client, {
    parts: files.parts,
    workflows: (name) => files.workflows.has(name),
    groups: (name) => files.groups.has(name),
  });
  return planFor(files, present, { prune });
}

/** What was shown is what is done: somebody else may have changed things while the question stood. */
async function requireUnchanged(
  client: Client,
  files: DeclaredFiles,
  options: PlanOptions,
  confirmed: Plan,
): Promise<void> {
  const { plan } = await planOf(client, files, options);
  if (JSON.stringify(plan) === JSON.stringify(confirmed)) return;
  const message =
    'Something was changed meanwhile, so this is not the plan any more. Nothing was done: run it again.';
  throw new PawlError('Conflict', 'plan_outdated', message);
}

const PERMISSIONS: Readonly<Record<Kind, readonly string[]>> = {
  Scope: ['scope.write'],
  Workflow: ['workflow.write'],
  Supply: ['supply.write'],
  Trigger: ['trigger.write'],
  Subscription: ['subscription.write', 'job.read'],
  Group: ['group.write'],
  RoleAssignment: ['role.write'],
};
/** May be had on a connection alone: whether on the right one, the API will say. */
const ON_CONNECTIONS: readonly Kind[] = ['Supply', 'Subscription', 'RoleAssignment'];

/** @throws PawlError Forbidden `plan_forbidden`, before the first request that would change something */
async function requirePermissions(client: Client, { changes }: Plan): Promise<void> {
  interface Me {
    permissions: string[];
    connection_roles: unknown[];
  }
  const { permissions, connection_roles: onConnections } = await client.request<Me>('GET', '/me');
  const kinds = new Set(changes.filter(({ held }) => !held).map(({ kind }) => kind));
  const missing = [...kinds].flatMap((kind) => {
    if (onConnections.length > 0 && ON_CONNECTIONS.includes(kind)) return [];
    return PERMISSIONS[kind].filter((permission) => !permissions.includes(permission));
  });
  if (missing.length === 0) return;
  const list = [...new Set(missing)].join(', ');
  throw new PawlError(
    'Forbidden',
    'plan_forbidden',
    `This needs ${list}, which your key does not have. Nothing was changed.`,
  );
}

const NOTHING: Outcome = { done: [], begun: [], untouched: [], failure: null };

/** A plan for programs. */
const shown = ({ changes, unchanged }: Plan) => ({ changes: changes.map(shownChange), unchanged });

const shownChange = ({ action, kind, title, differences, held }: Change) => ({
  action,
  kind,
  name: title,
  differences,
  held,
});

const shownOutcome = ({ done, begun, untouched, failure }: Outcome) => ({
  done: done.map(nameOf),
  begun: begun.map(nameOf),
  not_done: untouched.map(nameOf),
  failure: failure && {
    ...nameOf(failure.change),
    code: failure.error.code,
    message: failure.error.message,
    problems: failure.error.problems,
  },
});

const nameOf = ({ action, kind, title }: Change) => ({ action, kind, name: title });

function tell(plan: Plan | null, problems: readonly FileProblem[], { say, complain }: Voice): void {
  for (const problem of problems) complain(lineOfProblem(problem));
  if (plan === null) {
    const errors = problems.filter(({ severity }) => severity === 'error').length;
    complain(`\n${plural(errors, 'problem')}: there is no plan until they are mended.`);
    return;
  }
  for (const line of plan.changes.flatMap(linesOfChange)) say(line);
  say(`${plan.changes.length > 0 ? '\n' : ''}${summary(plan)}`);
}

function tellOutcome({ done, begun, untouched, failure }: Outcome, { say, complain }: Voice): void {
  if (failure === null) {
    say(`\nDone: ${plural(done.length, 'change')}.`);
    return;
  }
  const { change, error } = failure;
  complain(printable(`\n${change.kind} ${change.title}: ${error.code}: ${error.message}`));
  for (const { pointer, message } of error.problems) complain(printable(`  ${pointer}: ${message}`));
  complain(`\n${plural(done.length, 'change')} done.`);
  for (const one of begun) complain(printable(`begun, not finished: ${one.kind} ${one.title}`));
  for (const one of untouched) complain(printable(`not done: ${one.kind} ${one.title}`));
  complain('What is done stays. Running the same again goes on from here.');
}
