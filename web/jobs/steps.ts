// The log of a job as people read it: steps, each with the actions it set off. Attempts stand with their actions.
import type { Resource } from '../api/client.ts';

type LogEntry = Resource<'LogEntry'>;
type Run = Resource<'ListedActionRun'>;

export interface TransitionStep {
  kind: 'transition';
  id: string;
  at: string;
  actor: string;
  revision: number;
  /** Null for the start. */
  from: string | null;
  to: string;
  event: string;
  payload: unknown;
  runs: readonly Run[];
}

/** Anything else that was written down: somebody stepped in, an event could not be taken. */
export interface NoteStep {
  kind: 'note';
  id: string;
  at: string;
  actor: string;
  what: string;
  data: unknown;
}

export type Step = TransitionStep | NoteStep;

const ATTEMPTS = new Set(['attempt', 'attempt_late']);

/** Oldest first, as the log. */
export function stepsOf(entries: readonly LogEntry[], runs: readonly Run[]): Step[] {
  const byTransition = Map.groupBy(runs, ({ transition_id: id }) => id);
  return entries
    .filter(({ kind }) => !ATTEMPTS.has(kind))
    .map((entry) => {
      const { id, at, actor, kind, revision, data } = entry;
      if (kind !== 'transition' || revision === null)
        return { kind: 'note', id, at, actor, what: spoken(kind), data };
      const event = data.event as { type?: string; payload?: unknown } | undefined;
      return {
        kind: 'transition',
        id,
        at,
        actor,
        revision,
        from: (data.from as string | null | undefined) ?? null,
        to: String(data.to),
        event: spokenEvent(event?.type ?? ''),
        payload: event?.payload ?? null,
        runs: (byTransition.get(id) ?? []).toSorted((a, b) => a.ordinal - b.ordinal),
      };
    });
}

/** What of a parallel state moved; the whole of any other. */
export function movedParts({ from, to }: TransitionStep): { from: string | null; to: string } {
  if (from === null || from === to) return { from, to };
  const [left, came] = [from.split(','), to.split(',')];
  const moved = {
    from: left.filter((path) => !came.includes(path)).join(','),
    to: came.filter((path) => !left.includes(path)).join(','),
  };
  return moved.from === '' || moved.to === '' ? { from, to } : moved;
}

const spoken = (kind: string): string => {
  const words = kind.replaceAll(/[._]/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** The engine's own events, said as what they are. */
export function spokenEvent(type: string): string {
  if (type === 'xstate.init') return 'started';
  const after = /^xstate\.after\.(\d+)\./.exec(type);
  if (after) return 'timer';
  if (type.startsWith('xstate.done.actor.')) return 'action succeeded';
  if (type.startsWith('xstate.error.actor.')) return 'action failed';
  if (type.startsWith('xstate.done.state.')) return 'inner states done';
  return type;
}

/** Who did it. */
export function spokenActor(actor: string, me: string | undefined): string {
  if (actor === me) return 'you';
  if (actor === 'worker') return 'the worker';
  if (actor === 'timer') return 'its timer';
  const [kind, id = ''] = [actor.slice(0, actor.indexOf(':')), actor.slice(actor.indexOf(':') + 1)];
  if (kind === 'key') return 'an API key';
  if (kind === 'job') return 'another job';
  if (kind === 'action') return 'its action';
  if (kind === 'user') return id;
  return actor;
}
