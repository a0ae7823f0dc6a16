// Which headers an action may set. The validator says it when a definition is saved, and whoever builds a request sees to it.

// Of the connection between Pawl and the receiver, or set by Pawl for every request.
const PAWLS: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'te',
  'trailer',
  'expect',
  'user-agent',
  'idempotency-key',
  'traceparent',
  'tracestate',
  'accept-encoding',
]);
// Credentials live encrypted in the connection, never in a definition.
const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'cookie']);

/**
 * Who sets the header of that name, whatever its case, instead of an action; null: an action may. A connection may have
 * more headers of its own.
 */
export function setterOf(name: string): 'pawl' | 'connection' | null {
  const key = name.toLowerCase();
  if (PAWLS.has(key) || key.startsWith('proxy-')) return 'pawl';
  return CREDENTIALS.has(key) ? 'connection' : null;
}
