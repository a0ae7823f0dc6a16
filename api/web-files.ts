// The web application's built files, read once when the process starts: what is not among them cannot be asked for.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { AppEnv } from './deps.ts';

export interface WebFile {
  contentType: string;
  etag: string;
  bytes: Uint8Array<ArrayBuffer>;
  /** The same, compressed when it was built, by content encoding. */
  encoded: Readonly<Record<'br' | 'gzip', Uint8Array<ArrayBuffer> | undefined>>;
}

/** By path, such as `/index.html`. */
export type WebFiles = ReadonlyMap<string, WebFile>;

const PAGE = '/index.html';
/** Names in it change with their content. */
const HASHED = '/assets/';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
};

/**
 * Scripts, requests and workers from this server alone. Styles may be inline, as the component library sets some on
 * elements; a style cannot run code.
 */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** @returns null when nothing was built there */
export async function readWebFiles(directory: string): Promise<WebFiles | null> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const files = new Map<string, WebFile>();
  await Promise.all(
    paths.map(async (path) => {
      const contentType = CONTENT_TYPES[extname(path)];
      if (contentType === undefined) return;
      const bytes = await readFile(path);
      const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
      const compressed = (suffix: string) =>
        paths.includes(path + suffix) ? readFile(path + suffix) : undefined;
      const encoded = { br: await compressed('.br'), gzip: await compressed('.gz') };
      files.set(path.slice(directory.length).replaceAll('\\', '/').replace(/^\/*/, '/'), {
        contentType,
        etag,
        bytes,
        encoded,
      });
    }),
  );
  return files.has(PAGE) ? files : null;
}

/** What answers by itself, and must not be answered with a page when it has no such route. */
const NOT_PAGES = /^\/(?:api|openapi\.json|docs|healthz|readyz|metrics|assets)(?:\/|$)/;

/** To be added last: every path that nothing else answers shows the application, which knows its own pages. */
export function addWebRoutes(app: OpenAPIHono<AppEnv>, files: WebFiles): void {
  app.get('*', (c, next) => {
    const { path } = c.req;
    const file = files.get(path);
    if (file) return answerFile(c, path, file);
    if (NOT_PAGES.test(path)) return next();
    return answerFile(c, PAGE, files.get(PAGE) as WebFile);
  });
}

function answerFile(c: Context<AppEnv>, path: string, file: WebFile): Response {
  c.header('Content-Type', file.contentType);
  c.header('ETag', file.etag);
  c.header('Vary', 'Accept-Encoding');
  c.header('Cache-Control', path.startsWith(HASHED) ? 'public, max-age=31536000, immutable' : 'no-cache');
  if (path === PAGE) c.header('Content-Security-Policy', PAGE_POLICY);
  if (c.req.header('if-none-match') === file.etag) return c.body(null, 304);
  const accepted = c.req.header('accept-encoding') ?? '';
  for (const encoding of ['br', 'gzip'] as const) {
    const encoded = file.encoded[encoding];
    if (encoded === undefined || !new RegExp(`\\b${encoding}\\b(?!\\s*;\\s*q=0(?:\\.0*)?\\b)`).test(accepted))
      continue;
    c.header('Content-Encoding', encoding);
    return c.body(encoded);
  }
  return c.body(file.bytes);
}
