// The documentation is true: what it runs is run, what it defines is checked, what it links to is there, and what is made
// from the code is made from the code as it is.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { serve } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { setupApi, type TestApi } from '../api/api.testkit.ts';
import { PAWL } from '../cli/pawl.testkit.ts';
import { referencePages } from '../docs/generate-reference.ts';
import { siteFiles } from '../docs/site/build.ts';
import { type Page, readPages } from '../docs/site/pages.ts';
import { validateDefinition } from '../engine/validate.ts';
import { type Kit, setupOn } from '../worker/worker.testkit.ts';

let api: TestApi;
let kit: Kit;
let server: Server;
let folder: string;
let pages: Page[];

beforeAll(async () => {
  pages = await readPages();
  api = await setupApi();
  kit = await setupOn(api.url);
  await kit.startWorker();
  server = serve({ fetch: api.app.fetch, port: 0, hostname: '127.0.0.1' }) as Server;
  await once(server, 'listening');
  folder = await mkdtemp(join(tmpdir(), 'pawl-documentation-'));
  // As `npm start` prepares it.
  const echo = {
    provider: 'generic_rest',
    connection_name: 'echo',
    credentials: { base_url: kit.receiver.origin },
  };
  expect((await api.a.call('POST', '/tenant/connections', { body: echo })).status).toBe(201);
});
afterAll(async () => {
  server.closeAllConnections();
  await kit.close();
  await api.stop();
  await rm(folder, { recursive: true });
});

interface Block {
  /** The words of its info string: the language, then what it is for. */
  info: string[];
  code: string;
}

/** What is between fences, in order. */
const blocksOf = ({ markdown }: Page): Block[] =>
  [...markdown.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(([, info = '', code = '']) => ({
    info: info.split(/\s+/),
    code,
  }));

const isFor = (what: string) => (block: Block) => block.info.slice(1).includes(what);

const MARK = '=== the next block ===';

/** Runs the blocks of a page one after the other in one shell. @returns what each printed, on either stream */
async function run(blocks: readonly Block[]): Promise<string[]> {
  const script = [
    'exec 2>&1',
    'set -euo pipefail',
    `pawl() { "$NODE" "${PAWL}" "$@"; }`,
    ...blocks.filter(isFor('run')).map(({ code }) => `echo '${MARK}'\n${code}`),
  ].join('\n');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = {
    PATH: process.env.PATH,
    NODE: process.execPath,
    PAWL: `${url}/api/v1`,
    KEY: api.a.key,
    PAWL_URL: url,
    PAWL_API_KEY: api.a.key,
  };
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd: folder, env }).catch(
    (error) => {
      throw new Error(`It stopped after:\n${error.stdout}`);
    },
  );
  return stdout.split(MARK).slice(1);
}

test('the tutorial does what it says, from the first line to the last', async () => {
  const blocks = blocksOf(pages.find(({ file }) => file === 'tutorial.md') as Page);
  for (const { info, code } of blocks) {
    const [, name] = /^file=(\S+)$/.exec(info[1] ?? '') ?? [];
    if (name) await writeFile(join(folder, name), code);
  }
  const printed = await run(blocks);
  let last = -1;
  for (const block of blocks) {
    if (isFor('run')(block)) last++;
    if (!isFor('shows')(block)) continue;
    for (const line of block.code.trim().split('\n')) expect(printed[last]).toContain(line);
  }
  expect(printed.length).toBeGreaterThan(4);
  expect(kit.receiver.at('/pack').map(({ body }) => JSON.parse(body))).toEqual([
    { order: 'order-1', amount: 120 },
  ]);
});

test('every definition in it is one, without so much as a warning', () => {
  const definitions = pages.flatMap((page) => blocksOf(page).filter(isFor('definition')));
  expect(definitions.length).toBeGreaterThan(2);
  for (const { code } of definitions) {
    expect({ code, ...validateDefinition(JSON.parse(code)) }).toMatchObject({ ok: true, problems: [] });
  }
});

test('what is made from the code is made from it as it is (`npm run docs`)', async () => {
  for (const [file, text] of await referencePages()) expect(readFileSync(file, 'utf8')).toBe(text);
});

describe('the site', () => {
  let files: Map<string, string>;
  beforeAll(async () => {
    files = await siteFiles();
  });

  test('has every page there is, and a way to each of them', () => {
    const [index = ''] = [files.get('index.html')];
    const linked = [...(files.get('tutorial.html') ?? '').matchAll(/href="(\/docs[^"#]*)"/g)].map(
      ([, url]) => url,
    );
    for (const { file, url } of pages) {
      expect(files.has(`${url.slice('/docs/'.length)}.html`), file).toBe(true);
      expect(linked, file).toContain(url);
    }
    expect(index).toContain('href="/docs/tutorial"');
  });

  test('links to what is there, on this server alone', () => {
    const idsOf = (html: string) => new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    const broken = [...files].flatMap(([path, html]) => {
      if (!path.endsWith('.html')) return [];
      return [...html.matchAll(/<a [^>]*href="([^"]*)"/g)].flatMap(([, href = '']) => {
        if (/^(?:https?:|mailto:)/.test(href) || href === '/') return [];
        const [page, anchor] = href.split('#') as [string, string | undefined];
        if (page === '/docs/api' || page === '/docs') return [];
        const target = page === '' ? html : files.get(`${page.slice('/docs/'.length)}.html`);
        const isThere = target !== undefined && (anchor === undefined || idsOf(target).has(anchor));
        return isThere ? [] : [`${path}: ${href}`];
      });
    });
    expect(broken).toEqual([]);
  });

  test('needs no inline script, no inline style, and nobody else', () => {
    for (const [path, html] of files) {
      if (!path.endsWith('.html')) continue;
      const inline = html.match(/<script(?! src="\/docs\/)|<style|<[^>]* (?:style|on\w+)="/g);
      const elsewhere = html.match(/(?:src|<link[^>]* href)="(?!\/docs\/)[^"]*"/g);
      expect([path, inline, elsewhere]).toEqual([path, null, null]);
    }
    for (const name of ['style.css', 'search.js'])
      expect(existsSync(new URL(`../docs/site/${name}`, import.meta.url))).toBe(true);
  });
});
