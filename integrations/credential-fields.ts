// Which of a connection's credentials may be shown, which must not, and what they look like masked.
import type { Json, JsonObject } from '../engine/json.ts';
import type { Provider } from './provider.ts';

export const MASK = '***';

// Whatever a provider's file says: a field of such a name is never public by oversight.
const SECRET_NAME = /token|secret|key|password/i;

/** True for every field that is marked secret, named like one, or not known to the provider at all. */
export function isSecretField(provider: Pick<Provider, 'fields'>, name: string): boolean {
  const field = provider.fields.find((candidate) => candidate.name === name);
  return field === undefined || field.secret || SECRET_NAME.test(name);
}

/** The fields that are not secret, for the row's clear columns and for showing. */
export function publicFields(provider: Provider, credentials: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(credentials).filter(([name]) => !isSecretField(provider, name)));
}

/** Every known field that is set, the secret ones as `***`: what the UI shows and `preview` works on. */
export function maskedFields(provider: Provider, credentials: JsonObject): JsonObject {
  const masked: JsonObject = {};
  for (const field of provider.fields) {
    const value: Json | undefined = Object.hasOwn(credentials, field.name)
      ? credentials[field.name]
      : undefined;
    if (value === undefined) continue;
    masked[field.name] = isSecretField(provider, field.name) ? MASK : value;
  }
  return masked;
}
