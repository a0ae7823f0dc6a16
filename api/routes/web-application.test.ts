import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApi } from '../app.ts';
import type { ApiDeps } from '../deps.ts';
import { readWebFiles } from '../web-files.ts';

const SCRIPT = 'console.log("here")';
let directory: string;
let app: ReturnType<typeof createApi>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pawl-web-'));
  await mkdir(join(directory, 'assets'));
  await writeFile(join(directory, 'index.html'), '<!doctype html><title>Pawl</title>');
  await writeFile(join(directory, 'assets', 'main-abc.js'), SCRIPT);
  await writeFile(join(directory, 'assets', 'main-abc.js.gz'), gzipSync(SCRIPT));
  await writeFile(join(directory, 'secrets.env'), 'KEY=1');
  await mkdir(join(directory, 'docs', 'sources'), { recursive: true });
  await writeFile(join(directory, 'docs', 'index.html'), 'the documentation');
  await writeFile(join(directory, 'docs', 'sources', 'github.html'), 'about GitHub');
  await writeFile(join(directory, 'docs', 'style.css'), 'a {}');
  app = createApi(apiDeps(await readWebFiles(directory)));
});
afterAll(() => rm(directory, { recursive: true }));

/** As much of an API as is needed to answer what asks no database. */
function apiDeps(web: ApiDeps['web']): ApiDeps {
  const log = { isLevelEnabled: () => false, error: () => {} };
  const authenticate = () => Promise.reject(new Error('nobody is asked here'));
  return { ids: { next: () => 'request' }, log, authenticate, version: '0', web } as unknown as ApiDeps;
}

test.each(['/', '/jobs', '/jobs/019a5c3e-7b6e-7cc3-9d4f-8a4b5c6d7e8f', '/admin/integrations'])(
  '%s shows the application, under a policy that runs no inline script',
  async (path) => {
    const response = await app.request(path);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('<title>Pawl</title>');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("default-src 'none'");
  },
);

test.each([
  ['/docs', 'the documentation'],
  ['/docs/', 'the documentation'],
  ['/docs/sources/github', 'about GitHub'],
  ['/docs/style.css', 'a {}'],
])('%s is served of the documentation, under a policy without anything inline', async (path, text) => {
  const response = await app.request(path);
  expect([response.status, await response.text()]).toEqual([200, text]);
  const policy = response.headers.get('content-security-policy') ?? '';
  expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
  expect(policy).not.toContain('unsafe');
});

test('the reference is served by the API, and stands in for a documentation that was not built', async () => {
  const bare = createApi(apiDeps(null));
  const { status, headers } = await bare.request('/docs');
  expect([status, headers.get('location')]).toEqual([302, '/docs/api']);
  for (const either of [app, bare]) {
    expect(await (await either.request('/docs/api')).text()).toContain('id="post-api-v1-jobs"');
  }
});

test.each(['/api/v2/jobs', '/metrics', '/assets/main-old.js', '/docs/other'])(
  '%s is no page of the application',
  async (path) => {
    expect((await app.request(path)).status).toBe(404);
  },
);

test('files with a hash in their name are kept for good, and come compressed to whoever takes that', async () => {
  const plain = await app.request('/assets/main-abc.js');
  expect(await plain.text()).toBe(SCRIPT);
  expect(plain.headers.get('content-encoding')).toBeNull();
  const small = await app.request('/assets/main-abc.js', { headers: { 'accept-encoding': 'gzip, br' } });
  expect(small.headers.get('content-encoding')).toBe('gzip');
  expect(Buffer.from(await small.arrayBuffer())).toEqual(gzipSync(SCRIPT));
  expect(small.headers.get('cache-control')).toContain('immutable');
  const none = await app.request('/assets/main-abc.js', { headers: { 'accept-encoding': 'gzip;q=0' } });
  expect(none.headers.get('content-encoding')).toBeNull();
});

test('a page that has not changed is not sent again', async () => {
  const etag = (await app.request('/')).headers.get('etag') ?? '';
  const again = await app.request('/', { headers: { 'if-none-match': etag } });
  expect(again.status).toBe(304);
  expect(await again.text()).toBe('');
});

test.each(['/secrets.env', '/../package.json', '/%2e%2e/package.json', '/assets/../secrets.env'])(
  'nothing but the files of a build is read: %s',
  async (path) => {
    const response = await app.request(path);
    expect(await response.text()).not.toMatch(/KEY=1|"name"/);
  },
);

test('without a build the API answers as ever', async () => {
  expect(await readWebFiles(join(directory, 'nowhere'))).toBeNull();
  expect((await createApi(apiDeps(null)).request('/jobs')).status).toBe(404);
});
