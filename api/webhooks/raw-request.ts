// A request as it was sent: header lines that nobody joined, and the URL as its sender wrote it.
import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import type { HeaderLine } from '../../inbound/source-kind.ts';
import type { AppEnv } from '../deps.ts';

/** What the Node server adapter puts beside a request; a request that was made in this process has none. */
function incomingOf(c: Context<AppEnv>): IncomingMessage | undefined {
  return (c.env as { incoming?: IncomingMessage } | undefined)?.incoming;
}

export function headerLines(c: Context<AppEnv>): HeaderLine[] {
  const raw = incomingOf(c)?.rawHeaders;
  if (raw === undefined) return [...c.req.raw.headers];
  const lines: HeaderLine[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) lines.push([raw[i] as string, raw[i + 1] as string]);
  return lines;
}

/** @param publicUrl what a proxy in front of us is called by senders; undefined: what the request itself says */
export function urlAsSent(c: Context<AppEnv>, publicUrl: string | undefined): string {
  const url = new URL(c.req.url);
  const target = incomingOf(c)?.url ?? url.pathname + url.search;
  return (publicUrl ?? originAsSent(c)) + target;
}

/** Where senders reach us as far as this request tells: behind a proxy that says so, by its scheme. */
export function originAsSent(c: Context<AppEnv>): string {
  const url = new URL(c.req.url);
  const scheme = c.req.header('x-forwarded-proto')?.split(',', 1)[0]?.trim();
  return scheme === 'https' ? `https://${url.host}` : url.origin;
}
