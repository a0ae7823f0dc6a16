// What the clients of AWS send their requests with: the guarded sender, so that they open no socket of their own.
import { Readable } from 'node:stream';
import type { KMSClientConfig } from '@aws-sdk/client-kms';
import type { OutboundRequest, SendOptions, SendResult } from './request.ts';

export type AwsSend = (request: OutboundRequest, options: SendOptions) => Promise<SendResult>;

/** All clients of AWS take the same. */
type Handler = Extract<NonNullable<KMSClientConfig['requestHandler']>, { handle: unknown }>;

/** What a client sends with instead of connections of its own. */
export function awsHandler(
  send: AwsSend,
  limits: Pick<SendOptions, 'timeoutMs' | 'maxResponseBytes'>,
): Handler {
  const handler = {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle(request: Parameters<Handler['handle']>[0], { abortSignal }: { abortSignal?: unknown } = {}) {
      const { protocol, hostname, port, path, query, method, body } = request;
      const url = new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`);
      for (const [name, value] of Object.entries(query ?? {})) {
        for (const one of Array.isArray(value) ? value : [value ?? '']) url.searchParams.append(name, one);
      }
      const result = await send(
        { method, url: url.href, headers: ownHeaders(request.headers), body: bodyOf(body) },
        {
          ...limits,
          ...(abortSignal instanceof AbortSignal && { signal: abortSignal }),
        },
      );
      // By this name the client knows what is worth another attempt.
      if (result.phase !== 'answered')
        throw Object.assign(new Error(result.message), { name: 'TimeoutError' });
      if (result.truncated) throw new Error('the answer is longer than it may be');
      const { status: statusCode, headers, body: answer } = result;
      return { response: { statusCode, headers: { ...headers }, body: Readable.from([answer]) } };
    },
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
  };
  return handler as unknown as Handler;
}

/** Without those that the sender writes; it writes what the client signed. */
function ownHeaders(headers: Record<string, string>): Record<string, string> {
  const kept = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(kept.filter(([name]) => !WRITTEN_BY_SENDER.has(name)));
}

function bodyOf(body: unknown): Buffer | string | null {
  if (body === undefined || body === null) return null;
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  throw new TypeError('the client sends bodies whole');
}

/** `expect` asks before a large body is sent, which the sender does not. */
const WRITTEN_BY_SENDER = new Set(['host', 'content-length', 'expect']);
