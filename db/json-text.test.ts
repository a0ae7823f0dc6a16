import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../engine/parse-json.ts';
import { connected } from '../test/connected.testkit.ts';
import { jsonText } from './json-text.ts';

describe('jsonText', () => {
  it('replaces what jsonb refuses and nothing else', () => {
    expect(JSON.parse(jsonText({ a: 'x\0y', b: '\ud800', c: '\udfff\ud83d' }))).toEqual({
      a: 'x\ufffdy',
      b: '\ufffd',
      c: '\ufffd\ufffd',
    });
    const whole = { a: '😀', b: '\\u0000', c: '\\\\u0000', d: '\\\\\0', e: '\ud7ff' };
    expect(JSON.parse(jsonText(whole))).toEqual({ ...whole, d: '\\\\\ufffd' });
  });

  describe('in a database', () => {
    const db = connected();

    it('is always accepted, and comes back as what it says', async () => {
      const text = fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) });
      const escapes = fc.constantFrom('\\', '\\\\', '\\u0000', '\0', '\ud800', '\udc00', 'u0000', '"');
      const strings = fc.oneof(
        text,
        fc.array(escapes).map((parts) => parts.join('')),
      );
      const json = fc
        .jsonValue()
        .chain((value) => fc.record({ value: fc.constant(value), strings, key: strings }));
      await fc.assert(
        fc.asyncProperty(json, async ({ value, strings: string, key }) => {
          const sent = jsonText({ value, string, [`k${key}`]: 1 });
          const [row] = await db().sql`select ${sent}::text::jsonb as stored`;
          expect(row?.stored).toEqual(parseJson(sent));
        }),
        { numRuns: 300 },
      );
    });
  });
});
