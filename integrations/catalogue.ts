// Every provider Pawl knows, and what the rest of the product asks of them all: description, validation, operations.
import { z } from 'zod';
import type { Problem } from '../engine/errors.ts';
import type { Json, JsonObject } from '../engine/json.ts';
import { isSecretField } from './credential-fields.ts';
import { exampleCredentials } from './example-credentials.ts';
import type { Field, Provider } from './provider.ts';
import { providers } from './provider-list.ts';
import { problemsOf } from './zod-problems.ts';

export { providers };

const byId = new Map(providers.map((provider) => [provider.id, provider]));

export const getProvider = (id: string): Provider | undefined => byId.get(id);

/** One provider as `GET /api/v1/providers` shows it (a wire document). */
export interface ProviderDescription {
  id: string;
  title: string;
  docs_url: string;
  fields: (Required<Omit<Field, 'link' | 'default' | 'masked' | 'example'>> & {
    link: string | null;
    default: string | null;
    /** Of nobody. */
    example: string | null;
  })[];
  /** JSON Schema (2020-12) of `credentials`. */
  credentials_schema: JsonObject;
  /** A whole set that the schema takes, of nobody. */
  credentials_example: JsonObject;
  operations: {
    id: string;
    title: string;
    help: string;
    idempotent: boolean;
    input_schema: JsonObject;
    example: Json;
  }[];
  /** What `path` of a WEBHOOK is relative to, and the params of one beside `connection_id`. */
  webhook: { help: string; example: JsonObject } | null;
  /** `not_with`: the credential with which there is none. */
  test:
    | { available: true; not_with?: { field: string; reason: string } }
    | { available: false; reason: string };
  limits: { concurrency: number; per_second: number | null; burst: number | null };
}

/** The catalogue: wizard, API reference, provider pages and action forms are made from it. */
export function describeProviders(): ProviderDescription[] {
  return providers.map(describeProvider);
}

function describeProvider(provider: Provider): ProviderDescription {
  return {
    id: provider.id,
    title: provider.title,
    docs_url: provider.docsUrl,
    fields: provider.fields.map((field) => ({
      name: field.name,
      label: field.label,
      help: field.help,
      secret: isSecretField(provider, field.name),
      optional: field.optional ?? false,
      link: field.link ?? null,
      default: field.default ?? null,
      example: field.example ?? null,
    })),
    credentials_schema: jsonSchema(provider.credentials),
    credentials_example: exampleCredentials(provider),
    operations: Object.entries(provider.operations).map(([name, operation]) => ({
      id: `${provider.id}.${name}`,
      title: operation.title,
      help: operation.help,
      idempotent: operation.idempotent,
      input_schema: jsonSchema(operation.input),
      example: operation.example ?? null,
    })),
    // A WEBHOOK's parts are JSON; the type allows the undefined that JSON leaves out.
    webhook: (provider.webhook ?? null) as ProviderDescription['webhook'],
    test:
      'unavailable' in provider.test
        ? { available: false, reason: provider.test.unavailable }
        : { available: true, ...notWith(provider.test.notWith) },
    limits: {
      concurrency: provider.limits.concurrency,
      per_second: provider.limits.perSecond ?? null,
      burst: provider.limits.burst ?? null,
    },
  };
}

/**
 * What is wrong with the credentials of a new connection: nothing, or every wrong field. Pointers are those of the
 * request body (`/provider`, `/credentials/auth_token`); no message repeats a value. Codes: `unknown_provider`,
 * `missing_field`, `unknown_field`, `invalid_field`.
 */
export function validateCredentials(providerId: string, input: unknown): Problem[] {
  const provider = getProvider(providerId);
  if (provider === undefined) {
    const known = providers.map(({ id }) => id).join(', ');
    const message = `There is no such provider; the providers are ${known}.`;
    return [{ pointer: '/provider', code: 'unknown_provider', message, severity: 'error' }];
  }
  const parsed = provider.parseCredentials(input);
  return parsed.ok ? [] : parsed.problems;
}

/**
 * Every origin these credentials may go to. The first is the one the stored blob is bound to; all of them are to pass
 * the address rules before the connection is saved. Null when the provider is unknown or the credentials do not fit it.
 */
export function allowedOrigins(
  providerId: string,
  credentials: unknown,
): readonly [string, ...string[]] | null {
  const provider = getProvider(providerId);
  const parsed = provider?.parseCredentials(credentials);
  return provider !== undefined && parsed?.ok === true ? provider.origins(parsed.credentials) : null;
}

/** Every operation by full id, for the definition validator. `check` takes input that still holds templates. */
export function operationReferences(): Map<string, { check(input: Json): Problem[] }> {
  const references = new Map<string, { check(input: Json): Problem[] }>();
  for (const provider of providers) {
    for (const [name, operation] of Object.entries(provider.operations)) {
      references.set(`${provider.id}.${name}`, { check: (input) => checkTemplate(operation.input, input) });
    }
  }
  return references;
}

/** Problems of an input, less those that a template may still mend when it is rendered. */
function checkTemplate(schema: z.ZodType, input: Json): Problem[] {
  const parsed = schema.safeParse(input);
  if (parsed.success) return [];
  const issues = parsed.error.issues.filter(({ code, path }) => {
    const wrong = valueAt(input, path);
    // Of a union zod only says that nothing fits, so a template anywhere inside may be the reason.
    return wrong !== TEMPLATE && !(code === 'invalid_union' && holdsTemplate(wrong));
  });
  return problemsOf(new z.ZodError(issues), '');
}

const TEMPLATE = Symbol('a template stands here or above');

/** The value a path leads to, or TEMPLATE when a template stands there or on the way: it may become anything. */
function valueAt(input: Json, path: readonly PropertyKey[]): Json | undefined | typeof TEMPLATE {
  let value: Json | undefined = input;
  for (const step of path) {
    if (isTemplate(value)) return TEMPLATE;
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as { [key: PropertyKey]: Json })[step];
  }
  return isTemplate(value) ? TEMPLATE : value;
}

function holdsTemplate(value: Json | undefined | typeof TEMPLATE): boolean {
  if (typeof value === 'symbol') return true;
  if (typeof value !== 'object' || value === null) return isTemplate(value);
  return Object.values(value).some(holdsTemplate);
}

const isTemplate = (value: Json | undefined): boolean => typeof value === 'string' && /<<|\{\{/.test(value);

function jsonSchema(schema: z.ZodType): JsonObject {
  // Refinements are left out: JSON Schema cannot say them, and the API checks them anyway.
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonObject;
}

const notWith = (not: { field: string; why: string } | undefined) =>
  not && { not_with: { field: not.field, reason: not.why } };
