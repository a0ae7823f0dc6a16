// What clients of the AWS SDK send with instead of connections of their own: the guarded sender.
import { Readable } from 'node:stream';
import type { OutboundRequest, SendOptions, SendResult } from './request.ts';

export type Send = (request: OutboundRequest, options: SendOptions) => Promise<SendResult>;

/** A request as the SDK's clients make it (HttpRequest of Smithy). */
interface SdkRequest {
  protocol: string;
  hostname: string;
  port?: number;
  path: string;
  query?: Record<string, string | string[] | null>;
  method: string;
  headers: Record<string, string>;
  body?: unknown;
}

/** A `requestHandler` for the client of any service. Bodies are whole: nothing here streams. */
export function awsRequestHandler(send: Send, bounds: { timeoutMs: number; maxResponseBytes: number }) {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle(request: SdkRequest, { abortSignal }: { abortSignal?: unknown } = {}) {
      const { protocol, hostname, port, path, query, method, body } = request;
      const url = new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`);
      for (const [name, value] of Object.entries(query ?? {})) {
        for (const one of Array.isArray(value) ? value : [value ?? '']) url.searchParams.append(name, one);
      }
      const result = await send(
        { method, url: url.href, headers: ownHeaders(request.headers), body: bodyOf(body) },
        { ...bounds, ...(abortSignal instanceof AbortSignal && { signal: abortSignal }) },
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
}

/** Without those that the sender writes; it writes what the client signed. */
function ownHeaders(headers: Record<string, string>): Record<string, string> {
  const kept = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(kept.filter(([name]) => name !== 'host' && name !== 'content-length'));
}

function bodyOf(body: unknown): Buffer | string | null {
  if (body === undefined || body === null) return null;
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  throw new TypeError('the client sends bodies whole');
}
