import { Environment } from '@marcbachmann/cel-js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileExpression, type Evaluation, type Expression } from './expression.ts';
import type { Json, JsonObject } from './json.ts';

function compiled(source: string): Expression {
  const result = compileExpression(source);
  if (!result.ok) throw new Error(`${source}: ${result.message}`);
  return result.expression;
}

const run = (source: string, scope: JsonObject = {}): Evaluation => compiled(source).evaluate(scope);
const value = (source: string, scope: JsonObject = {}): Json => {
  const result = run(source, scope);
  if (!result.ok) throw new Error(`${source}: ${result.message}`);
  return result.value;
};
const failure = (source: string, scope: JsonObject = {}): string => {
  const result = run(source, scope);
  if (result.ok) throw new Error(`${source} gave ${JSON.stringify(result.value)}`);
  return result.message;
};
const problem = (source: string) => {
  const result = compileExpression(source);
  if (result.ok) throw new Error(`${source} compiled`);
  return result;
};

const scope: JsonObject = {
  context: { n: 1, half: 1.5, name: 'Ada', items: [{ price: 3 }, { price: 5 }], nums: [1, 2, 3], none: null },
  event: { type: 'PAY', amount: 12, big: 9007199254740991 },
  actions: { notify: { status: 'SUCCEEDED', response: { status: 200, body: { id: 'm-1' } } } },
};

describe('numbers', () => {
  test.each([
    ['event.amount > 0', true],
    ['event.amount >= 12.0', true],
    ['context.n + 1', 2],
    ['1 + context.n', 2],
    ['context.half + 1', 2.5],
    ['1 - context.half', -0.5],
    ['context.n == 1', true],
    ['1 == context.n', true],
    ['context.half == 1.5', true],
    ['context.half != 1', true],
    ['context.n in [1, 2]', true],
    ['context.nums == [1, 2, 3]', true],
    ['{"n": context.n} == {"n": 1}', true],
    ['context.nums[context.n]', 2],
    ['"abcdef".substring(context.n)', 'bcdef'],
    ['event.amount % 5', 2],
    ['event.amount / 5', 2.4],
    ['size(context.nums) == 3', true],
    ['size(context.nums) > context.n', true],
    ['-context.n', -1],
    ['context.n * 0 * -1', 0],
    ['7 / 2', 3],
    ['-7 / 2', -3],
    ['7.0 / 2.0', 3.5],
    ['0xFF', 255],
    ['event.big + 0', 9007199254740991],
    ['int("42") + int(1.9)', 43],
    ['double("1.5") + double(1)', 2.5],
    ['string(context.n) + "!"', '1!'],
  ])('%s is %j', (source, expected) => {
    expect(value(source, scope)).toEqual(expected);
  });

  test.each([
    '1 / 0',
    'context.n / 0',
    'context.n % 0',
    '1e308 * 10.0',
    '9223372036854775807 + 1',
    '9007199254740993',
  ])('%s has no value rather than a wrong one', (source) => {
    expect(failure(source, scope)).not.toBe('');
  });

  test('an integer result is a JSON number and negative zero is zero', () => {
    expect(Object.is(value('0.0 * -1.0'), 0)).toBe(true);
    expect(typeof value('40 + 2')).toBe('number');
  });
});

describe('logic', () => {
  test.each([
    ['true || context.missing', true],
    ['context.missing || true', true],
    ['false && context.missing', false],
    ['context.missing && false', false],
    ['event.amount > 10 && context.name == "Ada"', true],
    ['event.amount > 100 ? "a lot" : "a little"', 'a little'],
    ['!(context.n == 1)', false],
    ['"1" == context.n', false],
    ['context.none == null', true],
    ['context.name != null', true],
    ['"n" in context', true],
    ['"toString" in context', false],
  ])('%s is %j', (source, expected) => {
    expect(value(source, scope)).toBe(expected);
  });

  test('a side that fails is reported when the other does not decide', () => {
    expect(failure('context.missing || false', scope)).toBe('context.missing is missing');
    expect(failure('context.missing && true', scope)).toBe('context.missing is missing');
  });

  test('a type error is a sentence that names the types and not the values', () => {
    expect(failure('context.name > 3', scope)).toBe("'>' cannot compare text with a number");
    expect(failure('context.name + 3', scope)).toBe("'+' cannot be used with text and a number");
    expect(failure('!context.n', scope)).toBe("'!' must be true or false, not a number");
    expect(failure('context.name && true', scope)).toBe("a side of '&&' must be true or false, not text");
  });
});

describe('reading the scope', () => {
  test('own properties are read and inherited ones are missing', () => {
    expect(value('context["name"]', scope)).toBe('Ada');
    expect(failure('context.constructor', scope)).toBe('context.constructor is missing');
    expect(failure('context["__proto__"]', scope)).toContain('missing');
    expect(failure('context.items.length', scope)).toContain('cannot be read');
    expect(failure('toString', scope)).toBe("'toString' is not known here");
    expect(value('has(context.toString)', scope)).toBe(false);
    expect(failure('context.__proto__', scope)).toContain('missing');
  });

  test('an own key named constructor is data like any other', () => {
    expect(value('event.constructor', { event: { constructor: 'Ltd.' } })).toBe('Ltd.');
  });

  test('what is missing is named, up to the part that is missing', () => {
    expect(failure('context.a.b.c', scope)).toBe('context.a is missing');
    expect(failure('context.nums[3]', scope)).toBe('context.nums[3]: the list has only 3 items');
    expect(failure('actions.refund.status == "SUCCEEDED"', scope)).toContain('no such action has run yet');
    expect(failure('context.none.x', scope)).toBe('context.none.x cannot be read: null has no named values');
  });

  test('has() is true for what is there, null included, and false for what is not, at any depth', () => {
    expect(value('has(context.name)', scope)).toBe(true);
    expect(value('has(context.none)', scope)).toBe(true);
    expect(value('has(context.missing)', scope)).toBe(false);
    expect(value('has(actions.refund.response.body.id)', scope)).toBe(false);
    expect(value('has(context.items[0].price) && !has(context.items[9].price)', scope)).toBe(true);
    expect(value('has(context.name.first)', scope)).toBe(false);
  });

  test('a result is a copy that shares nothing with the scope, and the scope is unchanged', () => {
    const before = structuredClone(scope);
    const result = value('context', scope) as JsonObject;
    (result.items as Json[]).push('changed');
    expect(scope).toEqual(before);
  });

  test('a __proto__ key in the data never becomes a prototype', () => {
    const result = value('event', { event: JSON.parse('{"__proto__": {"admin": true}, "a": 1}') });
    expect(result).toEqual({ a: 1 });
    expect((result as { admin?: unknown }).admin).toBeUndefined();
    expect(failure('{event.key: 1}', { event: { key: '__proto__' } })).toContain('__proto__');
  });
});

describe('variables', () => {
  test.each<[string, string[]]>([
    ['event.amount > 0', ['event.amount']],
    ['actions.notify.response.body.id == context.id', ['actions.notify.response.body.id', 'context.id']],
    ['context["a"].b', ['context.a.b']],
    ['context["a.b"].c', ['context']],
    ['context.items[0].price', ['context.items']],
    ['actions[event.name].status', ['actions', 'event.name']],
    ['has(event.note) && event.note != ""', ['event.note']],
    ['context.items.exists(i, i.price > event.max)', ['context.items', 'event.max']],
    ['context.items.all(event, event.price > 0)', ['context.items']],
    ['cel.bind(t, event.total, t * t)', ['event.total']],
    ['event.name.startsWith(context.prefix)', ['event.name', 'context.prefix']],
    ['type(event.n) == int', ['event.n']],
    ['{"a": [event.x, {"b": event.y}]}', ['event.x', 'event.y']],
    ['event', ['event']],
    ['1 + 1', []],
  ])('%s reads %j', (source, expected) => {
    expect([...compiled(source).variables].sort()).toEqual(expected.sort());
  });
});

describe('lists, objects and macros', () => {
  test.each<[string, Json]>([
    ['context.items.all(i, i.price > 2)', true],
    ['context.items.exists(i, i.price == 5)', true],
    ['context.items.exists_one(i, i.price > 2)', false],
    ['context.items.filter(i, i.price > 3)', [{ price: 5 }]],
    ['context.items.map(i, i.price * 2)', [6, 10]],
    ['context.items.map(i, i.price > 3, i.price)', [5]],
    ['context.items.exists(i, i.nothing > 1 || i.price == 5)', true],
    ['[[1, 2], [3]].map(row, row.map(n, n + size(row)))', [[3, 4], [4]]],
    ['[1, 2].exists(n, [3].exists(m, m == n + 1) && n == 2)', true],
    ['{"a": 1, "b": 2}.all(key, key != "c")', true],
    ['[1, "a", null] + [true]', [1, 'a', null, true]],
    ['{"total": context.items.map(i, i.price), "by": context.name}', { total: [3, 5], by: 'Ada' }],
    ['cel.bind(x, context.n + 1, x * x)', 4],
    ['type(1) == int && type(context.n) == double && type("") == string', true],
  ])('%s is %j', (source, expected) => {
    expect(value(source, scope)).toEqual(expected);
  });

  test('all() and exists() report an item that fails when no other item decides', () => {
    expect(failure('context.items.all(i, i.nothing > 1)', scope)).toBe('i.nothing is missing');
    expect(value('[{"a": 1}, {}].exists(i, i.a == 1)')).toBe(true);
    expect(value('[{}, {"a": 2}].all(i, i.a == 1)')).toBe(false);
  });
});

describe('text and time', () => {
  test.each<[string, Json]>([
    ['"abc".contains("b") && "abc".startsWith("a") && "abc".endsWith("c")', true],
    ['" Ä b ".trim().lowerAscii()', 'Ä b'],
    ['"a,b,c".split(",")', ['a', 'b', 'c']],
    ['"a,b,c".split(",", 2)', ['a', 'b,c']],
    ['["a", "b"].join("-")', 'a-b'],
    ['"naïve 😀 text".size()', 12],
    ['"😀a😀b".indexOf("b")', 3],
    ['"😀a😀b".substring(1, 3)', 'a😀'],
    ['"abcabc".lastIndexOf("b")', 4],
    ['"abcabc".indexOf("b", 2)', 4],
    ['"ada@example.com".matches("^[a-z]+@[a-z]+[.]com$")', true],
    ['"x".matches(event.pattern)', true],
    ['timestamp("2026-01-31T12:00:00Z") - timestamp("2026-01-31T11:00:00Z") > duration("59m")', true],
    ['timestamp("2026-01-31T12:00:00+02:00").getHours()', 10],
    ['timestamp("2026-01-31T12:00:00Z") + duration("1h30m")', '2026-01-31T13:30:00.000Z'],
    ['duration("90s")', '90s'],
    ['duration("1ns")', '0.000000001s'],
    ['duration(string(duration("-1us"))) == duration("-1us")', true],
    ['timestamp("2024-02-29T23:59:59Z")', '2024-02-29T23:59:59.000Z'],
    ['timestamp("2026-03-01T00:00:00Z").getDayOfYear()', 59],
  ])('%s is %j', (source, expected) => {
    expect(value(source, { event: { pattern: '^[xy]$' } })).toEqual(expected);
  });

  test.each([
    'timestamp("2026-02-31T00:00:00Z")',
    'timestamp("2026-02-28T24:00:00Z")',
    'duration("9999999999h")',
    'duration("80000000h") + duration("80000000h")',
  ])('%s is no time', (source) => {
    expect(failure(source, {})).toMatch(/needs a time|out of range/);
  });
});

describe('what is refused when a definition is saved', () => {
  test.each<[string, number | undefined]>([
    ['event.amount >', 14],
    ["event.name == 'abc", 14],
    ['event.amount = 1', 13],
    ['now()', 0],
    ['true && random() > 1', 8],
    ['event.name.reverse()', 0],
    ['event.name.contains()', 0],
    ['has(event)', 0],
    ['event.name.matches("(")', 19],
    ['1u', 0],
    ['{1: 2}', 1],
    ['', 0],
  ])('%s, with its position', (source, position) => {
    expect(problem(source)).toMatchObject({ position });
  });

  test('a source that is too long, too deep or too wide', () => {
    expect(problem(`"${'x'.repeat(5000)}"`).message).toContain('longer than');
    expect(problem(`${'('.repeat(200)}1${')'.repeat(200)}`).message).not.toBe('');
    expect(problem(`[${'1,'.repeat(500)}1]`).message).not.toBe('');
  });
});

describe('cost', () => {
  const objectOf = (keys: number, value: number) =>
    Object.fromEntries(Array.from({ length: keys }, (_, key) => [`key ${key}`, value]));
  const list = Array.from({ length: 2000 }, (_, index) => index);
  const long = 'a'.repeat(200_000);

  test.each([
    'event.list.all(a, event.list.all(b, event.list.all(c, a + b + c >= 0)))',
    'event.list.exists(a, event.list.exists(b, event.list.exists(c, false))) || true',
    'event.list.all(a, event.long + event.long != "")',
    'event.list.all(a, event.long == event.long2)',
    'event.list.all(a, !event.long.contains("b"))',
    'event.list.all(a, !event.long.matches("(a|aa)+$b"))',
    `${'cel.bind(x, '.repeat(1)}event.list + event.list, ${'cel.bind(x, x + x, '.repeat(20)}size(x)${')'.repeat(21)}`,
    `cel.bind(x, event.long, ${'cel.bind(x, x + x, '.repeat(20)}x.size()${')'.repeat(21)}`,
    `cel.bind(x, [event.long], ${'cel.bind(x, [x, x], '.repeat(20)}x${')'.repeat(21)}`,
  ])('%s ends with a message instead of holding the process', (source) => {
    expect(failure(source, { event: { list, long, long2: `${long.slice(1)}a` } })).toMatch(
      /too many steps|too large/,
    );
  });

  test.each([
    ['double(event.digits) > 0.0', { digits: '1'.repeat(500_000) }],
    ['event.letters.upperAscii() == ""', { letters: 'aB'.repeat(10_000) }],
    ['event.letters.lowerAscii() == ""', { letters: 'aB'.repeat(10_000) }],
    ['size(event.smiles) == 1', { smiles: '😀'.repeat(10_000) }],
    ['event.smiles.substring(0, 1) == ""', { smiles: '😀'.repeat(10_000) }],
    ['event.smiles.indexOf("x") == 1', { smiles: '😀'.repeat(10_000) }],
    ['event.one == event.two', { one: objectOf(1000, 1), two: objectOf(1000, 2) }],
    ['"x".matches(event.pattern)', { pattern: `(?i)${'\\pL'.repeat(200)}` }],
    ['"x".matches(event.pattern)', { pattern: '[\\pL]{1000}' }],
  ])('%s costs what it takes, so that asking it for each of a hundred is too much', (source, data) => {
    const hundred = list.slice(0, 100);
    expect(failure(`event.hundred.exists(i, ${source})`, { event: { hundred, ...data } })).toMatch(
      'too many steps',
    );
  });

  test('data nested beyond the stack is a failed evaluation', () => {
    let deep: Json = [];
    for (let depth = 0; depth < 100_000; depth++) deep = [deep];
    expect(failure('event.deep', { event: { deep } })).toContain('too deeply');
  });

  test('a megabyte of ordinary data is within the bounds', () => {
    const rows = Array.from({ length: 20_000 }, (_, index) => ({ id: `row-${index}`, price: index }));
    expect(value('event.rows.filter(r, r.price > 19998)', { event: { rows } })).toEqual([
      { id: 'row-19999', price: 19999 },
    ]);
    expect(value('event.rows', { event: { rows } })).toEqual(rows);
  });
});

describe('agreement with another implementation', () => {
  const reference = new Environment({ unlistedVariablesAreDyn: true, homogeneousAggregateLiterals: false });
  const leaf = fc.oneof(
    fc.integer({ min: -9, max: 9 }).map((n) => (n < 0 ? `(${n})` : `${n}`)),
    fc.constantFrom(
      '1.5',
      '0.25',
      '"a"',
      '"b"',
      'true',
      'false',
      'null',
      'c.s',
      'c.t',
      'c.gone',
      '[1, 2]',
      '{"k": 1}',
    ),
  );
  const { source } = fc.letrec<{ source: string }>((tie) => ({
    source: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      leaf,
      fc
        .tuple(
          tie('source'),
          fc.constantFrom('+', '-', '*', '/', '%', '<', '<=', '>', '>=', '==', '!=', '&&', '||'),
          tie('source'),
        )
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      fc.tuple(tie('source'), tie('source'), tie('source')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
      tie('source').map((operand) => `!${operand}`),
      fc.tuple(leaf, tie('source')).map(([item, body]) => `[${item}, 2].exists(i, i == 2 || ${body})`),
    ),
  }));

  test('where the reference gives an answer, ours is the same', () => {
    const data = { c: { s: 'a', t: true } };
    let compared = 0;
    fc.assert(
      fc.property(source, (text) => {
        let expected: unknown;
        try {
          expected = reference.evaluate(text, data);
        } catch {
          return; // The reference refuses more: it has no arithmetic across number types and no inequality across types.
        }
        // Infinity and NaN are errors here, on purpose.
        if (typeof expected === 'number' && !Number.isFinite(expected)) return;
        compared += 1;
        const plain = JSON.parse(JSON.stringify(expected, (_, v) => (typeof v === 'bigint' ? Number(v) : v)));
        const result = run(text, data);
        if (!result.ok && result.message === 'division by zero') return;
        expect(result).toEqual({ ok: true, value: typeof plain === 'number' ? plain + 0 : plain });
      }),
      { numRuns: 3000 },
    );
    expect(compared).toBeGreaterThan(100);
  });

  test('any text either compiles or is refused with a sentence, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), source), fc.jsonValue(), (text, data) => {
        const result = compileExpression(text);
        const answer = result.ok ? result.expression.evaluate({ c: data as Json, event: {} }) : result;
        if (answer.ok) expect(JSON.parse(JSON.stringify(answer.value))).toEqual(answer.value);
        else expect(answer.message).not.toBe('');
      }),
      { numRuns: 1000 },
    );
  });
});
