import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from './json.ts';
import { type CompiledTemplate, compileTemplate, type Rendering, type TemplatePlace } from './template.ts';

function compiled(json: Json, place: TemplatePlace = 'json'): CompiledTemplate {
  const result = compileTemplate(json, place);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.template;
}

const rendering = (json: Json, scope: JsonObject, place: TemplatePlace = 'json'): Rendering =>
  compiled(json, place).render(scope);

function rendered(json: Json, scope: JsonObject, place: TemplatePlace = 'json'): Json {
  const result = rendering(json, scope, place);
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

const problemCodes = (json: Json, place: TemplatePlace = 'json'): string[] => {
  const result = compileTemplate(json, place);
  return result.ok ? [] : result.problems.map(({ pointer, code }) => `${pointer} ${code}`);
};

const scope: JsonObject = {
  job: { id: 'j-1', revision: 3 },
  context: {
    name: 'Ada & <Co>',
    amount: 12.5,
    ok: true,
    none: null,
    empty: '',
    tags: ['a', 'b'],
    address: { city: 'Zürich' },
    items: [
      { sku: 'x', parts: ['1', '2'] },
      { sku: 'y', parts: [] },
    ],
  },
  actions: { notify: { response: { body: { id: 7 } } } },
};

describe('a template in JSON', () => {
  test.each<[string, Json]>([
    ['<<job.id>>', 'j-1'],
    ['<<job.revision>>', 3],
    ['<< context.ok >>', true],
    ['<<context.none>>', null],
    ['<<context.tags>>', ['a', 'b']],
    ['<<context.address>>', { city: 'Zürich' }],
    ['<<context.tags.1>>', 'b'],
    ['{{job.revision}}', 3],
    ['<<{job.revision}>>', 3],
    ['<<&job.revision>>', 3],
    ['{{{job.revision}}}', 3],
    ['<<! a note >><<job.revision>>', 3],
    [' <<job.revision>>', ' 3'],
    ['job <<job.id>> at <<job.revision>>', 'job j-1 at 3'],
    ['<<context.name>>!', 'Ada & <Co>!'],
    ['{{{context.name}}}!', 'Ada & <Co>!'],
    ['<<context.address>> and <<context.tags>>', '{"city":"Zürich"} and ["a","b"]'],
    ['[<<context.none>>]', '[]'],
    ['no tags at all', 'no tags at all'],
    ['1 > 0 }} >>', '1 > 0 }} >>'],
    ['', ''],
  ])('%j becomes %j', (template, expected) => {
    expect(rendered(template, scope)).toEqual(expected);
  });

  test('fills every string of a tree and leaves everything else as it is', () => {
    const template = {
      id: '<<job.id>>',
      list: ['<<job.revision>>', 1, null, { deep: 'x<<context.amount>>' }],
      n: 1.5,
      t: true,
    };
    expect(rendered(template, scope)).toEqual({
      id: 'j-1',
      list: [3, 1, null, { deep: 'x12.5' }],
      n: 1.5,
      t: true,
    });
  });

  test('never parses a value, whatever it looks like', () => {
    const value = '<<job.id>> {{job.id}} <<#context>>x<</context>> <<=| |=>>';
    expect(rendered('<<context.v>>', { context: { v: value } })).toBe(value);
    expect(rendered('> <<context.v>>', { context: { v: value } })).toBe(`> ${value}`);
  });

  test('fails for good on a missing variable, and names it', () => {
    expect(rendering({ a: '<<job.id>>', b: 'x <<context.gone.id>>' }, scope)).toEqual({
      ok: false,
      code: 'missing_variable',
      variable: 'context.gone.id',
      message: "the variable 'context.gone.id' has no value",
    });
  });

  test('reads own properties only', () => {
    for (const name of ['context.toString', 'context.name.big', 'job.hasOwnProperty', 'valueOf']) {
      expect(rendering(`<<${name}>>`, scope)).toMatchObject({ code: 'missing_variable', variable: name });
    }
    for (const name of ['context.__proto__', 'context.constructor.name', '__proto__']) {
      expect(problemCodes(`<<${name}>>`)).toEqual([' template_name']);
    }
  });

  test('refuses a result above 1 MiB, whether it is one large value or many small ones', () => {
    const large = 'x'.repeat(1024 * 1024 + 1);
    expect(rendering('<<context.v>>', { context: { v: large } })).toMatchObject({ code: 'value_too_large' });
    expect(rendering('<<context.v>>', { context: { v: [[large]] } })).toMatchObject({
      code: 'value_too_large',
    });
    const half = { context: { v: 'x'.repeat(600_000) } };
    expect(rendering(['<<context.v>>', '<<context.v>>'], half)).toMatchObject({ code: 'value_too_large' });
    expect(rendering('<<context.v>>', half)).toMatchObject({ ok: true });
  });

  test('refuses a value nested deeper than JSON writers can follow', () => {
    let deep: Json = 1;
    for (let depth = 0; depth < 50_000; depth++) deep = [deep];
    expect(rendering('<<context.v>>', { context: { v: deep } })).toMatchObject({ code: 'value_too_large' });
  });

  test('gives valid JSON of the same shape for any values', () => {
    const template = {
      plain: '<<context.v>>',
      text: 'a <<context.v>> b',
      list: ['<<context.s>>', 'x'],
      n: 1,
    };
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (v, s) => {
        const result = rendered(template, { context: { v: v as Json, s: `${s}\u2028\u2029"\\` } });
        const back = JSON.parse(JSON.stringify(result));
        expect(Object.keys(back)).toEqual(['plain', 'text', 'list', 'n']);
        expect(back.plain).toEqual(JSON.parse(JSON.stringify(v)));
        expect(typeof back.text).toBe('string');
        expect(back.list).toEqual([`${s}\u2028\u2029"\\`, 'x']);
        expect(back.n).toBe(1);
      }),
    );
  });
});

describe('sections', () => {
  test.each<[string, string]>([
    ['<<#context.tags>>[<<.>>]<</context.tags>>', '[a][b]'],
    ['<<#context.items>><<sku>>@<<job.id>>;<</context.items>>', 'x@j-1;y@j-1;'],
    ['<<#context.items>><<sku>>:<<#parts>><<.>>,<</parts>> <</context.items>>', 'x:1,2, y: '],
    ['<<#context.address>><<city>><</context.address>>', 'Zürich'],
    ['<<#context.ok>>yes<</context.ok>><<^context.ok>>no<</context.ok>>', 'yes'],
    ['<<#context.gone>>x<</context.gone>><<^context.gone>>none<</context.gone>>', 'none'],
    ['<<^context.empty>>empty<</context.empty>><<^context.none>>null<</context.none>>', 'emptynull'],
    ['{{#context.tags}}{{.}}{{/context.tags}}', 'ab'],
  ])('%s becomes %j', (template, expected) => {
    expect(rendered(template, scope)).toBe(expected);
  });

  test('look a name up through the items around it, and fail on one that is nowhere', () => {
    expect(rendering('<<#context.items>><<price>><</context.items>>', scope)).toMatchObject({
      code: 'missing_variable',
      variable: 'price',
    });
  });

  test('that repeat each other without printing anything still end', () => {
    const open = '<<#context.list>>'.repeat(8);
    const close = '<</context.list>>'.repeat(8);
    const list = Array.from({ length: 1000 }, () => 1);
    expect(rendering(`${open}${close}`, { context: { list } })).toMatchObject({ code: 'value_too_large' });
  });
});

describe('variables', () => {
  test.each<[Json, string[]]>([
    ['<<job.id>>', ['job.id']],
    [
      { a: '<<actions.notify.response.body.id>>', b: ['x <<context.amount>>'] },
      ['actions.notify.response.body.id', 'context.amount'],
    ],
    ['<<context.items.0.sku>>', ['context.items']],
    ['<<#context.items>><<sku>> <<.>> <<job.id>><</context.items>>', ['context.items', 'job.id']],
    ['<<^context.note>><<event.note>><</context.note>>', ['context.note', 'event.note']],
    ['<<unknown.thing>>', ['unknown.thing']],
    ['plain', []],
  ])('of %j are %j', (template, expected) => {
    expect(compiled(template).variables).toEqual(expected);
  });
});

describe('a path', () => {
  const at = (template: string, v: Json) => rendering(template, { context: { v } }, 'path');

  test.each<[Json, string]>([
    ['plain', '/a/plain/b'],
    [12, '/a/12/b'],
    ['x/y', '/a/x%2Fy/b'],
    ['../..', '/a/..%2F../b'],
    ['?q=1#f', '/a/%3Fq%3D1%23f/b'],
    ['\\', '/a/%5C/b'],
    ['a b\r\n', '/a/a%20b%0D%0A/b'],
    ['%2e', '/a/%252e/b'],
    ['é😀', '/a/%C3%A9%F0%9F%98%80/b'],
    ["!'()*", '/a/%21%27%28%29%2A/b'],
  ])('with the value %j becomes %s', (value, expected) => {
    expect(at('/a/<<context.v>>/b', value)).toEqual({ ok: true, value: expected });
  });

  test('refuses a value that is empty, makes a dot segment, or is no text', () => {
    for (const value of ['', null, '.', '..']) {
      expect(at('/a/<<context.v>>/b', value)).toMatchObject({ ok: false, code: 'path_segment' });
    }
    expect(at('/a/<<context.v>><<context.v>>', '.')).toMatchObject({ code: 'path_segment' });
    expect(at('/a/%2E<<context.v>>', '.')).toMatchObject({ code: 'path_segment' });
    expect(at('/a/<<context.v>>', ['x'])).toMatchObject({ code: 'not_text', variable: 'context.v' });
  });

  test('takes any value after its question mark', () => {
    for (const [value, expected] of [
      ['', '/a?x=&y=1'],
      ['..', '/a?x=..&y=1'],
      ['&z=/', '/a?x=%26z%3D%2F&y=1'],
    ] as const) {
      expect(at('/a?x=<<context.v>>&y=1', value)).toEqual({ ok: true, value: expected });
    }
  });

  test('is refused when it is saved if its own text could not be a path', () => {
    for (const path of ['/a b', '/a\\b', '/a#b', '/a\n', '/a/../b', '/%2e%2E/<<job.id>>']) {
      expect(problemCodes(path, 'path')).toEqual([' path_text']);
    }
    expect(problemCodes({ a: 1 }, 'path')).toEqual([' template_not_text']);
  });

  test('keeps its segments, and stays on its host, for every value', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.webPath(), fc.constantFrom('..', '.', '//', '/../x')),
        (v) => {
          const result = at('/v1/<<context.v>>/end?x=<<context.v>>', v);
          if (!result.ok) {
            expect(['', '.', '..']).toContain(v);
            return;
          }
          const url = new URL(`https://host.example${result.value}`);
          expect(url.host).toBe('host.example');
          expect(url.pathname.split('/')).toHaveLength(4);
          expect(url.pathname.startsWith('/v1/') && url.pathname.endsWith('/end')).toBe(true);
          expect([...url.searchParams.keys()]).toEqual(['x']);
          expect(url.searchParams.get('x')).toBe(v.toWellFormed());
          expect(url.hash).toBe('');
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('a query', () => {
  test('is one encoded string, from an object or from text', () => {
    const query = {
      q: 'a <<context.name>>',
      tag: '<<context.tags>>',
      none: '<<context.none>>',
      n: 1,
      'k&': '=',
      o: '<<context.address>>',
    };
    expect(rendered(query, scope, 'query')).toBe(
      'q=a%20Ada%20%26%20%3CCo%3E&tag=a&tag=b&n=1&k%26=%3D&o=%7B%22city%22%3A%22Z%C3%BCrich%22%7D',
    );
    expect(rendered('?q=<<context.name>>&x=1', scope, 'query')).toBe('q=Ada%20%26%20%3CCo%3E&x=1');
  });

  test('gives each parameter exactly its value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (v) => {
        const query = rendered({ a: '<<context.v>>', b: 'x<<context.v>>' }, { context: { v } }, 'query');
        expect([...new URLSearchParams(query as string)]).toEqual([
          ['a', v.toWellFormed()],
          ['b', `x${v}`.toWellFormed()],
        ]);
      }),
    );
  });

  test('is refused as a list, and as text with characters no query has', () => {
    expect(problemCodes(['a'], 'query')).toEqual([' template_not_text']);
    expect(problemCodes('a=b c', 'query')).toEqual([' query_text']);
  });
});

describe('headers', () => {
  test('are text, and a null leaves its header out', () => {
    const headers = {
      'X-Job': '<<job.id>>',
      'X-N': '<<job.revision>>',
      'X-Both': '<<job.id>>/<<context.ok>>',
      'X-None': '<<context.none>>',
      'X-Fix': 5,
    };
    expect(rendered(headers, scope, 'header')).toEqual({
      'X-Job': 'j-1',
      'X-N': '3',
      'X-Both': 'j-1/true',
      'X-Fix': '5',
    });
  });

  test.each(['a\r\nX-Evil: 1', 'a\n', '\r', 'a\0b', '\x7f', '日本'])('refuse the value %j', (v) => {
    expect(rendering({ 'X-A': '<<context.v>>' }, { context: { v } }, 'header')).toMatchObject({
      ok: false,
      code: 'header_injection',
      variable: 'context.v',
    });
    expect(rendering({ 'X-A': 'x <<context.v>>' }, { context: { v } }, 'header')).toMatchObject({
      ok: false,
    });
  });

  test('are refused when saved if a name or a text cannot be one', () => {
    expect(problemCodes({ 'X A': 'x', 'X/~': 'x', ok: 'a\r\nb', list: ['x'] }, 'header')).toEqual([
      '/X A header_name',
      '/X~1~0 header_name',
      '/ok header_injection',
      '/list template_not_text',
    ]);
  });
});

describe('what is refused when a definition is saved', () => {
  test.each<[string, string]>([
    ['<<job.id', 'template_unclosed_tag'],
    ['a {{', 'template_unclosed_tag'],
    ['<<job.id>> and <<', 'template_unclosed_tag'],
    ['<<{job.id>>', 'template_unclosed_tag'],
    ['{{{job.id}}', 'template_unclosed_tag'],
    ['<<>>', 'template_name'],
    ['<<  >>', 'template_name'],
    ['<<job id>>', 'template_name'],
    ['<<job..id>>', 'template_name'],
    ['<<.job>>', 'template_name'],
    [`<<${'x'.repeat(300)}>>`, 'template_name'],
    ['<<job.id>> {{job.id}}', 'template_mixed_delimiters'],
    ['<<>partial>>', 'template_partial'],
    ['<< > partial>>', 'template_partial'],
    ['<<=| |=>>', 'template_delimiters'],
    ['<<#context.tags>>', 'template_section'],
    ['<</context.tags>>', 'template_section'],
    ['<<#a>><<#b>><</a>><</b>>', 'template_section'],
    [`${'<<#a>>'.repeat(20)}${'<</a>>'.repeat(20)}`, 'template_section'],
    [`<<job.id>>${'x'.repeat(70_000)}`, 'template_too_long'],
  ])('%s', (template, code) => {
    expect(problemCodes({ deep: [template] })).toEqual([`/deep/0 ${code}`]);
  });

  test('every problem at once, each at its place', () => {
    expect(problemCodes({ 'a/b': '<<', c: ['<<>x>>', 'fine'], '<<key>>': 1, ok: '<<job.id>>' })).toEqual([
      '/a~1b template_unclosed_tag',
      '/c/0 template_partial',
      '/<<key>> template_in_key',
    ]);
    expect(problemCodes(JSON.parse('{"__proto__": "x"}'))).toEqual(['/__proto__ template_name']);
  });

  test('a tree that is too deep', () => {
    let deep: Json = 'x';
    for (let depth = 0; depth < 200; depth++) deep = [deep];
    expect(compileTemplate(deep, 'json').ok).toBe(false);
  });

  test('any text compiles or is refused, and what compiles renders or fails, without throwing', () => {
    const piece = fc.constantFrom(
      '<<',
      '>>',
      '{{',
      '}}',
      '#a',
      '/a',
      '^b',
      '/b',
      'context.v',
      '.',
      '{',
      '}',
      '!',
      '&',
      ' ',
      '\n',
      'x',
    );
    const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(
        text,
        fc.jsonValue(),
        fc.constantFrom<TemplatePlace>('json', 'path', 'query', 'header'),
        (source, v, place) => {
          const result = compileTemplate(source, place);
          if (!result.ok) expect(result.problems.every((problem) => problem.message !== '')).toBe(true);
          else
            expect(result.template.render({ context: { v: v as Json }, a: [1, 2], b: false })).toHaveProperty(
              'ok',
            );
        },
      ),
      { numRuns: 3000 },
    );
  });
});
