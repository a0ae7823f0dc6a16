// Requests to the API, typed by its OpenAPI document. What fails is thrown as an ApiProblem.
import createClient from 'openapi-fetch';
import type { components, paths } from '../api-types.ts';
import { session } from '../session/session.ts';
import { ApiProblem, unreachable } from './problem.ts';

type Schemas = components['schemas'];
/** One resource of the API by its name in the OpenAPI document. */
export type Resource<Name extends keyof Schemas> = Schemas[Name];

export const api = createClient<paths>({
  baseUrl: window.location.origin,
  fetch: async (request: Request) => {
    for (const [name, value] of Object.entries(session.headers())) request.headers.set(name, value);
    return fetch(request).catch((error) => {
      throw error instanceof DOMException && error.name === 'AbortError' ? error : unreachable(error);
    });
  },
});

/** Awaits a call of `api`. @throws ApiProblem */
export async function answerOf<T>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await call;
  if (response.ok) return data as T;
  if (response.status === 401) session.refused();
  throw new ApiProblem(typeof error === 'object' && error !== null ? { ...error } : {}, response.status);
}
