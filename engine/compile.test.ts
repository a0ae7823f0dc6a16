import { describe, expect, it } from 'vitest';
import { compileWorkflow } from './compile.ts';
import type { Definition, StateNode } from './definition.ts';

const onlyState = (state: StateNode): Definition => ({ initial: 's', states: { s: state } });

describe('compiling', () => {
  it('fills in the defaults of a queued action and lists what it reads', () => {
    const { actionAt } = compileWorkflow(
      onlyState({
        entry: [
          {
            action_type: 'WEBHOOK',
            params: {
              connection_id: 'c',
              path: '/<<job.id>>',
              headers: { 'X-A': '<<tenant.id>>' },
              body: ['<<context.a.b>>'],
            },
          },
        ],
      }),
    );
    const action = actionAt('/states/s/entry/0');
    expect(action).toMatchObject({
      actionType: 'WEBHOOK',
      name: null,
      connectionId: 'c',
      when: null,
      continueOnFailure: false,
      timeoutMs: 10_000,
      retry: { maxAttempts: 5, initialMs: 1000, factor: 2, maxMs: 3_600_000 },
      onUnknown: null,
      idempotent: null,
      request: { kind: 'webhook', method: 'POST', query: null },
    });
    expect([...action.variables].sort()).toEqual(['context.a.b', 'job.id', 'tenant.id']);
  });

  it('keeps what a queued action says, with what `when` reads among its variables', () => {
    const { queuedActions } = compileWorkflow(
      onlyState({
        invoke: {
          id: 'i',
          src: 'linear.create_issue',
          name: 'issue',
          when: 'context.go',
          timeout_ms: 5,
          retry: { max_attempts: 1, backoff: { initial_ms: 2 } },
          on_unknown: 'resend',
          idempotent: true,
          continue_on_failure: true,
          input: { connection_id: 'c', input: { title: '<<event.title>>' } },
        },
      }),
    );
    expect(queuedActions).toHaveLength(1);
    expect(queuedActions[0]).toMatchObject({
      pointer: '/states/s/invoke',
      actionType: 'INTEGRATION',
      name: 'issue',
      timeoutMs: 5,
      retry: { maxAttempts: 1, initialMs: 2, factor: 2 },
      onUnknown: 'resend',
      idempotent: true,
      continueOnFailure: true,
      variables: ['context.go', 'event.title'],
      request: { kind: 'operation', operation: 'linear.create_issue' },
    });
  });

  it('escapes keys in pointers', () => {
    const hook = { action_type: 'WEBHOOK', params: { connection_id: 'c', path: '' } } as const;
    const { queuedActions } = compileWorkflow(onlyState({ on: { 'a/b~c': { actions: [hook] } } }));
    expect(queuedActions[0]?.pointer).toBe('/states/s/on/a~1b~0c/actions/0');
  });

  it('refuses what validation would have refused', () => {
    expect(() => compileWorkflow(onlyState({ on: { GO: { guard: '1 +' } } }))).toThrow(/does not compile/);
    expect(() => compileWorkflow(onlyState({ on: { GO: 'nowhere' } }))).toThrow(/no state nowhere/);
    expect(() => compileWorkflow(onlyState({})).actionAt('/nowhere')).toThrow(/no queued action/);
  });

  it('lets no definition name an implementation', () => {
    const { machine } = compileWorkflow(onlyState({ on: { GO: { guard: 'true' } } }));
    const { guards, actions, actors, delays } = machine.implementations as unknown as Record<string, object>;
    for (const map of [guards, actions, actors, delays]) expect(Object.getPrototypeOf(map)).toBeNull();
  });

  it('lists the event types that can be sent', () => {
    const { eventTypes } = compileWorkflow(
      onlyState({
        on: { B: {}, 'a.*': {} },
        initial: 'x',
        states: { x: { on: { B: {}, C: {} }, after: { '1': {} } } },
      }),
    );
    expect(eventTypes).toEqual(['B', 'a.*', 'C']);
  });
});

describe('the facts a decision needs', () => {
  const hook = (name: string) =>
    ({ action_type: 'WEBHOOK', name, params: { connection_id: 'c', path: '' } }) as const;
  const succeeded = (name: string) => `actions.${name}.status == 'SUCCEEDED'`;

  it('are none for machines that ask about no action', () => {
    const { factsFor } = compileWorkflow(onlyState({ on: { GO: { guard: 'context.n > 1' } } }));
    expect(factsFor('s', 'GO')).toEqual([]);
  });

  it('are those that the active states’ transitions for the event name, in guards and actions', () => {
    const { factsFor } = compileWorkflow({
      initial: 'a',
      on: { STOP: { guard: succeeded('four') } },
      states: {
        a: {
          initial: 'x',
          states: {
            x: {
              entry: ['one', 'two', 'three', 'four'].map(hook),
              on: {
                GO: [
                  { guard: succeeded('one') },
                  { actions: { action_type: 'ASSIGN', params: { r: 'actions.two.response' } } },
                ],
                'GO.*': { guard: succeeded('four') },
                OTHER: { guard: succeeded('three') },
              },
            },
          },
        },
        b: { on: { GO: { guard: succeeded('three') } } },
      },
    });
    expect([...factsFor({ a: 'x' }, 'GO')].sort()).toEqual(['four', 'one', 'two']);
    expect(factsFor({ a: 'x' }, 'OTHER')).toEqual(['three']);
    expect(factsFor({ a: 'x' }, 'STOP')).toEqual(['four']);
    expect(factsFor('b', 'STOP')).toEqual(['four']);
    expect(factsFor('b', 'NOPE')).toEqual([]);
  });

  it('are also those of whatever may follow in the same step', () => {
    const { factsFor } = compileWorkflow({
      initial: 'a',
      states: {
        a: {
          entry: ['one', 'two', 'three', 'four'].map(hook),
          on: { GO: { target: 'b', actions: { action_type: 'RAISE', params: { type: 'NEXT' } } } },
        },
        b: {
          always: { guard: succeeded('one'), target: 'c' },
          exit: { action_type: 'ASSIGN', params: { x: 'has(actions.two)' } },
          on: { NEXT: { guard: succeeded('three') }, LATER: { guard: succeeded('four') } },
        },
        c: {},
      },
    });
    expect([...factsFor('a', 'GO')].sort()).toEqual(['one', 'three', 'two']);
  });

  it('are all of them where the name is computed', () => {
    const { factsFor } = compileWorkflow(
      onlyState({
        entry: [hook('one'), hook('two')],
        on: { GO: { guard: 'actions[event.name].status == "FAILED"' } },
      }),
    );
    expect(factsFor('s', 'GO')).toEqual(['one', 'two']);
  });
});
