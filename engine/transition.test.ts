import { describe, expect, it } from 'vitest';
import { compileWorkflow } from './compile.ts';
import type { Decision, Facts, JobEvent, JobFacts, Refused, Taken } from './decision.ts';
import type { Definition, StateNode } from './definition.ts';
import { createEffectCollector } from './effects.ts';
import type { Json, JsonObject } from './json.ts';
import { decide, initialDecision } from './transition.ts';
import { validateDefinition } from './validate.ts';

const JOB: JobFacts = {
  id: 'job-1',
  current_state: 'somewhere',
  revision: 3,
  parent_id: null,
  key: null,
  created_at: '2026-01-01T00:00:00.000Z',
};

/** A job of a workflow made of `states`, sent one event after another through stored JSON. */
function setup(definition: Omit<Definition, 'id'>, input: JsonObject = {}) {
  const checked = validateDefinition({ id: 'm', ...definition });
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems, null, 1));
  const workflow = compileWorkflow(checked.definition);
  const start = initialDecision(workflow, { input, job: JOB, facts: {} });
  let stored: Json = start.kind === 'taken' ? throughJson(start.snapshot) : null;

  const run = (event: JobEvent, internal: boolean, facts: Facts): Decision => {
    const decision = decide(workflow, { snapshot: stored, event, job: JOB, facts, internal });
    if (decision.kind === 'taken') stored = throughJson(decision.snapshot);
    return decision;
  };
  return {
    workflow,
    start,
    send: (type: string, payload: JsonObject = {}, facts: Facts = {}) => run({ type, payload }, false, facts),
    fire: (type: string, payload: JsonObject = {}, facts: Facts = {}) => run({ type, payload }, true, facts),
    snapshot: () => stored,
  };
}

const throughJson = (value: Json): Json => JSON.parse(JSON.stringify(value)) as Json;

function taken(decision: Decision): Taken {
  if (decision.kind !== 'taken') throw new Error(`${decision.kind}: ${decision.code}: ${decision.message}`);
  return decision;
}

const hook = (name: string) =>
  ({ action_type: 'WEBHOOK', name, params: { connection_id: 'c', path: `/${name}` } }) as const;
const wait = (more: object = {}): StateNode => ({
  invoke: { id: 'call', src: 'webhook', input: { connection_id: 'c', path: '/call' }, ...more },
});

describe('a transition', () => {
  it('carries its actions in order: exit, transition, entry, always', () => {
    const job = setup({
      initial: 'a',
      states: {
        a: { exit: hook('leave'), on: { GO: { target: 'b', actions: [hook('first'), hook('second')] } } },
        b: { entry: [hook('enter')], always: { target: 'c', actions: hook('pass') } },
        c: { entry: hook('arrive') },
      },
    });
    const decision = taken(job.send('GO'));
    expect(decision.queued.map(({ name }) => name)).toEqual([
      'leave',
      'first',
      'second',
      'enter',
      'pass',
      'arrive',
    ]);
    expect(decision).toMatchObject({
      from: 'a',
      currentState: 'c',
      value: 'c',
      status: 'ACTIVE',
      changed: true,
    });
    expect(decision.queued.map(({ pointer }) => job.workflow.actionAt(pointer).name)).toEqual(
      decision.queued.map(({ name }) => name),
    );
  });

  it('assigns from the context and event of its place in the list, all keys of one ASSIGN at once', () => {
    const job = setup({
      context: { n: 1, m: 0 },
      initial: 'a',
      states: {
        a: {
          on: {
            ADD: {
              actions: [
                { action_type: 'ASSIGN', params: { n: 'context.n + event.by', m: 'context.n' } },
                { action_type: 'ASSIGN', params: { m: 'context.m + context.n' } },
              ],
            },
          },
        },
      },
    });
    expect(taken(job.send('ADD', { by: 4 })).context).toEqual({ n: 5, m: 6 });
  });

  it('lays the input of a job over the context of the definition', () => {
    const job = setup({ context: { a: 1, b: { c: 2 } }, initial: 's', states: { s: {} } }, { b: 3, d: 4 });
    expect(taken(job.start).context).toEqual({ a: 1, b: 3, d: 4 });
  });

  it('shows the first actions the input as the payload of the event', () => {
    const job = setup({ initial: 's', states: { s: { entry: hook('hello') } } }, { who: 'me' });
    expect(taken(job.start).queued[0]?.event).toEqual({ type: 'xstate.init', payload: { who: 'me' } });
  });

  it('lets a queued action see the event that was raised for it, not the one that was sent', () => {
    const job = setup({
      initial: 'a',
      states: {
        a: {
          on: {
            GO: {
              actions: { action_type: 'RAISE', params: { type: 'NEXT', payload: { x: 'event.y + 1' } } },
            },
            NEXT: { target: 'b', actions: hook('after') },
          },
        },
        b: {},
      },
    });
    const decision = taken(job.send('GO', { y: 1 }));
    expect(decision.currentState).toBe('b');
    expect(decision.queued[0]?.event).toEqual({ type: 'NEXT', payload: { x: 2 } });
  });

  it('sends events to other jobs and starts jobs as data', () => {
    const job = setup({
      context: { other: 'job-2' },
      initial: 'a',
      states: {
        a: {
          on: {
            GO: {
              actions: [
                {
                  action_type: 'SEND_EVENT',
                  params: { job_id: 'context.other', type: 'PING', payload: { from: 'job.id' } },
                },
                {
                  action_type: 'START_JOB',
                  params: { workflow: 'child', input: { n: '1 + 1' }, key: "'k-' + job.id" },
                },
                { action_type: 'START_JOB', params: { workflow: 'plain' } },
              ],
            },
          },
        },
      },
    });
    const decision = taken(job.send('GO'));
    expect(decision.sent).toEqual([{ jobId: 'job-2', event: { type: 'PING', payload: { from: 'job-1' } } }]);
    expect(decision.started).toEqual([
      { workflow: 'child', input: { n: 2 }, key: 'k-job-1' },
      { workflow: 'plain', input: {}, key: null },
    ]);
  });

  it('that stays in its state and carries actions is taken, and says that nothing changed', () => {
    const job = setup({ initial: 'a', states: { a: { on: { POKE: { actions: hook('poked') } } } } });
    const decision = taken(job.send('POKE'));
    expect(decision.changed).toBe(false);
    expect(decision.queued).toHaveLength(1);
    expect(decision.snapshot).toEqual(job.snapshot());
  });

  it('gives the output of the final state it ends in', () => {
    const job = setup({
      initial: 'a',
      states: { a: { on: { END: 'z' } }, z: { type: 'final', output: { sum: 3 } } },
    });
    expect(taken(job.send('END'))).toMatchObject({ status: 'DONE', output: { sum: 3 } });
    expect(job.send('END')).toMatchObject({ kind: 'refused', code: 'job_not_active' });
  });

  it('names nested and parallel states by their leaves in document order', () => {
    const region = (): StateNode => ({ initial: 'off', states: { off: { on: { FLIP: 'on' } }, on: {} } });
    const job = setup({
      initial: 'a',
      states: {
        a: { initial: 'b', states: { b: { on: { GO: '#m.p' } } } },
        p: {
          type: 'parallel',
          states: { '2': region(), '1': { initial: 'x', states: { x: {} } }, z: region() },
        },
      },
    });
    expect(taken(job.start).currentState).toBe('a.b');
    expect(taken(job.send('GO')).currentState).toBe('p.1.x,p.2.off,p.z.off');
    expect(taken(job.send('FLIP')).currentState).toBe('p.1.x,p.2.on,p.z.on');
  });
});

describe('an event that is not taken', () => {
  const machine: Omit<Definition, 'id'> = {
    context: { limit: 10 },
    initial: 'draft',
    states: {
      draft: {
        on: {
          SUBMIT: [
            { target: 'review', guard: 'event.amount > context.limit' },
            { target: 'done', guard: 'event.vip' },
          ],
          APPROVE: { target: 'done', guard: "actions.notify.status == 'SUCCEEDED'" },
          LEAVE: { actions: hook('notify') },
        },
      },
      review: {},
      done: { type: 'final' },
    },
  };

  it('says no_transition when the state has none for it', () => {
    expect(setup(machine).send('NOPE')).toMatchObject({
      kind: 'refused',
      code: 'no_transition',
      verdicts: [],
    });
  });

  it('gives the verdict of every guard, a type error being false and saying so', () => {
    const refused = setup(machine).send('SUBMIT', { amount: 'much', vip: false }) as Refused;
    expect(refused.code).toBe('guard_refused');
    expect(refused.verdicts).toMatchObject([
      { pointer: '/states/draft/on/SUBMIT/0', target: 'review', verdict: 'error', state: 'draft' },
      { pointer: '/states/draft/on/SUBMIT/1', guard: 'event.vip', verdict: 'false' },
    ]);
    expect(refused.verdicts[0]?.message).not.toBe('');
    expect(refused.message).toContain('event.amount > context.limit');
  });

  it('treats a guard that gives something else than true or false as not passed', () => {
    const refused = setup(machine).send('SUBMIT', { amount: 1, vip: 'yes' }) as Refused;
    expect(refused.verdicts[1]).toMatchObject({
      verdict: 'error',
      message: 'the guard gave a string, not true or false',
    });
  });

  it('names the fact that is not known yet, and passes once it is', () => {
    const job = setup(machine);
    const refused = job.send('APPROVE') as Refused;
    expect(refused.verdicts[0]?.message).toContain('actions.notify');
    expect(job.send('APPROVE', {}, { notify: { status: 'FAILED' } }).kind).toBe('refused');
    expect(taken(job.send('APPROVE', {}, { notify: { status: 'SUCCEEDED' } })).currentState).toBe('done');
  });

  it.each(['xstate.after.1000.m.draft', 'xstate.done.actor.x', 'xstate.init', 'xstate.stop', '*', 'a.*'])(
    'is reserved when it is called %s and comes from outside',
    (type) => {
      expect(setup(machine).send(type)).toMatchObject({ kind: 'refused', code: 'reserved_event' });
    },
  );

  it('finds nothing under names that every object has', () => {
    for (const type of ['constructor', '__proto__', 'toString']) {
      expect(setup(machine).send(type)).toMatchObject({ code: 'no_transition' });
    }
    const job = setup({
      initial: 'a',
      states: { a: { on: { GO: { target: 'b', guard: 'event.constructor' } } }, b: {} },
    });
    expect(job.send('GO')).toMatchObject({ kind: 'refused', code: 'guard_refused' });
  });
});

describe('a wildcard', () => {
  it('hears events from outside, the longer one first, and never the engine’s own', () => {
    const job = setup({
      context: { last: '' },
      initial: 'a',
      states: {
        a: {
          after: { '1000': { guard: 'false', target: 'b' } },
          ...wait({ onDone: { guard: 'false', target: 'b' }, onError: 'b' }),
          on: {
            'order.*': { actions: { action_type: 'ASSIGN', params: { last: "'order ' + event.type" } } },
            '*': { actions: { action_type: 'ASSIGN', params: { last: "'any ' + event.type" } } },
          },
        },
        b: {},
      },
    });
    expect(taken(job.send('order.paid')).context).toEqual({ last: 'order order.paid' });
    expect(taken(job.send('whatever')).context).toEqual({ last: 'any whatever' });
    expect(job.fire('xstate.after.1000.m.a')).toMatchObject({ kind: 'refused', code: 'guard_refused' });
    expect(job.fire('xstate.done.actor.call', { output: 1 })).toMatchObject({ kind: 'refused' });
  });

  it('hears no inner state being done', () => {
    const job = setup({
      initial: 'a',
      states: {
        a: {
          initial: 'x',
          on: { '*': { actions: hook('heard') } },
          states: { x: { on: { END: 'y' } }, y: { type: 'final' } },
        },
      },
    });
    expect(taken(job.send('END')).queued).toEqual([]);
  });

  it('does not make XState remember the types that strangers send', () => {
    const { workflow } = setup({ initial: 'a', states: { a: { on: { '*': {}, 'order.*': {}, GO: {} } } } });
    const types = new Set(Array.from({ length: 100 }, (_, i) => workflow.canonicalType(`stranger-${i}`)));
    expect(types.size).toBe(1);
    expect(workflow.canonicalType('order.x')).toBe('order.*');
    expect(workflow.canonicalType('GO')).toBe('GO');
  });
});

describe('a timer', () => {
  const machine: Omit<Definition, 'id'> = {
    initial: 'a',
    states: {
      a: { after: { PT24H: 'late' }, on: { GO: 'b', AGAIN: { target: 'a', reenter: true }, THROUGH: 'c' } },
      b: {},
      c: { after: { '5': 'b' }, always: 'b' },
      late: { type: 'final' },
    },
  };
  const id = 'xstate.after.86400000.m.a';

  it('is set on entry, with its delay in milliseconds, and cancelled on exit', () => {
    const job = setup(machine);
    expect(taken(job.start).timers).toEqual({
      set: [{ id, delayMs: 86_400_000, eventType: id }],
      cancelled: [],
    });
    expect(taken(job.send('GO')).timers).toEqual({ set: [], cancelled: [id] });
  });

  it('is cancelled and set anew when its state is entered again', () => {
    const job = setup(machine);
    expect(taken(job.send('AGAIN')).timers).toMatchObject({ set: [{ id }], cancelled: [id] });
  });

  it('is neither set nor cancelled by a transition that only passes through', () => {
    expect(taken(setup(machine).send('THROUGH')).timers).toEqual({ set: [], cancelled: [id] });
  });

  it('moves the job when it fires, and is refused when its state has been left', () => {
    const job = setup(machine);
    expect(taken(job.fire(id))).toMatchObject({ currentState: 'late', status: 'DONE' });
    const left = setup(machine);
    left.send('GO');
    expect(left.fire(id)).toMatchObject({ kind: 'refused', code: 'no_transition' });
  });
});

describe('an invocation', () => {
  const machine: Omit<Definition, 'id'> = {
    context: { got: null },
    initial: 'call',
    states: {
      call: {
        ...wait({
          onDone: { target: 'ok', actions: { action_type: 'ASSIGN', params: { got: 'event.output.body' } } },
          onError: { target: 'bad', guard: "event.error.code == 'timeout'" },
        }),
        after: { '1000': 'bad' },
        on: { STOP: 'bad', AGAIN: { target: 'call', reenter: true } },
      },
      ok: {},
      bad: {},
    },
  };

  it('queues its action with its id on entry; the stored snapshot waits for it without child actors', () => {
    const start = taken(setup(machine).start);
    expect(start.queued).toMatchObject([
      { pointer: '/states/call/invoke', invokeId: 'call', actionType: 'WEBHOOK' },
    ]);
    expect(start.snapshot).toMatchObject({ children: {} });
  });

  it('goes on with the output or the error of its outcome', () => {
    const done = taken(
      setup(machine).fire('xstate.done.actor.call', { output: { status: 200, body: 'hi' } }),
    );
    expect(done).toMatchObject({ currentState: 'ok', context: { got: 'hi' }, invocationsStopped: [] });
    const failed = taken(setup(machine).fire('xstate.error.actor.call', { error: { code: 'timeout' } }));
    expect(failed.currentState).toBe('bad');
  });

  it('ends the job in ERROR, with its timers, when no way leads on from its failure', () => {
    const job = setup(machine);
    const decision = taken(job.fire('xstate.error.actor.call', { error: { code: 'refused' } }));
    expect(decision).toMatchObject({ status: 'ERROR', timers: { cancelled: ['xstate.after.1000.m.call'] } });
    expect(job.send('STOP')).toMatchObject({ code: 'job_not_active' });
  });

  it('is stopped when its state is left, and its outcome is then refused', () => {
    const job = setup(machine);
    expect(taken(job.send('STOP')).invocationsStopped).toEqual(['call']);
    expect(job.fire('xstate.done.actor.call', { output: 1 })).toMatchObject({ code: 'no_transition' });
    expect(job.fire('xstate.error.actor.call', { error: 1 })).toMatchObject({ code: 'no_transition' });
  });

  it('is stopped and begun anew when its state is entered again', () => {
    expect(taken(setup(machine).send('AGAIN'))).toMatchObject({
      invocationsStopped: ['call'],
      queued: [{ invokeId: 'call' }],
    });
  });

  it('is not begun by a transition that only passes through its state', () => {
    const job = setup({
      initial: 'a',
      states: { a: { on: { GO: 'b' } }, b: { ...wait({ onDone: 'c', onError: 'c' }), always: 'c' }, c: {} },
    });
    expect(taken(job.send('GO'))).toMatchObject({ queued: [], invocationsStopped: [] });
  });
});

describe('a decision that cannot be made', () => {
  it('fails with loop_limit where guarded eventless transitions go in a circle', () => {
    const job = setup({
      context: { on: true },
      initial: 'a',
      states: {
        a: { on: { GO: 'b' } },
        b: { always: { target: 'c', guard: 'context.on' } },
        c: { always: { target: 'b', guard: 'context.on' } },
      },
    });
    expect(job.send('GO')).toMatchObject({ kind: 'failed', code: 'loop_limit' });
  });

  it('fails with loop_limit where an event raises itself, and where one transition carries too much', () => {
    const again = { action_type: 'RAISE', params: { type: 'GO' } } as const;
    expect(
      setup({ initial: 'a', states: { a: { on: { GO: { actions: again } } } } }).send('GO'),
    ).toMatchObject({
      code: 'loop_limit',
    });
    const many = Array.from({ length: 40 }, (_, index) => hook(`h${index}`));
    const flood = setup({ initial: 'a', states: { a: { on: { GO: { actions: [...many, again] } } } } });
    expect(flood.send('GO')).toMatchObject({ code: 'loop_limit' });
  });

  const pairs = 'event.list.exists(i, event.list.exists(j, i == j + 1000))';
  const list = Array.from({ length: 300 }, (_, index) => index);
  const tooManySteps = {
    kind: 'failed',
    code: 'evaluation_failed',
    message: expect.stringContaining('too many steps together'),
  };

  it('fails where its expressions take too long together, though none does alone', () => {
    const once = { action_type: 'ASSIGN', params: { found: pairs } } as const;
    const often = Array.from({ length: 50 }, () => once);
    const job = (actions: (typeof once)[]) =>
      setup({ context: { found: true }, initial: 'a', states: { a: { on: { GO: { actions } } } } });
    expect(taken(job([once]).send('GO', { list })).context).toEqual({ found: false });
    expect(job(often).send('GO', { list })).toMatchObject(tooManySteps);
  });

  it('fails rather than going where a guard let it that could not be asked to the end', () => {
    const asks = Array.from({ length: 50 }, () => ({ target: 'b', guard: pairs }));
    const job = setup({ initial: 'a', states: { a: { on: { GO: [...asks, 'c'] } }, b: {}, c: {} } });
    expect(job.send('GO', { list })).toMatchObject(tooManySteps);
  });

  it.each([
    [{ action_type: 'ASSIGN', params: { n: 'event.x + 1' } }, '/states/a/on/GO/actions/params/n'],
    [
      { action_type: 'RAISE', params: { type: 'GO', payload: { n: 'event.x' } } },
      '/states/a/on/GO/actions/params/payload/n',
    ],
    [
      { action_type: 'SEND_EVENT', params: { job_id: 'event.x', type: 'E' } },
      '/states/a/on/GO/actions/params/job_id',
    ],
    [
      { action_type: 'START_JOB', params: { workflow: 'w', key: '1 + 1' } },
      '/states/a/on/GO/actions/params/key',
    ],
  ] as const)('fails with the pointer of the expression in %j', (action, pointer) => {
    const job = setup({
      initial: 'a',
      states: { a: { on: { GO: { target: 'b', actions: action } } }, b: {} },
    });
    expect(job.send('GO')).toMatchObject({ kind: 'failed', code: 'evaluation_failed', pointer });
    expect(job.snapshot()).toMatchObject({ value: 'a' });
  });

  it('fails when entering the first state fails', () => {
    const job = setup({
      initial: 'a',
      states: { a: { entry: { action_type: 'ASSIGN', params: { n: 'event.payload.missing' } } } },
    });
    expect(job.start).toMatchObject({
      kind: 'failed',
      code: 'evaluation_failed',
      pointer: '/states/a/entry/params/n',
    });
  });

  it('fails when a context grows beyond its limit or its depth', () => {
    const job = setup(
      {
        context: { text: 'x', list: [] },
        initial: 'a',
        states: {
          a: {
            on: {
              DOUBLE: { actions: { action_type: 'ASSIGN', params: { text: 'context.text + context.text' } } },
              WRAP: { actions: { action_type: 'ASSIGN', params: { list: '[context.list]' } } },
            },
          },
        },
      },
      { text: 'x'.repeat(100_000) },
    );
    expect(taken(job.send('DOUBLE')).kind).toBe('taken');
    expect(job.send('DOUBLE')).toMatchObject({ kind: 'failed', code: 'too_large' });
    const wrapped = Array.from({ length: 200 }, () => job.send('WRAP')).at(-1);
    expect(wrapped).toMatchObject({ kind: 'failed', code: 'too_large' });
  });

  it('fails with too_large where a job would start with more than any later transition may leave', () => {
    const half = 'x'.repeat(100_000);
    const doubled = { action_type: 'ASSIGN', params: { more: 'context.half + context.half' } } as const;
    const tooLarge = { kind: 'failed', code: 'too_large' };
    expect(setup({ context: { half }, initial: 'a', states: { a: { entry: doubled } } }).start).toMatchObject(
      tooLarge,
    );
    expect(
      setup({ context: { half, more: half }, initial: 'a', states: { a: {} } }, { third: half }).start,
    ).toMatchObject(tooLarge);
    expect(setup({ context: { half }, initial: 'a', states: { a: {} } }, { half: 1 }).start.kind).toBe(
      'taken',
    );
  });

  it('refuses an input whose key would replace a prototype', () => {
    const { workflow } = setup({ initial: 'a', states: { a: {} } });
    const input = JSON.parse('{"__proto__": {"admin": true}}') as JsonObject;
    expect(initialDecision(workflow, { input, job: JOB, facts: {} })).toMatchObject({ kind: 'failed' });
  });

  it('says that an action XState wants and we do not know is an error', () => {
    const { take } = createEffectCollector();
    expect(() => take({ type: 'xstate.sendTo', params: {} })).toThrow(/cannot carry out/);
  });
});

describe('a stored snapshot', () => {
  const withHistory: Omit<Definition, 'id'> = {
    initial: 'work',
    states: {
      work: {
        initial: 'one',
        on: { PAUSE: 'paused' },
        states: { one: { on: { NEXT: 'two' } }, two: {}, back: { type: 'history' } },
      },
      paused: { on: { RESUME: 'work.back' } },
    },
  };

  it('remembers what a history state remembers', () => {
    const job = setup(withHistory);
    job.send('NEXT');
    job.send('PAUSE');
    expect(taken(job.send('RESUME')).currentState).toBe('work.two');
  });

  it('keeps outer states active when history is gone to from inside a parallel state', () => {
    const job = setup({
      initial: 'p',
      states: {
        p: {
          type: 'parallel',
          exit: hook('left'),
          after: { '1000': 'out' },
          on: { OUT: 'out' },
          states: { a: { on: { BACK: '#m.p.h' } }, b: {}, h: { type: 'history', history: 'deep' } },
        },
        out: {},
      },
    });
    job.send('BACK');
    const out = taken(job.send('OUT'));
    expect(out.queued.map(({ name }) => name)).toEqual(['left']);
    expect(out.timers.cancelled).toEqual(['xstate.after.1000.m.p']);
  });

  it('of a state that the workflow does not have, or that now has inner states, cannot be used', () => {
    const old = setup({ initial: 'a', states: { a: {}, b: {} } });
    const removed = setup({ initial: 'b', states: { b: { on: { GO: 'b' } } } });
    const grown = setup({
      initial: 'a',
      states: { a: { initial: 'x', on: { GO: 'a' }, states: { x: {} } } },
    });
    for (const { workflow } of [removed, grown]) {
      const given = { snapshot: old.snapshot(), event: { type: 'GO', payload: {} }, job: JOB, facts: {} };
      expect(decide(workflow, given)).toMatchObject({ kind: 'failed', code: 'snapshot_unusable' });
    }
  });

  it.each([
    null,
    'a',
    {},
    { status: 'active' },
    { status: 'active', value: 'constructor', context: {} },
    { status: 'active', value: { a: 'x' }, context: {} },
    { status: 'active', value: {}, context: {} },
    { status: 'active', value: 'a', context: {}, historyValue: { 'm.gone': [{ id: 'm.a' }] } },
  ])('that is not one cannot be used: %j', (snapshot) => {
    const { workflow } = setup({ initial: 'a', states: { a: { on: { GO: {} } } } });
    const given = { snapshot: snapshot as Json, event: { type: 'GO', payload: {} }, job: JOB, facts: {} };
    expect(decide(workflow, given)).toMatchObject({ kind: 'failed', code: 'snapshot_unusable' });
  });

  it('is not changed by a decision, nor is the event, the job or the facts', () => {
    const job = setup(
      {
        context: { n: { deep: [1] } },
        initial: 'a',
        states: {
          a: {
            on: {
              GO: { target: 'b', actions: [{ action_type: 'ASSIGN', params: { m: 'event.x' } }, hook('h')] },
            },
          },
          b: {},
        },
      },
      { odd: { xstate$$type: 1, id: 'x' }, actor: { sessionId: 1, send: 2, ref: 3 } },
    );
    const given = deepFreeze({
      snapshot: job.snapshot(),
      event: { type: 'GO', payload: { x: { y: [1] } } },
      job: { ...JOB },
      facts: { h: { status: 'SUCCEEDED' } },
    });
    const decision = taken(decide(job.workflow, given));
    expect(decision.context).toEqual({
      n: { deep: [1] },
      m: { y: [1] },
      odd: { xstate$$type: 1, id: 'x' },
      actor: { sessionId: 1, send: 2, ref: 3 },
    });
    expect((decision.snapshot as JsonObject).context).toEqual(decision.context);
  });
});

describe('the cell that guards read', () => {
  it('holds nothing of an earlier decision', () => {
    const job = setup({
      initial: 'a',
      states: {
        a: {
          on: {
            GO: { target: 'b', guard: "actions.h.status == 'SUCCEEDED'" },
            DO: { actions: hook('h') },
            BAD: { actions: { action_type: 'ASSIGN', params: { x: 'event.none' } } },
          },
        },
        b: {},
      },
    });
    expect(job.send('BAD', {}, { h: { status: 'SUCCEEDED' } }).kind).toBe('failed');
    expect(job.send('GO', {}, {}).kind).toBe('refused');
    expect(job.send('GO', {}, { h: { status: 'SUCCEEDED' } }).kind).toBe('taken');
  });
});

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
