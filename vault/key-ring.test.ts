import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { PawlError, type Problem } from '../engine/errors.ts';
import { type KeyRingSource, parseKeyRing } from './key-ring.ts';
import { KEY_A, KEY_B } from './vault.testkit.ts';

function problemsOf(source: KeyRingSource): readonly Problem[] {
  try {
    parseKeyRing(source);
  } catch (error) {
    expect(error).toBeInstanceOf(PawlError);
    expect(error).toMatchObject({ kind: 'InvalidInput', code: 'encryption_key_invalid' });
    return (error as PawlError).problems;
  }
  return [];
}

const codes = (source: KeyRingSource): string[] =>
  problemsOf(source).map(({ pointer, code }) => `${pointer} ${code}`);

describe('the key ring', () => {
  it('takes one key, by the id "default" unless it is named', () => {
    expect(parseKeyRing({ encryptionKey: KEY_A }).keyIds).toEqual(['default']);
    expect(
      parseKeyRing({ encryptionKey: ` ${KEY_A.toUpperCase()}\n`, encryptionKeyId: '2025' }).currentKeyId,
    ).toBe('2025');
  });

  it('takes several keys and encrypts with the one that is named, wherever it stands', () => {
    const ring = parseKeyRing({ encryptionKeys: `old:${KEY_A}, new:${KEY_B},`, encryptionKeyId: 'new' });
    expect(ring.currentKeyId).toBe('new');
    expect(ring.keyIds).toEqual(['new', 'old']);
    expect(ring.key('old')?.export().toString('hex')).toBe(KEY_A);
    expect(ring.key('constructor')).toBeUndefined();
  });

  it.each<[string, KeyRingSource, string[]]>([
    ['no key', {}, ['/ENCRYPTION_KEY encryption_key_missing']],
    [
      'empty variables',
      { encryptionKey: ' ', encryptionKeys: '' },
      ['/ENCRYPTION_KEY encryption_key_missing'],
    ],
    ['a zero key', { encryptionKey: '0'.repeat(64) }, ['/ENCRYPTION_KEY encryption_key_zero']],
    ['a short key', { encryptionKey: KEY_A.slice(1) }, ['/ENCRYPTION_KEY encryption_key_malformed']],
    ['a long key', { encryptionKey: `${KEY_A}0` }, ['/ENCRYPTION_KEY encryption_key_malformed']],
    [
      'a key that is not hexadecimal',
      { encryptionKey: 'g'.repeat(64) },
      ['/ENCRYPTION_KEY encryption_key_malformed'],
    ],
    [
      'a key with a space inside',
      { encryptionKey: `${KEY_A.slice(0, 31)} ${KEY_A.slice(32)}` },
      ['/ENCRYPTION_KEY encryption_key_malformed'],
    ],
    [
      'a bad id for one key',
      { encryptionKey: KEY_A, encryptionKeyId: 'a b' },
      ['/ENCRYPTION_KEY_ID encryption_key_id_invalid'],
    ],
    [
      'both variables',
      { encryptionKey: KEY_A, encryptionKeys: `a:${KEY_A}`, encryptionKeyId: 'a' },
      ['/ENCRYPTION_KEYS encryption_key_ambiguous'],
    ],
    [
      'a ring without the encrypting id',
      { encryptionKeys: `a:${KEY_A}` },
      ['/ENCRYPTION_KEY_ID encryption_key_id_missing'],
    ],
    [
      'an encrypting id that is not in the ring',
      { encryptionKeys: `a:${KEY_A}`, encryptionKeyId: 'b' },
      ['/ENCRYPTION_KEY_ID encryption_key_id_unknown'],
    ],
    [
      'an entry without an id',
      { encryptionKeys: `a:${KEY_A},${KEY_B}`, encryptionKeyId: 'a' },
      ['/ENCRYPTION_KEYS encryption_key_malformed'],
    ],
    [
      'an id twice',
      { encryptionKeys: `a:${KEY_A},a:${KEY_B}`, encryptionKeyId: 'a' },
      ['/ENCRYPTION_KEYS encryption_key_id_duplicate'],
    ],
    [
      'a key twice',
      { encryptionKeys: `a:${KEY_A},b:${KEY_A.toUpperCase()}`, encryptionKeyId: 'a' },
      ['/ENCRYPTION_KEYS encryption_key_duplicate'],
    ],
    [
      'an id too long',
      { encryptionKeys: `${'k'.repeat(65)}:${KEY_A}`, encryptionKeyId: 'k'.repeat(65) },
      ['/ENCRYPTION_KEYS encryption_key_id_invalid'],
    ],
  ])('refuses %s', (_, source, expected) => {
    expect(codes(source)).toEqual(expected);
  });

  it('names every problem at once and repeats no part of a key', () => {
    const bad = 'deadbeef'.repeat(7);
    const source = { encryptionKeys: `a:${bad},${KEY_A},c d:${'0'.repeat(64)},a:${KEY_B}` };
    expect(codes(source)).toEqual([
      '/ENCRYPTION_KEYS encryption_key_malformed',
      '/ENCRYPTION_KEY_ID encryption_key_id_missing',
      '/ENCRYPTION_KEYS encryption_key_malformed',
      '/ENCRYPTION_KEYS encryption_key_id_invalid',
      '/ENCRYPTION_KEYS encryption_key_zero',
      '/ENCRYPTION_KEYS encryption_key_id_duplicate',
    ]);
    const words = JSON.stringify(problemsOf(source));
    for (const secret of [bad, KEY_A, KEY_B]) expect(words).not.toContain(secret.slice(0, 8));
  });

  it('has fingerprints that tell keys apart, stay the same and are no part of the key', () => {
    const ring = parseKeyRing({ encryptionKeys: `a:${KEY_A},b:${KEY_B}`, encryptionKeyId: 'a' });
    const again = parseKeyRing({ encryptionKey: KEY_A, encryptionKeyId: 'other-name' });
    expect(ring.fingerprint('a')).toMatch(/^[0-9a-f]{32}$/);
    expect(ring.fingerprint('a')).toBe(again.fingerprint('other-name'));
    expect(ring.fingerprint('a')).not.toBe(ring.fingerprint('b'));
    expect(() => ring.fingerprint('c')).toThrow(expect.objectContaining({ code: 'key_missing' }));
  });

  it('prints no key', () => {
    const ring = parseKeyRing({ encryptionKey: KEY_A });
    const printed =
      inspect(ring, { depth: 9, showHidden: true }) + inspect(ring.key('default')) + JSON.stringify(ring);
    expect(printed).not.toContain(KEY_A.slice(0, 8));
  });
});
