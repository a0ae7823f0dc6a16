// A request that failed, in a shape that can be shown: what happened, and what to do about it.
import type { components } from '../api-types.ts';

type ProblemDocument = components['schemas']['Problem'];

/** What the API refused, or what kept it from being asked. `members` are those that single codes bring. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly problems: readonly { pointer: string; message: string }[];
  readonly requestId: string | null;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(document: Partial<ProblemDocument> & Record<string, unknown>, status: number) {
    super(document.detail ?? `The server answered ${status}.`);
    this.name = 'ApiProblem';
    this.status = status;
    this.code = document.code ?? 'unknown';
    this.title = document.title ?? 'The request failed';
    this.problems = document.problems ?? [];
    this.requestId = document.request_id ?? null;
    this.members = document;
  }
}

/** Nobody answered, or the answer was cut off. */
export function unreachable(cause: unknown): ApiProblem {
  const problem = new ApiProblem(
    { code: 'unreachable', title: 'Pawl does not answer', detail: 'The server cannot be reached.' },
    0,
  );
  problem.cause = cause;
  return problem;
}

export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new ApiProblem({ code: 'page_failed', title: 'This page failed', detail }, 0);
}

/**
 * Whether a failure keeps what was asked for from being shown. What is there already stays while the server only does not
 * answer: whoever fills in a form on it would lose what they wrote.
 */
export function keepsFromShowing({ data, error }: { data: unknown; error: unknown }): boolean {
  if (error === null) return false;
  const { status } = asProblem(error);
  return data === undefined || (status >= 400 && status < 500 && status !== 429);
}

/** What went wrong in the browser, and has no code of the API. */
export const OWN_CODES = ['unreachable', 'page_failed'];

export const ADVICE: Readonly<Record<string, string>> = {
  unreachable: 'Check that the server runs and that you are online. This page tries again by itself.',
  page_failed: 'Load the page again. If it happens again, report what you did just before.',
  database_unavailable: 'Nothing was lost. Try again in a moment.',
  database_not_migrated: 'Run `pawl migrate`, then try again.',
  internal_error: 'Give the request id to whoever runs Pawl: the log has the rest under it.',
  forbidden: 'Ask an Owner of the organisation for a role that has it.',
  invalid_credentials: 'Sign in again with a key that is valid.',
  session_ended: 'Sign in again.',
  last_owner: 'Give the role Owner to somebody else, then try again.',
  member_already: 'Change their roles in the list of members.',
  group_cycle: 'Look at which groups the other one is in, and take it out there first.',
  sign_in_off: 'Set them where Pawl runs, and start it again.',
  api_key_revoked: 'Sign in with another key.',
  api_key_expired: 'Sign in with another key.',
  guard_refused: 'See which guard said no below, change what it depends on, then send the event again.',
  no_transition: 'Send one of the events that the current state knows.',
  job_not_active: 'The job has ended. Start another one.',
  stale_revision: 'The job has moved meanwhile. Look at where it stands now, then decide again.',
  workflow_archived: 'Start a job of another workflow, or bring this one back.',
  job_key_taken: 'A live job of this workflow has that key: look for it, or give another key.',
  action_list_busy: 'An action of the same list is being sent. Try again when it is over.',
  action_running: 'It is being sent right now. Try again when it is over.',
  connection_name_taken: 'Give it another name.',
  source_name_taken: 'Give it another name.',
  trigger_name_taken: 'Give it another name.',
  scope_name_taken: 'Give it another name.',
  subscription_name_taken: 'Give it another name.',
  scope_not_empty: 'Move or delete what stands in it first: scopes, workflows, supplies and subscriptions.',
  endpoint_in_use: 'Unsubscribe those first, or have them go to another endpoint.',
  nothing_to_test_with: 'Start a job of a workflow in its scope, then send the test again.',
  delivery_under_way: 'Wait until it is over. Its page shows that by itself.',
  connection_in_use: 'Have those that are named do without it first, or delete it all the same.',
  connection_test_unavailable: 'Use the connection in a workflow and look at its first attempt.',
  version_conflict: 'Look at what was saved, then save yours after it.',
  workflow_not_published: 'Publish a version of the workflow first.',
  too_many_streams: 'Close other pages that follow jobs.',
  connection_not_found: 'It was deleted, or belongs to another organisation.',
  job_not_found: 'Check the id. Jobs of other organisations are not shown.',
  workflow_not_found: 'Check the name. It may have been deleted.',
};

/** What to do about it, as one or two sentences; null where what happened says it all. */
export function adviceFor({ code, status, problems }: ApiProblem): string | null {
  const advice = ADVICE[code];
  if (advice !== undefined) return advice;
  if (problems.length > 0) return 'Mend what is listed, then send it again.';
  return status >= 500 ? 'Try again in a moment.' : null;
}
