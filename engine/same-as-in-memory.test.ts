// The promise the database rests on: a job that is written and read between every two events goes exactly where one
// XState actor that stays in memory would go, and carries exactly the same.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type RandomStep, randomDefinition, randomSteps } from './arbitraries.testkit.ts';
import { compileWorkflow } from './compile.ts';
import type { Decision, JobEvent, JobFacts, Taken } from './decision.ts';
import { isJsonObject, type Json } from './json.ts';
import { createReference, type ReferenceRun } from './reference-machine.testkit.ts';
import { doneEventOf, errorEventOf } from './state-tree.ts';
import { decide, initialDecision } from './transition.ts';

it('gives the states and actions of one in-memory actor when every snapshot goes through the database', () => {
  fc.assert(
    fc.property(randomDefinition(), randomSteps(), (definition, steps) => {
      const workflow = compileWorkflow(definition);
      const reference = createReference(definition);
      const waiting = { timers: new Set<string>(), invocations: new Set<string>() };
      let stored: Json = null;

      const agree = (decision: Decision, expected: () => ReferenceRun, outcomeOf?: string): boolean => {
        if (decision.kind === 'refused') throw new Error(decision.message);
        const run = expected();
        if (decision.kind === 'failed') {
          expect([decision.code, run.status]).toEqual(['loop_limit', 'error']);
          return false;
        }
        // An actor that errs drops its timers and children by itself, where we have to name them.
        if (decision.status === 'ERROR') {
          run.timersCancelled = [...decision.timers.cancelled];
          run.stopped = [...decision.invocationsStopped];
        }
        // The reference's child runs on, since its outcome is only played; ours has ended.
        run.stopped = run.stopped.filter((id) => id !== outcomeOf);
        expect(carried(decision)).toEqual(carriedBy(run));
        remember(waiting, decision);
        stored = throughDatabase(decision.snapshot);
        return decision.status === 'ACTIVE';
      };

      const started = initialDecision(workflow, { input: {}, job: JOB, facts: {} });
      if (!agree(started, () => reference.start())) return;
      for (const step of steps) {
        const sent = toEvent(step, waiting);
        if (sent === null) continue;
        const { event, internal, inMemory, outcomeOf } = sent;
        const decision = decide(workflow, { snapshot: stored, event, job: JOB, facts: {}, internal });
        if (decision.kind === 'refused') {
          expect(reference.hears(inMemory)).toBe(false);
          continue;
        }
        if (!agree(decision, () => reference.send(inMemory), outcomeOf)) return;
      }
    }),
    { numRuns: 300 },
  );
});

const JOB: JobFacts = {
  id: 'job',
  current_state: '',
  revision: 0,
  parent_id: null,
  key: null,
  created_at: '2026-01-01T00:00:00.000Z',
};

interface Waiting {
  timers: Set<string>;
  invocations: Set<string>;
}

function remember(waiting: Waiting, decision: Taken): void {
  for (const id of decision.timers.cancelled) waiting.timers.delete(id);
  for (const { id } of decision.timers.set) waiting.timers.add(id);
  for (const id of decision.invocationsStopped) waiting.invocations.delete(id);
  for (const { invokeId } of decision.queued) if (invokeId !== null) waiting.invocations.add(invokeId);
}

function toEvent(
  step: RandomStep,
  waiting: Waiting,
): { event: JobEvent; internal: boolean; inMemory: { type: string }; outcomeOf?: string } | null {
  if (step.kind === 'event') {
    const { type, payload } = step;
    return { event: { type, payload }, internal: false, inMemory: { ...payload, type } };
  }
  if (step.kind === 'timer') {
    const type = nth(waiting.timers, step.nth);
    if (type === undefined) return null;
    waiting.timers.delete(type);
    return { event: { type, payload: {} }, internal: true, inMemory: { type } };
  }
  const id = nth(waiting.invocations, step.nth);
  if (id === undefined) return null;
  waiting.invocations.delete(id);
  const type = step.ok ? doneEventOf(id) : errorEventOf(id);
  const payload = step.ok ? { output: 1 } : { error: 1 };
  return { event: { type, payload }, internal: true, inMemory: { ...payload, type }, outcomeOf: id };
}

const nth = (ids: Set<string>, index: number): string | undefined => [...ids][index % Math.max(ids.size, 1)];

// `jsonb` keeps keys by length and bytes, not in the order they were written.
function throughDatabase(value: Json): Json {
  const sorted = (inner: Json): Json => {
    if (Array.isArray(inner)) return inner.map(sorted);
    if (!isJsonObject(inner)) return inner;
    const keys = Object.keys(inner).sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
    return Object.fromEntries(keys.reverse().map((key) => [key, sorted(inner[key] as Json)]));
  };
  return JSON.parse(JSON.stringify(sorted(value))) as Json;
}

function carried(decision: Taken) {
  return {
    status: decision.status,
    value: decision.value,
    context: decision.context,
    output: decision.output,
    queued: decision.queued.map(({ name, invokeId, event }) =>
      invokeId === null ? `${name} on ${event.type}` : `invoke ${invokeId}`,
    ),
    sent: decision.sent,
    started: decision.started,
    timersSet: decision.timers.set.map(({ id }) => id),
    timersCancelled: [...decision.timers.cancelled].sort(),
    stopped: [...decision.invocationsStopped].sort(),
  };
}

function carriedBy(run: ReferenceRun): Record<string, unknown> {
  const status = run.status === 'active' ? 'ACTIVE' : run.status === 'done' ? 'DONE' : 'ERROR';
  return {
    ...run,
    status,
    timersCancelled: [...run.timersCancelled].sort(),
    stopped: [...run.stopped].sort(),
  };
}
