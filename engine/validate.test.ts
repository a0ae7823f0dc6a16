import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomDefinition } from './arbitraries.testkit.ts';
import { compileWorkflow } from './compile.ts';
import { MAX_ACTIONS_PER_LIST, MAX_STATES } from './definition.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { initialDecision } from './transition.ts';
import { type References, validateDefinition } from './validate.ts';

/** Problems as "severity pointer code", in the order they are told. */
function problemsOf(input: unknown, references?: References): string[] {
  return validateDefinition(input, references).problems.map(
    ({ severity, pointer, code }) => `${severity} ${pointer} ${code}`,
  );
}

/** A sound machine with `state` as its first state. */
const withState = (state: unknown, more: object = {}) => ({
  initial: 's',
  states: { s: state, end: { type: 'final' } },
  ...more,
});
const onGo = (transition: unknown, more: object = {}) =>
  withState({ on: { GO: transition, END: 'end' } }, more);
const webhook = (more: object = {}, options: object = {}) => ({
  action_type: 'WEBHOOK',
  params: { connection_id: 'c1', path: '/x', ...more },
  ...options,
});

describe('a sound definition', () => {
  it('of the documentation is accepted without a word', () => {
    const definition = {
      id: 'work-order',
      context: { amount: 0 },
      initial: 'draft',
      states: {
        draft: {
          on: {
            SUBMIT: {
              target: 'review',
              guard: 'event.amount > 0',
              actions: [
                { action_type: 'ASSIGN', params: { amount: 'event.amount' } },
                webhook(
                  { body: { job_id: '<<job.id>>', state: '{{job.current_state}}' } },
                  { name: 'notify' },
                ),
              ],
            },
          },
        },
        review: {
          after: { '86400000': { target: 'escalated' } },
          on: { APPROVE: { target: 'done', guard: "actions.notify.status == 'SUCCEEDED'" } },
        },
        escalated: { type: 'final' },
        done: { type: 'final' },
      },
    };
    expect(validateDefinition(definition)).toEqual({ ok: true, definition, problems: [] });
  });

  it('may use everything XState v5 writes as JSON', () => {
    const definition = {
      id: 'm',
      version: '1',
      description: 'all of it',
      type: 'parallel',
      tags: 'top',
      meta: { any: ['thing', null, 1.5] },
      states: {
        left: {
          id: 'the-left',
          initial: 'a',
          onDone: { actions: { action_type: 'RAISE', params: { type: 'LEFT' } } },
          states: {
            a: {
              on: { GO: 'b', LEFT: { reenter: true, target: '#the-left.a' }, OUT: { target: '#the-left' } },
            },
            b: { always: [{ guard: 'false', target: 'a' }, 'c'], tags: ['x', 'y'] },
            c: { type: 'final', output: [1] },
            back: { type: 'history', history: 'deep', target: 'a' },
          },
          on: { BACK: '.back', 'order.*': [{ guard: 'true' }, {}], '*': {} },
          after: { PT1H: 'right' },
        },
        right: {
          initial: 'x',
          states: {
            x: {
              invoke: [
                { src: 'webhook', input: { connection_id: 'c', path: '' }, onDone: 'y', onError: 'y' },
              ],
            },
            y: { type: 'final' },
          },
        },
      },
    };
    expect(problemsOf(definition)).toEqual([]);
  });
});

describe('the shape', () => {
  it('is reported everywhere at once, with what the sound parts mean', () => {
    const definition = {
      initial: 's',
      colour: 'red',
      states: {
        s: {
          on: {
            GO: [{ target: 'nowhere' }, 5],
            'xstate.done': 'end',
            'a.*.b': 'end',
            BAD: { guard: { type: 'isOk' } },
          },
          after: { tomorrow: 'end' },
          entry: [{ action_type: 'LOG' }, webhook({ connection_id: '<<context.c>>', body: '<<oops' })],
          spawn: 'x',
        },
        'a.b': {},
        constructor: {},
        end: { type: 'final' },
      },
    };
    expect(problemsOf(definition)).toEqual([
      'error /states/s/on/GO/1 wrong_type',
      'error /states/s/on/xstate.done reserved_event',
      'error /states/s/on/a.*.b bad_event_type',
      'error /states/s/on/BAD/guard wrong_type',
      'error /states/s/after/tomorrow bad_delay',
      'error /states/s/entry/0/action_type unknown_action_type',
      'error /states/s/entry/1/params/connection_id template_not_allowed',
      'error /states/s/spawn unknown_key',
      'error /states/a.b bad_name',
      'error /states/constructor reserved_name',
      'error /colour unknown_key',
      'error /states/s/on/GO/0/target bad_target',
      'error /states/s/entry/1/params/body template_unclosed_tag',
    ]);
  });

  it.each([
    [null, 'error  wrong_type'],
    ['text', 'error  wrong_type'],
    [[], 'error  wrong_type'],
    [{}, 'error /states no_states'],
    [{ states: {} }, 'error /states no_states'],
    [onGo('end', { context: [] }), 'error /context wrong_type'],
    [onGo('end', { context: { constructor: 1 } }), 'error /context/constructor reserved_name'],
    [JSON.parse('{"states": {"__proto__": {}}}'), 'error /states/__proto__ reserved_name'],
    [
      onGo({ target: 'end', actions: webhook({}, { timeout_ms: 60_001 }) }),
      'error /states/s/on/GO/actions/timeout_ms out_of_range',
    ],
    [
      onGo({ target: 'end', actions: webhook({}, { name: 'not-a-name' }) }),
      'error /states/s/on/GO/actions/name bad_name',
    ],
    [
      onGo({ target: 'end', actions: webhook({ method: 'TRACE' }) }),
      'error /states/s/on/GO/actions/params/method unknown_value',
    ],
    [
      onGo({ target: 'end', actions: { action_type: 'WEBHOOK', params: {} } }),
      'error /states/s/on/GO/actions/params/path missing',
    ],
    [
      onGo({ target: 'end', actions: { action_type: 'RAISE', params: { type: 'xstate.stop' } } }),
      'error /states/s/on/GO/actions/params/type reserved_event',
    ],
    [
      withState({ type: 'atomic', invoke: { src: 'Other', input: { connection_id: 'c' } } }),
      'error /states/s/invoke/src bad_operation',
    ],
  ])('%# is refused where it is wrong', (definition, problem) => {
    expect(problemsOf(definition)).toContain(problem);
  });

  it('is refused when it is nested beyond any stack', () => {
    let deep: JsonObject = {};
    for (let level = 0; level < 50_000; level++) deep = { deep };
    expect(problemsOf(onGo('end', { meta: deep }))).toEqual([
      expect.stringMatching(/^error \/meta.* too_deep$/),
    ]);
  });

  it('is limited in states and in actions', () => {
    const states = Object.fromEntries(
      Array.from({ length: MAX_STATES + 1 }, (_, index) => [`s${index}`, {}]),
    );
    expect(problemsOf({ initial: 's0', states })).toEqual(['error  too_many_states']);
    const actions = Array.from({ length: MAX_ACTIONS_PER_LIST + 1 }, () => webhook());
    expect(problemsOf(onGo({ target: 'end', actions }))).toEqual([
      'error /states/s/on/GO/actions out_of_range',
    ]);
  });
});

describe('a state', () => {
  it.each([
    [{ states: { s: {} } }, 'error /initial bad_initial'],
    [{ initial: 'x', states: { s: {} } }, 'error /initial bad_initial'],
    [{ initial: 'constructor', states: { s: {} } }, 'error /initial bad_initial'],
    [{ initial: 'h', states: { s: {}, h: { type: 'history' } } }, 'error /initial bad_initial'],
    [withState({ type: 'compound' }), 'error /states/s/states no_states'],
    [withState({ type: 'atomic', states: { x: {} } }), 'error /states/s/states states_not_allowed'],
    [withState({ history: 'deep', type: 'atomic' }), 'error /states/s/history not_history'],
    [
      withState({ states: { a: {}, h: { type: 'history', on: {} } }, initial: 'a' }),
      'error /states/s/states/h/on history_has_behaviour',
    ],
    [
      withState({ states: { a: {}, h: { type: 'history', target: '#workflow.end' } }, initial: 'a' }),
      'error /states/s/states/h/target bad_target',
    ],
    [withState({ id: 'x' }, { id: 'x' }), 'error /states/s/id duplicate_id'],
    [withState({ after: { '60000': 'end', PT1M: 'end' } }), 'error /states/s/after/PT1M duplicate_delay'],
    [withState({ initial: 'x' }), 'warning /states/s/initial initial_ignored'],
    [withState({ output: 1 }), 'warning /states/s/output output_ignored'],
    [withState({ onDone: 'end', initial: 'a', states: { a: {} } }), 'warning /states/s/onDone never_done'],
    [withState({ type: 'final', on: { GO: 'end' } }), 'warning /states/s/on/GO final_with_transitions'],
  ])('%# is told what is wrong with it', (definition, problem) => {
    expect(problemsOf(definition)).toContain(problem);
  });

  it.each(['nowhere', '.inner', '#nowhere', '#workflow.nowhere', 'end.more', '', 'constructor'])(
    'is not found as the target "%s"',
    (target) => {
      expect(problemsOf(onGo({ target }))).toContain('error /states/s/on/GO/target bad_target');
      expect(problemsOf(onGo(target))).toContain('error /states/s/on/GO bad_target');
    },
  );

  it('that no way leads to is told, the outermost only', () => {
    const definition = onGo('end');
    Object.assign(definition.states, {
      island: { initial: 'x', states: { x: { on: { GO: '#workflow.end' } } } },
    });
    expect(problemsOf(definition)).toEqual(['warning /states/island unreachable_state']);
  });

  it('from which the job cannot end is told; ways through other regions and history count', () => {
    const definition = {
      initial: 'p',
      states: {
        p: {
          type: 'parallel',
          states: {
            a: { initial: 'x', states: { x: {} } },
            b: { initial: 'y', states: { y: { on: { GO: '#workflow.trap', END: '#workflow.end' } } } },
          },
        },
        trap: { on: { POKE: 'pit' } },
        pit: { on: { POKE: 'trap' } },
        end: { type: 'final' },
      },
    };
    expect(problemsOf(definition)).toEqual([
      'warning /states/trap cannot_end',
      'warning /states/pit cannot_end',
    ]);
  });

  it('a machine without a final state at the top is told once', () => {
    expect(problemsOf({ initial: 'a', states: { a: { on: { GO: 'b' } }, b: { on: { GO: 'a' } } } })).toEqual([
      'warning  never_ends',
    ]);
  });
});

describe('eventless transitions', () => {
  const chain = (always: Record<string, unknown>, more: object = {}) => ({
    initial: 's',
    states: {
      s: { on: { GO: 'a' } },
      ...Object.fromEntries(Object.entries(always).map(([key, one]) => [key, { always: one }])),
      end: { type: 'final' },
      ...more,
    },
  });

  it('that go in a circle without a guard are refused, also at the start and into inner states', () => {
    expect(problemsOf(chain({ a: 'b', b: 'a' }))).toContain('error /states/a/always always_cycle');
    const stays = { always: { actions: { action_type: 'ASSIGN', params: { n: '1' } } }, on: { GO: 'b' } };
    expect(problemsOf({ initial: 'a', context: { n: 0 }, states: { a: stays, b: {} } })).toContain(
      'error /states/a/always always_cycle',
    );
    expect(problemsOf(chain({ a: { target: 'a', reenter: true } }))).toContain(
      'error /states/a/always always_cycle',
    );
    expect(problemsOf({ initial: 'a', states: { a: { always: 'b' }, b: { always: 'a' } } })).toContain(
      'error /states/a/always always_cycle',
    );
    const inner = { outer: { initial: 'in', states: { in: { always: '#workflow.a' } } } };
    expect(problemsOf(chain({ a: 'outer' }, inner))).toEqual(
      expect.arrayContaining([expect.stringMatching(/always_cycle$/)]),
    );
  });

  it('that have a guard, or come after one that has, may come back', () => {
    const definition = chain({ a: [{ guard: 'event.n > 3', target: 'end' }, 'b'], b: 'a' });
    expect(problemsOf(definition)).toEqual([]);
  });

  it('that do nothing, and transitions behind one that is always taken, are told', () => {
    expect(problemsOf(withState({ always: {}, on: { END: ['end', { target: 's' }] } }))).toEqual([
      'warning /states/s/on/END/1 never_taken',
      'warning /states/s/always always_without_effect',
    ]);
  });
});

describe('expressions and templates', () => {
  const reading = (expression: string) => onGo({ target: 'end', guard: expression }, { context: { n: 1 } });

  it.each([
    ['context.n >', 'error bad_expression'],
    ['frobnicate(context.n)', 'error bad_expression'],
    ['tenant.id == "x"', 'error unknown_variable'],
    ['contxt.n > 1', 'error unknown_variable'],
    ['job.colour == "red"', 'error unknown_variable'],
    ['job.key.part == "red"', 'error unknown_variable'],
    ['actions.none.status == "SUCCEEDED"', 'error unknown_action'],
    ['context.m > 1', 'warning unknown_context_key'],
    ['event.anything.goes && event.payload.too', null],
    ['job.parent_id == null || job.key != null', null],
  ])('in a guard, %s is %s', (expression, problem) => {
    const [severity, code] = problem?.split(' ') ?? [];
    expect(problemsOf(reading(expression))).toEqual(
      problem === null ? [] : [`${severity} /states/s/on/GO/guard ${code}`],
    );
  });

  it('tell where an expression stops making sense', () => {
    expect(validateDefinition(reading('1 +')).problems[0]?.message).toMatch(/at character 4/);
  });

  it('may read more in templates, and are told string by string', () => {
    const body = {
      good: ['<<tenant.name>> <<workflow.version>> <<transition.at>>', '<<job.id>>'],
      bad: [
        { deep: '<<foo.bar>>' },
        '<<transition.colour>>',
        '<<#open>>',
        '<<actions.none.response.body.id>>',
      ],
    };
    const at = '/states/s/on/GO/actions/params/body/bad';
    expect(problemsOf(onGo({ target: 'end', actions: webhook({ body }) }))).toEqual([
      `error ${at}/2 template_section`,
      `error ${at}/0/deep unknown_variable`,
      `error ${at}/1 unknown_variable`,
      `error ${at}/3 unknown_action`,
    ]);
  });

  it('know the context keys that an ASSIGN anywhere sets', () => {
    const definition = onGo({ target: 'end', actions: webhook({ body: '<<context.later>>' }) });
    Object.assign(definition.states.s as object, { exit: { action_type: 'ASSIGN', params: { later: '1' } } });
    expect(problemsOf(definition)).toEqual([]);
  });
});

describe('named actions', () => {
  const guardedBy = (guard: string) => ({
    initial: 'a',
    states: {
      a: {
        on: { GO: { target: 'b', actions: webhook({}, { name: 'hook' }) }, EARLY: { target: 'b', guard } },
      },
      b: { on: { LATE: { target: 'end', guard }, AGAIN: 'c' } },
      c: { on: { BACK: 'b' } },
      end: { type: 'final' },
    },
  });

  it.each([
    ['actions.hook.error.code == "timeout"', 'error'],
    ['actions.hook.error["code"] == "timeout"', 'error'],
    ['actions.hook.status.code == 1', 'error'],
    ['actions.hook.response.headers.etag == "x"', 'error'],
    ['actions.hook.response.status.code == 1', 'error'],
    ['actions.hook.error.contains("in time")', null],
    ['actions.hook.response.status == 201 && actions.hook.response.body.status.code == 1', null],
    ['actions.hook.response.truncated', null],
  ])('have what is known of them and nothing inside: %s', (guard, problem) => {
    const told = problemsOf(guardedBy(guard)).filter((one) => one.includes('/states/b/'));
    expect(told).toEqual(problem === null ? [] : ['error /states/b/on/LATE/guard unknown_variable']);
  });

  it('asked about where no way has run them before are told', () => {
    expect(problemsOf(guardedBy("actions.hook.status == 'SUCCEEDED'"))).toEqual([
      'warning /states/a/on/EARLY/guard action_not_run_before',
    ]);
  });

  it('earlier in the same list may be read by those after them', () => {
    const first = webhook({}, { name: 'first' });
    const second = webhook(
      { body: '<<actions.first.response.body.id>>' },
      { when: "actions.first.status == 'FAILED'" },
    );
    expect(problemsOf(onGo({ target: 'end', actions: [first, second] }))).toEqual([]);
    expect(problemsOf(onGo({ target: 'end', actions: [second, first] }))).toEqual([
      'warning /states/s/on/GO/actions/0/params/body action_not_run_before',
      'warning /states/s/on/GO/actions/0/when action_not_run_before',
    ]);
  });

  it('have names and invoke ids of their own', () => {
    const twice = [webhook({}, { name: 'same' }), webhook({}, { name: 'same' })];
    expect(problemsOf(onGo({ target: 'end', actions: twice }))).toEqual([
      'error /states/s/on/GO/actions/1/name duplicate_name',
    ]);
    const call = {
      id: 'call',
      src: 'webhook',
      input: { connection_id: 'c', path: '' },
      onDone: 'end',
      onError: 'end',
    };
    expect(problemsOf(withState({ invoke: [call, call] }))).toEqual([
      'error /states/s/invoke/1/id duplicate_invoke_id',
    ]);
  });

  it('that are waited for should lead on', () => {
    expect(
      problemsOf(
        withState({
          on: { END: 'end' },
          invoke: { src: 'webhook', input: { connection_id: 'c', path: '' } },
        }),
      ),
    ).toEqual([
      'warning /states/s/invoke invoke_without_done',
      'warning /states/s/invoke invoke_without_error',
    ]);
  });

  it('raise events that some state hears', () => {
    const raise = { action_type: 'RAISE', params: { type: 'UNHEARD' } };
    expect(problemsOf(onGo({ target: 'end', actions: raise }))).toEqual([
      'warning /states/s/on/GO/actions/params/type raise_unheard',
    ]);
  });
});

describe('references', () => {
  const references: References = {
    connections: new Map([
      ['c1', { provider: 'generic_rest', enabled: true }],
      ['c2', { provider: 'linear', enabled: false }],
    ]),
    workflows: new Set(['child']),
    operations: new Map([
      [
        'linear.create_issue',
        {
          check: (input: Json) =>
            isJsonObject(input) && 'title' in input
              ? []
              : [{ pointer: '/title', code: 'missing', message: 'is required', severity: 'error' as const }],
        },
      ],
    ]),
  };
  const at = '/states/s/on/GO/actions/params';

  it.each([
    [webhook({ connection_id: 'nope' }), [`error ${at}/connection_id unknown_connection`]],
    [webhook({ connection_id: 'c2' }), [`error ${at}/connection_id disabled_connection`]],
    [{ action_type: 'START_JOB', params: { workflow: 'nope' } }, [`error ${at}/workflow unknown_workflow`]],
    [{ action_type: 'START_JOB', params: { workflow: 'child' } }, []],
    [
      {
        action_type: 'INTEGRATION',
        params: { connection_id: 'c1', operation: 'linear.create_issue', input: { title: '<<job.id>>' } },
      },
      [`error ${at}/connection_id wrong_provider`],
    ],
    [
      { action_type: 'INTEGRATION', params: { connection_id: 'c1', operation: 'generic_rest.nope' } },
      [`error ${at}/operation unknown_operation`],
    ],
    [
      {
        action_type: 'INTEGRATION',
        params: { connection_id: 'c2', operation: 'linear.create_issue', input: {} },
      },
      [`error ${at}/connection_id disabled_connection`, `error ${at}/input/title missing`],
    ],
  ])('%# are checked against what the tenant has', (action, problems) => {
    expect(problemsOf(onGo({ target: 'end', actions: action }), references)).toEqual(problems);
  });

  it('that nobody has chosen yet are asked for, and nothing else is said of them', () => {
    const call = { action_type: 'INTEGRATION', params: { connection_id: '', operation: '' } };
    const start = { action_type: 'START_JOB', params: { workflow: '' } };
    const { problems } = validateDefinition(
      onGo({ target: 'end', actions: [webhook({ connection_id: '' }), call, start] }),
      references,
    );
    const at = '/states/s/on/GO/actions';
    expect(problems.map(({ pointer, code, message }) => [pointer, code, message])).toEqual([
      [`${at}/0/params/connection_id`, 'missing', 'choose a connection'],
      [`${at}/1/params/connection_id`, 'missing', 'choose a connection'],
      [`${at}/1/params/operation`, 'missing', 'choose an operation'],
      [`${at}/2/params/workflow`, 'missing', 'choose a workflow'],
    ]);
  });

  it('are left alone when they are not given', () => {
    expect(problemsOf(onGo({ target: 'end', actions: webhook({ connection_id: 'nope' }) }))).toEqual([]);
  });
});

describe('a webhook', () => {
  const at = '/states/s/on/GO/actions/params';
  it.each([
    [{ path: 'x' }, `error ${at}/path bad_path`],
    [{ path: '//evil.example' }, `error ${at}/path bad_path`],
    [{ path: 'https://evil.example/' }, `error ${at}/path bad_path`],
    [{ path: '/a/../b' }, `error ${at}/path path_text`],
    [{ headers: { Host: 'evil' } }, `error ${at}/headers/Host forbidden_header`],
    [
      { headers: { 'transfer-encoding': 'chunked' } },
      `error ${at}/headers/transfer-encoding forbidden_header`,
    ],
    [{ headers: { 'X-Ok': 'a\r\nb' } }, `error ${at}/headers/X-Ok header_injection`],
    [{ headers: { AUTHORIZATION: 'Bearer x' } }, `error ${at}/headers/AUTHORIZATION forbidden_header`],
    [{ headers: { 'Proxy-Authorization': 'x' } }, `error ${at}/headers/Proxy-Authorization forbidden_header`],
    [{ headers: { 'User-Agent': '<<event.x>>' } }, `error ${at}/headers/User-Agent forbidden_header`],
    [{ headers: { 'X-A': '1', 'x-a': '2' } }, `error ${at}/headers/x-a duplicate_header`],
    [{ method: 'GET', body: {} }, `error ${at}/body body_on_get`],
    [{ method: 'HEAD', body: null }, `error ${at}/body body_on_get`],
  ])('%j is told', (params, problem) => {
    expect(problemsOf(onGo({ target: 'end', actions: webhook(params) }))).toEqual([problem]);
  });
});

describe('patterns that would take seconds to compile', () => {
  const matching = (pattern: string, { guards, inEach = 1 }: { guards: number; inEach?: number }) => {
    const guard = Array.from({ length: inEach }, () => `context.a.matches(r'${pattern}')`).join(' || ');
    return {
      initial: 'a',
      context: { a: '' },
      states: {
        a: { on: Object.fromEntries(Array.from({ length: guards }, (_, i) => [`E${i}`, { guard }])) },
      },
    };
  };

  it.each([
    ['of guards', `(?i)${'\\pL'.repeat(320)}`, { guards: 200 }],
    ['from the beginning', '^\\pL{900}$', { guards: 150 }],
    ['in one guard', '^\\pL{900}$', { guards: 2, inEach: 80 }],
  ])('are refused: many %s', (_, pattern, count) => {
    const { problems } = validateDefinition(matching(pattern, count));
    const errors = problems.filter(({ severity }) => severity === 'error');
    expect(errors).toMatchObject([{ code: 'bad_expression', message: expect.stringContaining('too long') }]);
  });

  it('are not those of hundreds of guards as they are written', () => {
    expect(validateDefinition(matching('^[A-Z]{2}-[0-9]{4,6}$', { guards: 400 })).ok).toBe(true);
    expect(validateDefinition(matching('^[\\pL .-]{1,60}$', { guards: 100 })).ok).toBe(true);
  });
});

describe('whatever is given', () => {
  it('is answered without throwing, and what is accepted compiles and starts', () => {
    const anywhere = fc.tuple(
      fc.nat(400),
      fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>('#x', '.a', 'constructor', '<<a', {}, [], -1)),
    );
    fc.assert(
      fc.property(randomDefinition(), fc.array(anywhere, { maxLength: 3 }), (definition, changes) => {
        const changed = structuredClone(definition) as unknown as Json;
        for (const [place, value] of changes) replaceNth(changed, place, value as Json);
        const checked = validateDefinition(changed);
        if (!checked.ok) return;
        const job = { id: 'j', current_state: '', revision: 0, parent_id: null, key: null, created_at: '' };
        initialDecision(compileWorkflow(checked.definition), { input: {}, job, facts: {} });
      }),
      { numRuns: 150 },
    );
  });
});

function replaceNth(root: Json, place: number, value: Json): void {
  const slots: [JsonObject, string][] = [];
  const walk = (at: Json): void => {
    if (typeof at !== 'object' || at === null) return;
    for (const key of Object.keys(at)) {
      slots.push([at as JsonObject, key]);
      walk((at as JsonObject)[key] as Json);
    }
  };
  walk(root);
  const slot = slots[place % Math.max(slots.length, 1)];
  if (slot !== undefined) slot[0][slot[1]] = value;
}
