// Credentials of nobody, made from the examples of a provider's fields: for its page, and for tests of all providers.
import type { JsonObject } from '../engine/json.ts';
import type { Provider } from './provider.ts';

/**
 * The required fields' examples, with the first optional one that they need beside them. Throws where no such set
 * fits the provider's own schema: then an example is wrong.
 */
export function exampleCredentials({ id, fields, parseCredentials }: Provider): JsonObject {
  const required = fields.filter(({ optional }) => optional !== true);
  const candidates = [[], ...fields.filter(({ optional }) => optional === true).map((field) => [field])];
  for (const more of candidates) {
    const examples = [...required, ...more].map(({ name, example }) => [name, example] as const);
    const credentials = Object.fromEntries(examples.filter(([, example]) => example !== undefined));
    if (parseCredentials(credentials).ok) return credentials as JsonObject;
  }
  throw new Error(`The examples of the fields of ${id} are no credentials.`);
}
