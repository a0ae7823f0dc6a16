// Requests that nobody would think of: values out of a schema, most of them fit, with things among them that do not.
import fc, { type GeneratorValue } from 'fast-check';
import type { Json } from '../engine/json.ts';
import type { OpenApiDocument } from './openapi.ts';

/** What breaks programs: each was the end of one somewhere. */
const STRANGE_TEXTS: readonly string[] = [
  ...[
    '',
    ' ',
    '\u0000',
    'a\u0000b',
    '\ud800',
    'x\udfffy',
    '💥',
    'İ',
    '\u202e',
    '\n',
    '\r\nX: y',
    '"',
    '\\',
    "'; --",
  ],
  ...[
    '%00',
    '../../etc',
    '/',
    '*',
    '#',
    '?',
    '&a=b',
    '__proto__',
    'constructor',
    'xstate.init',
    'a.b.c',
    'context.x',
  ],
  ...[
    '0000-00-00',
    '2026-02-30T00:00:00Z',
    '+275760-09-13T00:00:00Z',
    '0001-01-01T00:00:00Z',
    'infinity',
    'now',
  ],
  ...[
    'NaN',
    '1e400',
    '99999999999999999999',
    '<<event',
    '<<a>>',
    '1/0',
    'http://[::1]:9',
    'https://u:p@x.example:99999',
  ],
  ...[
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    'x'.repeat(300),
    'y'.repeat(70_000),
  ],
];
const STRANGE_NUMBERS: readonly number[] = [
  ...[
    -1,
    0,
    0.5,
    32_768,
    999_999_999,
    2 ** 31 - 1,
    2 ** 31,
    -(2 ** 31) - 1,
    2 ** 32,
    Number.MAX_SAFE_INTEGER,
    2 ** 63,
  ],
  ...[1e308, -1e308],
];
const STRANGE: readonly Json[] = [
  ...[null, true, false, [], {}, [null], [[[[[[]]]]]], { '': '' }, { constructor: 1 }, { toString: 1 }],
  ...STRANGE_TEXTS,
  ...STRANGE_NUMBERS,
];

export interface Schema {
  $ref?: string;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  const?: Json;
  enum?: Json[];
  type?: string | string[];
  format?: string;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  items?: Schema;
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
}

export interface StrangeRequests {
  /** True once in so many times. */
  isOneIn(count: number): boolean;
  oneOf<T>(list: readonly T[]): T;
  text(): string;
  /** A value for a schema of the document; one part in ten is none that it allows. */
  value(schema: Schema): Json;
  /** The same with a part or two left out, called otherwise or replaced. */
  disturbed(value: Json): Json;
}

const DEPTH_MAX = 6;

/** @param known ids and names that something goes by */
export function strangeRequests(
  g: GeneratorValue,
  document: OpenApiDocument,
  known: readonly string[],
): StrangeRequests {
  const below = (count: number) => g(fc.integer, { min: 0, max: count - 1 });
  const isOneIn = (count: number) => below(count) === 0;
  const oneOf = <T>(list: readonly T[]): T => list[below(list.length)] as T;

  function resolved(schema: Schema): Schema {
    const name = schema.$ref?.split('/').pop();
    return name === undefined ? schema : resolved((document.components?.schemas?.[name] ?? {}) as Schema);
  }

  function value(given: Schema, depth = 0): Json {
    const schema = resolved(given);
    if (isOneIn(10)) return oneOf(STRANGE);
    const alternatives = schema.anyOf ?? schema.oneOf;
    if (alternatives) return value(oneOf(alternatives), depth);
    if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => value(part, depth + 1)));
    if (schema.const !== undefined) return schema.const;
    if (schema.enum) return oneOf(schema.enum);
    switch (oneOf([schema.type ?? 'any'].flat())) {
      case 'null':
        return null;
      case 'boolean':
        return isOneIn(2);
      case 'integer':
      case 'number':
        return oneOf([schema.minimum ?? 0, schema.maximum ?? 1_000, 1, 2, 3, oneOf(STRANGE_NUMBERS)]);
      case 'string':
        if (schema.format === 'date-time')
          return oneOf(['2026-01-01T00:00:00Z', '2099-12-31T23:59:59.999+14:00']);
        return schema.format === 'uuid' ? oneOf(known) : oneOf([...known, ...STRANGE_TEXTS]);
      case 'array':
        return Array.from({ length: (schema.minItems ?? 0) + below(3) }, () =>
          value(schema.items ?? {}, depth + 1),
        );
      case 'object':
        return object(schema, depth);
      default:
        return oneOf(STRANGE);
    }
  }

  function object({ properties = {}, required = [], additionalProperties }: Schema, depth: number): Json {
    const entries: [string, Json][] = [];
    for (const [name, schema] of Object.entries(properties)) {
      const isThere = required.includes(name) ? !isOneIn(20) : depth < DEPTH_MAX && isOneIn(3);
      if (isThere) entries.push([name, value(schema, depth + 1)]);
    }
    if (additionalProperties && depth < DEPTH_MAX) {
      const schema = additionalProperties === true ? {} : additionalProperties;
      for (let left = below(3); left > 0; left--)
        entries.push([oneOf(STRANGE_TEXTS), value(schema, depth + 1)]);
    }
    if (isOneIn(30)) entries.push(['unknown_field', 1]);
    return Object.fromEntries(entries);
  }

  function disturbed(given: Json): Json {
    const copy = structuredClone(given);
    const places = placesIn(copy);
    for (let left = places.length === 0 ? 0 : 1 + below(2); left > 0; left--) {
      const [at, key] = oneOf(places);
      const how = below(3);
      if (how === 0) delete at[key];
      else if (how === 1) at[oneOf(STRANGE_TEXTS)] = at[key] ?? null;
      else at[key] = oneOf(STRANGE);
    }
    return copy;
  }

  return { isOneIn, oneOf, text: () => oneOf(STRANGE_TEXTS), value, disturbed };
}

/** Every part of a value: what it is in, and under which key. */
function placesIn(value: Json): [Record<string, Json>, string][] {
  if (value === null || typeof value !== 'object') return [];
  const at = value as Record<string, Json>;
  return Object.keys(at).flatMap((key) => [[at, key] as [typeof at, string], ...placesIn(at[key] ?? null)]);
}
