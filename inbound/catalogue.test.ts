import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeSources, getSourceKind, sourceKinds } from './catalogue.ts';
import { kindAndConfig } from './inbound.testkit.ts';

test('every file of inbound/kinds is in the catalogue, under its own name, and has a test', () => {
  const files = readdirSync(new URL('./kinds/', import.meta.url));
  const ids = sourceKinds.map(({ id }) => id);
  expect(files.sort()).toEqual(ids.flatMap((id) => [`${id}.test.ts`, `${id}.ts`]).sort());
  expect(ids).toEqual(ids.toSorted());
  for (const kind of sourceKinds) expect(getSourceKind(kind.id)).toBe(kind);
  expect(getSourceKind('unknown')).toBeUndefined();
});

test('what the catalogue says can be sent as JSON', () => {
  const described = describeSources();
  expect(JSON.parse(JSON.stringify(described))).toEqual(described);
});

test.each(describeSources())(
  '$id begins with settings that it accepts, and every setting is explained',
  (source) => {
    const kind = getSourceKind(source.id);
    expect(kind?.parseConfig(source.config_template).ok).toBe(true);
    expect(kind?.parseConfig({ unknown: 1 }).ok).toBe(false);
    const settings = Object.keys((source.config_schema.properties ?? {}) as object);
    expect(source.fields.map(({ name }) => name)).toEqual(settings);
  },
);

test.each(sourceKinds)(
  '$id says where its URL goes, and mentions its secret only where Pawl may make it',
  (kind) => {
    const steps = kind.setup.steps.join('\n');
    expect(steps).toContain('{url}');
    expect(steps.includes('{secret}')).toBe(kind.secret.madeBy !== 'vendor');
    expect(steps.replaceAll('{url}', '').replaceAll('{secret}', '')).not.toMatch(/[{}]/);
  },
);

test.each(sourceKinds)('$id shows an example of a secret that it would accept', (kind) => {
  const { config } = kindAndConfig(kind.id);
  expect(kind.checkSecret(config, kind.secret.example)).toEqual([]);
});

test('a secret is made of all the randomness that it is given, and of nothing less', () => {
  for (const kind of sourceKinds) {
    const { config } = kindAndConfig(kind.id);
    const made = [0, 1].map((last) =>
      kind.makeSecret(config, Uint8Array.of(...new Array<number>(31).fill(7), last)),
    );
    expect(new Set(made).size).toBe(2);
    expect(() => kind.makeSecret(config, new Uint8Array(31))).toThrow('32 random bytes');
  }
});
