import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../engine/json.ts';
import { createScrubber } from '../vault/scrub.ts';
import { buildRequest, type Call } from './build-request.ts';
import { describeProviders, providers, validateCredentials } from './catalogue.ts';
import { exampleCalls } from './contract.testkit.ts';
import { maskedFields, publicFields } from './credential-fields.ts';
import { exampleCredentials } from './example-credentials.ts';
import { context, webhook } from './integrations.testkit.ts';
import { preview } from './preview.ts';
import type { Provider } from './provider.ts';

/** Said here once more, so that it does not depend on the rule that is being tested. */
const isSecret = ({ fields }: Provider, name: string): boolean =>
  /token|secret|key|password/i.test(name) || fields.some((field) => field.name === name && field.secret);

/** Credentials that the provider takes, every secret unlike any other: together they set every field at least once. */
function canaries(provider: Provider): JsonObject[] {
  const marked = (name: string, example: string): string =>
    isSecret(provider, name) ? `${example}CANARY${name.replace(/[^a-z]/g, '').toUpperCase()}7Q` : example;
  const base = Object.fromEntries(
    Object.entries(exampleCredentials(provider)).map(([name, value]) => [name, marked(name, String(value))]),
  );
  const required = provider.fields.filter(({ optional }) => optional !== true).map(({ name }) => name);
  const least = Object.fromEntries(Object.entries(base).filter(([name]) => required.includes(name)));
  const sets: JsonObject[] = [base];
  for (const { name, example = '' } of provider.fields) {
    for (const under of [base, least]) sets.push({ ...under, [name]: marked(name, example) });
  }
  return sets.filter((credentials) => validateCredentials(provider.id, credentials).length === 0);
}

/** The examples, and a plain POST for connections that take no path. */
const callsOf = (provider: Provider): Call[] => [
  ...Object.values(exampleCalls(provider)),
  webhook({ body: { text: 'x' } }),
];

/** The texts in which a secret is found, raw or in any spelling that the scrubber knows. */
function leaks(provider: Provider, credentials: JsonObject, shown: unknown): boolean {
  const scrubber = createScrubber(credentials, (field) => isSecret(provider, field));
  const text = JSON.stringify(shown);
  return text.includes('CANARY') || scrubber.text(text) !== text;
}

describe.each(providers.map((provider) => [provider.id, provider] as const))('%s', (_, provider) => {
  const sets = canaries(provider);

  it('has every secret field in one of the connections tried', () => {
    const secret = provider.fields.filter(({ name }) => isSecret(provider, name));
    for (const { name } of secret) expect(sets.some((set) => name in set)).toBe(true);
  });

  it('sends its secrets, so that not finding them below means something', () => {
    const credentials = sets[0] ?? {};
    const leaving = callsOf(provider).map((call) => buildRequest(provider, call, credentials, context));
    expect(
      leaving.length > 0 && (leaks(provider, credentials, leaving) || provider.id === 'generic_rest'),
    ).toBe(true);
  });

  it('never shows them in a preview, whatever that is made from', () => {
    for (const credentials of sets) {
      for (const call of callsOf(provider)) {
        for (const fields of [
          publicFields(provider, credentials),
          maskedFields(provider, credentials),
          credentials,
        ]) {
          expect(leaks(provider, credentials, preview(provider, call, fields))).toBe(false);
        }
      }
    }
  });

  it('never shows them when credentials are refused', () => {
    for (const credentials of sets) {
      const wrong = Object.fromEntries(
        Object.entries(credentials).map(([name, value]) => [name, `${String(value)}\u0000`]),
      );
      const problems = validateCredentials(provider.id, { ...wrong, CANARY: 1 });
      expect(problems.length).toBeGreaterThan(0);
      expect(
        leaks(
          provider,
          credentials,
          problems.filter(({ code }) => code !== 'unknown_field'),
        ),
      ).toBe(false);
      const built = buildRequest(provider, webhook(), wrong, context);
      expect(built.ok).toBe(false);
      expect(leaks(provider, credentials, built)).toBe(false);
    }
  });

  it('never sends the secret of its webhooks', () => {
    for (const credentials of sets.filter((set) => 'webhook_secret' in set)) {
      for (const call of callsOf(provider)) {
        expect(JSON.stringify(buildRequest(provider, call, credentials, context))).not.toContain(
          'WEBHOOKSECRET',
        );
      }
    }
  });

  it('never shows them in the catalogue', () => {
    for (const credentials of sets) expect(leaks(provider, credentials, describeProviders())).toBe(false);
  });
});
