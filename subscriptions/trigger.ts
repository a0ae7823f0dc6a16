// What a subscription waits for, and whether a transition is it. Pure.
/** States are named by their path, "a.b". `action_failed` comes of no transition: the worker sees it when it records. */
export type Trigger =
  | { kind: 'job_started' }
  | {
      kind: 'transition_taken';
      from?: string | undefined;
      to?: string | undefined;
      /** Type of the event. */
      event?: string | undefined;
    }
  | { kind: 'state_entered'; state: string }
  | { kind: 'job_done' }
  | { kind: 'action_failed'; action?: string | undefined }
  | { kind: 'milestone_reached'; state?: string | undefined };

/** A state with this tag is a milestone. */
const MILESTONE = 'milestone';

/** One committed change of a job, as far as triggers look at it. */
export interface Change {
  /** The current state before; null when the job starts. */
  from: string | null;
  to: string;
  /** Null: the job was cancelled, and stands where it stood. */
  event: string | null;
  isOver: boolean;
  /** Paths of the workflow version's states that are milestones. */
  milestones: readonly string[];
}

export function fires(trigger: Trigger, change: Change): boolean {
  switch (trigger.kind) {
    case 'job_started':
      return change.from === null;
    case 'transition_taken':
      return (
        change.from !== null &&
        change.event !== null &&
        (trigger.event === undefined || trigger.event === change.event) &&
        (trigger.from === undefined || standsIn(change.from, trigger.from)) &&
        (trigger.to === undefined || standsIn(change.to, trigger.to))
      );
    case 'state_entered':
      return entered(change, trigger.state);
    case 'job_done':
      return change.isOver;
    case 'action_failed':
      return false;
    case 'milestone_reached':
      return change.milestones.some(
        (milestone) =>
          (trigger.state === undefined || trigger.state === milestone) && entered(change, milestone),
      );
    default:
      return trigger satisfies never;
  }
}

/** The job stands in it now and did not before; what it merely passed through, it did not enter. */
const entered = ({ from, to }: Change, path: string): boolean =>
  standsIn(to, path) && (from === null || !standsIn(from, path));

/** @param currentState as jobs have it: leaves joined by commas, each the path "a.b" of a state */
function standsIn(currentState: string, path: string): boolean {
  return currentState.split(',').some((leaf) => leaf === path || leaf.startsWith(`${path}.`));
}

/** Paths of the states that are milestones. */
export function milestonesOf(
  states: readonly { path: string; config: { tags?: string | string[] } }[],
): string[] {
  return states.filter(({ config }) => [config.tags].flat().includes(MILESTONE)).map(({ path }) => path);
}
