// The web application at every path that nothing else answers, and the documentation below /docs.
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { AppEnv } from '../deps.ts';
import { DOCS_PAGE, PAGE, type WebFile, type WebFiles } from '../web-files.ts';

/** Names in it change with their content. */
const HASHED = '/assets/';

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

/** The documentation is text: one style sheet and the search are all it needs. */
const DOCS_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const DOCS = /^\/docs(?:\/|$)/;

/** The smaller one first. `q=0` refuses what it stands behind. */
const ENCODINGS = [
  ['br', /\bbr\b(?!\s*;\s*q=0(?:\.0*)?\b)/],
  ['gzip', /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\b)/],
] as const;

/** What answers by itself, and must not be answered with a page when it has no such route. */
const NOT_PAGES = /^\/(?:api|openapi\.json|docs|healthz|readyz|metrics|assets)(?:\/|$)/;

/** To be added last: every path that nothing else answers shows the application, which knows its own pages. */
export function addWebApplication(app: OpenAPIHono<AppEnv>, files: WebFiles): void {
  app.get('*', (c, next) => {
    const path = fileAt(c.req.path);
    const file = files.get(path);
    if (file) return answerFile(c, path, file);
    if (NOT_PAGES.test(path)) return next();
    return answerFile(c, PAGE, files.get(PAGE) as WebFile);
  });
}

/** Pages of the documentation are asked for without the end of their file. */
function fileAt(path: string): string {
  if (!DOCS.test(path)) return path;
  if (/^\/docs\/?$/.test(path)) return DOCS_PAGE;
  return /\.(?:css|js)$/.test(path) ? path : `${path.replace(/\/$/, '')}.html`;
}

function answerFile(c: Context<AppEnv>, path: string, file: WebFile): Response {
  c.header('Content-Type', file.contentType);
  c.header('ETag', file.etag);
  c.header('Vary', 'Accept-Encoding');
  c.header('Cache-Control', path.startsWith(HASHED) ? 'public, max-age=31536000, immutable' : 'no-cache');
  if (path === PAGE) c.header('Content-Security-Policy', PAGE_POLICY);
  else if (DOCS.test(path)) c.header('Content-Security-Policy', DOCS_POLICY);
  if (c.req.header('if-none-match') === file.etag) return c.body(null, 304);
  const accepted = c.req.header('accept-encoding') ?? '';
  for (const [encoding, isTaken] of ENCODINGS) {
    const encoded = file.encoded[encoding];
    if (encoded === undefined || !isTaken.test(accepted)) continue;
    c.header('Content-Encoding', encoding);
    return c.body(encoded);
  }
  return c.body(file.bytes);
}
