// Calls, answers and contexts for the tests of providers.
import type { Json, JsonObject } from '../engine/json.ts';
import { type Built, buildRequest, type Call } from './build-request.ts';
import type { Answer, JudgeContext, Provider, RequestContext, WebhookInput } from './provider.ts';

export const now = new Date('2025-03-01T12:00:00Z');

export const context: RequestContext = {
  now,
  idempotencyKey: '0195512d-2a00-7000-8000-000000000001',
  userAgent: 'Pawl/test',
};

export const webhook = (input: Partial<WebhookInput> = {}): Call => ({
  kind: 'webhook',
  input: { method: 'POST', path: '', query: '', headers: {}, idempotent: null, ...input },
});

export const operation = (id: string, input: Json, idempotent: boolean | null = null): Call => ({
  kind: 'operation',
  operation: id,
  input,
  idempotent,
});

/** The request of a call, which must be possible. */
export function requestOf(provider: Provider, call: Call, credentials: JsonObject) {
  return sent(buildRequest(provider, call, credentials, context));
}

export function sent(built: Built) {
  if (!built.ok)
    throw new Error(`refused: ${built.code}: ${built.message} ${JSON.stringify(built.problems)}`);
  return built.request;
}

export function answer(
  status: number,
  body: Json | undefined = undefined,
  headers: Record<string, string> = {},
): Answer {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  return { status, headers, body: Buffer.from(text) };
}

export const judging = (safeToRepeat: boolean, operationId: string | null = null): JudgeContext => ({
  now,
  safeToRepeat,
  operation: operationId,
});
