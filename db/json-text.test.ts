import { describe, expect, it } from 'vitest';
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
});
