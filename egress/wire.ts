// A request as it goes over the wire: which methods and headers a caller may choose, which ones are the
// sender's own, and how many octets it all takes.
import type { OutboundRequest } from './request.ts';

/** A request as the pool takes it. */
interface WireRequest {
  path: string;
  /** name, value, name, value … */
  headers: string[];
  body: Buffer | null;
  requestBytes: number;
}

/**
 * Checks what the caller may not decide (method, framing headers), adds what every request carries, and counts
 * the octets. Answers a sentence instead where something is wrong with the request.
 */
export function toWire(request: OutboundRequest, url: URL, userAgent: string): WireRequest | string {
  const { method } = request;
  if (!METHODS.has(method)) return 'The method must be GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS.';
  const headers: string[] = [];
  let headerBytes = 0;
  let hasUserAgent = false;
  let hasAcceptEncoding = false;
  for (const name of Object.keys(request.headers)) {
    const value = request.headers[name] as string;
    if (FORBIDDEN_HEADERS.has(name) || name.startsWith('proxy-')) return `The header ${name} cannot be set.`;
    // Two spellings of one name would both be written, and the receiver picks either.
    if (name !== name.toLowerCase()) return `The header name ${name} must be in lower case.`;
    if (name === 'user-agent') hasUserAgent = true;
    else if (name === 'accept-encoding') hasAcceptEncoding = true;
    headers.push(name, value);
    headerBytes += name.length + value.length + 4;
  }
  if (!hasUserAgent) {
    headers.push('user-agent', userAgent);
    headerBytes += userAgent.length + 14;
  }
  // Answers are never decompressed here, so that no small body can become a large one.
  if (!hasAcceptEncoding) {
    headers.push('accept-encoding', 'identity');
    headerBytes += 27;
  }
  const path = url.pathname + url.search;
  const body = typeof request.body === 'string' ? Buffer.from(request.body) : request.body;
  const bodyBytes = body === null ? 0 : body.length;
  return {
    path,
    headers,
    body,
    requestBytes: framingBytes(method, path, url.host, bodyBytes) + headerBytes + bodyBytes,
  };
}

// CONNECT and TRACE would make the receiver a tunnel or an echo; anything else is a typing error.
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const METHODS_WITH_PAYLOAD = new Set(['POST', 'PUT', 'PATCH']);
/**
 * These decide where a message ends and who it is for: they are the sender's to write. Definitions are told so when they are
 * saved, by engine/settable-headers.ts, which this folder may not know; a test holds the two together.
 */
export const FORBIDDEN_HEADERS: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'te',
  'trailer',
  'expect',
]);

/** Octets of the lines undici writes itself: request line, host, connection, content-length, and the empty line. */
function framingBytes(method: string, path: string, host: string, bodyBytes: number): number {
  const requestLine = method.length + path.length + 12;
  const connection = method === 'HEAD' ? 19 : 24;
  const hasLength = bodyBytes > 0 || METHODS_WITH_PAYLOAD.has(method);
  return requestLine + host.length + 8 + connection + (hasLength ? 18 + String(bodyBytes).length : 0) + 2;
}
