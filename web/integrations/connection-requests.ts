// What is asked of the API about connections, in one place.
import { answerOf, api, type Resource } from '../api/client.ts';
import type { RequestKey } from '../api/request-key.ts';

type Connection = Resource<'Connection'>;
type Credentials = { [field: string]: unknown };

export function createConnection(
  given: { provider: string; connection_name: string; credentials: Credentials },
  header: RequestKey,
): Promise<Connection> {
  const body = { ...given, settings: {} };
  return answerOf(api.POST('/api/v1/tenant/connections', { params: { header }, body }));
}

export function changeConnection(id: string, change: Resource<'ConnectionChange'>): Promise<Connection> {
  return answerOf(api.PATCH('/api/v1/tenant/connections/{id}', { params: { path: { id } }, body: change }));
}

/** All credentials anew. Attempts that are under way end with the old ones. */
export function rotateCredentials(id: string, credentials: Credentials): Promise<Connection> {
  const params = { path: { id } };
  return answerOf(api.POST('/api/v1/tenant/connections/{id}/rotate', { params, body: { credentials } }));
}

export async function deleteConnection(id: string, force: boolean): Promise<void> {
  const params = { path: { id }, query: { force: force ? ('true' as const) : ('false' as const) } };
  await answerOf(api.DELETE('/api/v1/tenant/connections/{id}', { params }));
}

export type TestResult = NonNullable<Resource<'ConnectionTest'>['result']>;

const LOOK_MS = 1_000;
/** A worker that does not answer for so long is not there. */
const LOOKS_MAX = 30;

/** Has a worker make a harmless call. @returns null when none has answered */
export async function testConnection(id: string): Promise<TestResult | null> {
  let test = await answerOf(api.POST('/api/v1/tenant/connections/{id}/test', { params: { path: { id } } }));
  for (let looks = 0; test.status === 'waiting' && looks < LOOKS_MAX; looks++) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const params = { path: { id, test_id: test.id } };
    test = await answerOf(api.GET('/api/v1/tenant/connections/{id}/tests/{test_id}', { params }));
  }
  return test.result;
}
