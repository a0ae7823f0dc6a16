// Whether a connection can be tested without anybody noticing.
import type { Resource } from '../api/client.ts';

/**
 * Why there is no harmless call to test a connection with, as a sentence; null when there is one.
 * @param fields what of its credentials is set, in whatever form
 */
export function whyNoTest(
  { test }: Pick<Resource<'Provider'>, 'test'>,
  fields: Readonly<Record<string, unknown>>,
): string | null {
  if (!test.available) return test.reason;
  return test.not_with && Object.hasOwn(fields, test.not_with.field) ? test.not_with.reason : null;
}
