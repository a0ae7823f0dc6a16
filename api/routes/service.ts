// What needs no key: whether the process is up and can work, and the description of the API.
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Readiness } from '../../db/readiness.ts';
import { PawlError } from '../../engine/errors.ts';
import type { ApiDeps, AppEnv } from '../deps.ts';
import { describeApi, type OpenApiDocument } from '../openapi.ts';
import { REFERENCE_PAGE_POLICY, referencePage } from '../reference-page.ts';
import { DOCS_PAGE } from '../web-files.ts';

/** Adds them to `app`, whose description they show: to be called when all its other routes are there. */
export function addServiceRoutes(
  app: OpenAPIHono<AppEnv>,
  { readiness, version, web }: Pick<ApiDeps, 'readiness' | 'version' | 'web'>,
) {
  let described: { document: OpenApiDocument; json: string; page: string } | null = null;

  /** At the first request: it takes long enough to be felt when a process starts. */
  function description() {
    if (described === null) {
      const document = describeApi(app, version);
      described = { document, json: JSON.stringify(document), page: referencePage(document) };
    }
    return described;
  }

  app.get('/healthz', (c) => c.json({ status: 'ok', version }, 200));

  app.get('/readyz', async (c) => {
    const { status, ...found } = await readiness();
    if (status === 'not_ready') throw whyNotReady(found);
    return c.json({ status, version, ...found }, 200);
  });

  app.get('/openapi.json', (c) => {
    c.header('Content-Type', 'application/json');
    return c.body(description().json, 200);
  });

  app.get('/docs/api', (c) => {
    c.header('Content-Security-Policy', REFERENCE_PAGE_POLICY);
    return c.html(description().page, 200);
  });

  // Where the documentation was not built, there is the reference.
  if (!web?.has(DOCS_PAGE)) app.get('/docs', (c) => c.redirect('/docs/api'));
}

function whyNotReady(found: Omit<Readiness, 'status'>): PawlError {
  const details = { ...found };
  return found.checks.database === 'ok'
    ? new PawlError(
        'Unavailable',
        'database_not_migrated',
        'The database has not been brought to this version yet.',
        { details },
      )
    : new PawlError(
        'Unavailable',
        'database_unavailable',
        'The database does not answer. Nothing was lost; try again.',
        { details },
      );
}
