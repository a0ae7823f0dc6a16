// From a compiled action and the values it reads to the call its provider understands. Pure.
import type { QueuedAction } from '../engine/compile.ts';
import type { JsonObject } from '../engine/json.ts';
import type { Call } from '../integrations/build-request.ts';

export type Rendered = { ok: true; call: Call } | { ok: false; code: string; message: string };

export function renderCall({ request, idempotent }: QueuedAction, scope: JsonObject): Rendered {
  if (request.kind === 'operation') {
    const input = request.input.render(scope);
    if (!input.ok) return input;
    return {
      ok: true,
      call: { kind: 'operation', operation: request.operation, input: input.value, idempotent },
    };
  }
  const path = request.path.render(scope);
  if (!path.ok) return path;
  const query = request.query?.render(scope);
  if (query && !query.ok) return query;
  const headers = request.headers?.render(scope);
  if (headers && !headers.ok) return headers;
  const body = request.body?.render(scope);
  if (body && !body.ok) return body;
  return {
    ok: true,
    call: {
      kind: 'webhook',
      input: {
        method: request.method,
        path: String(path.value),
        query: String(query?.value ?? ''),
        headers: (headers?.value ?? {}) as Record<string, string>,
        body: body?.value,
        idempotent,
      },
    },
  };
}
