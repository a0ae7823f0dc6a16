// The documentation is true: what it runs is run, what it defines is checked, what it links to is there, and what is made
// from the code is made from the code as it is.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { serve } from '@hono/node-server';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { setupApi, type TestApi } from '../api/api.testkit.ts';
import { createClient } from '../cli/client.ts';
import { prepareSample } from '../cli/development/sample.ts';
import { PAWL } from '../cli/pawl.testkit.ts';
import { referencePages } from '../docs/generate-reference.ts';
import { siteFiles } from '../docs/site/build.ts';
import { DOCS, type Page, readPages } from '../docs/site/pages.ts';
import type { JsonObject } from '../engine/json.ts';
import { validateDefinition } from '../engine/validate.ts';
import { getProvider } from '../integrations/catalogue.ts';
import { exampleCredentials } from '../integrations/example-credentials.ts';
import type { Provider } from '../integrations/provider.ts';
import { type Kit, setupOn } from '../worker/worker.testkit.ts';
import { type StandIn, startStandIn } from './stand-in.testkit.ts';

/** Where the pages say that Pawl is, and where its receiver shall be. */
const ADDRESSES = ['http://127.0.0.1:3000', 'https://pawl.example.com'];
const RECEIVER = 'http://127.0.0.1:9';

let api: TestApi;
let kit: Kit;
let standIn: StandIn;
let server: Server;
let url: string;
let folder: string;
/** Of each placeholder of the recipes, such as TWILIO; and SLACK, as subscriptions.md calls one of them. */
let connectionIds: Record<string, string>;
let pages: Page[];

beforeAll(async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  pages = [...(await readPages()), { file: '../README.md', url: '', title: '', markdown: readme }];
  standIn = await startStandIn();
  api = await setupApi();
  kit = await setupOn(api.url);
  await kit.startWorker({ sender: standIn.sender });
  server = serve({ fetch: api.app.fetch, port: 0, hostname: '127.0.0.1' }) as Server;
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // As `npm start` leaves it.
  folder = await mkdtemp(join(tmpdir(), 'pawl-documentation-'));
  await mkdir(join(folder, '.pawl'));
  await writeFile(join(folder, '.pawl/api-key'), `${api.a.key}\n`);
  await symlink(DOCS, join(folder, 'docs'));
  await prepareSample(createClient({ url, apiKey: api.a.key }), RECEIVER);
  const ids = await makeConnections();
  connectionIds = { ...ids, SLACK: ids.APPROVERS as string };
});
afterAll(async () => {
  server.closeAllConnections();
  await kit.close();
  await api.stop();
  await standIn.close();
  await rm(folder, { recursive: true });
});

async function makeConnections(): Promise<Record<string, string>> {
  const connections = readdirSync(join(DOCS, 'recipes'))
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) =>
      Object.entries<string>(JSON.parse(readFileSync(join(DOCS, 'recipes', name), 'utf8')).meta.connections),
    );
  const ids: Record<string, string> = {};
  for (const [placeholder, provider] of connections) {
    const body = {
      provider,
      connection_name: placeholder,
      credentials: exampleCredentials(getProvider(provider) as Provider),
    };
    const made = await api.a.call('POST', '/tenant/connections', { body });
    if (made.status === 201) ids[placeholder.replace('_CONNECTION_ID', '')] = made.body.id;
  }
  return ids;
}

interface Block {
  /** The words of its info string: the language, then what it is for. */
  info: string[];
  code: string;
}

/** What is between fences, in order. */
const blocksOf = ({ markdown }: Page): Block[] =>
  [...markdown.matchAll(/^( *)```(.*)\n([\s\S]*?)^\1```$/gm)].map(([, , info = '', code = '']) => ({
    info: info.split(/\s+/),
    code,
  }));

const isFor = (what: string) => (block: Block) => block.info.slice(1).includes(what);

const MARK = '=== the next block ===';

const here = (code: string): string =>
  ADDRESSES.reduce((text, address) => text.replaceAll(address, url), code);

/** Runs the blocks of a page one after the other in one shell. @returns what each printed, on either stream */
async function run(blocks: readonly Block[], variables: Record<string, string>): Promise<string[]> {
  const script = [
    'exec 2>&1',
    'set -euo pipefail',
    `pawl() { "$NODE" "${PAWL}" "$@"; }`,
    ...blocks
      .filter(isFor('run'))
      .map(
        ({ code }) =>
          `echo '${MARK}'\n${here(code).replaceAll('npm run -s pawl --', 'pawl').replaceAll('--tenant dev', `--tenant ${api.a.tenant.slug}`)}`,
      ),
  ].join('\n');
  const given = {
    PAWL: `${url}/api/v1`,
    KEY: api.a.key,
    PAWL_URL: url,
    PAWL_API_KEY: api.a.key,
    DATABASE_URL: api.url,
  };
  const env = { PATH: process.env.PATH, NODE: process.execPath, ...given, ...variables };
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd: folder, env }).catch(
    (error) => {
      throw new Error(`It stopped after:\n${error.stdout}`);
    },
  );
  return stdout.split(MARK).slice(1);
}

/** Does what the page says, and finds what it shows. @returns what each of its blocks printed */
async function follow(file: string, variables = connectionIds): Promise<string[]> {
  const blocks = blocksOf(pages.find((page) => page.file === file) as Page);
  for (const { info, code } of blocks) {
    const [, name] = /^file=(\S+)$/.exec(info[1] ?? '') ?? [];
    if (name) await writeFile(join(folder, name), code);
  }
  const printed = await run(blocks, variables);
  let last = -1;
  for (const block of blocks) {
    if (isFor('run')(block)) last++;
    if (!isFor('shows')(block)) continue;
    for (const line of block.code.trim().split('\n')) expect(printed[last]).toContain(line);
  }
  return printed;
}

test('the tutorial does what it says, from the first line to the last', async () => {
  expect((await follow('tutorial.md')).length).toBeGreaterThan(4);
  const packed = standIn.at('/127.0.0.1:9/pack').map(({ body }) => JSON.parse(body));
  expect(packed).toEqual([{ order: 'order-1', amount: 120 }]);
});

test('the lines of the README start a job, move it, show its log, see it to its end and export what was sent', async () => {
  const [printed = '', command = ''] = await follow('../README.md');
  expect(printed).toContain('"to":"review"');
  expect(command).toMatch(/end +DONE/);
  expect(command).toContain('attempt_id,at,kind');
});

test('who is invited joins, signs in and signs out by the lines that say how', async () => {
  const body = { email: 'ada@example.com', roles: ['Reader'] };
  const invitation = await api.a.call('POST', '/invitations', { body });
  const [printed] = await follow('access.md', { TOKEN: invitation.body.token });
  expect(printed).toContain('"roles":["Reader"]');
  expect(printed).toMatch(/"success":true}\s*$/);
});

test('gaps of a source are filled from then on by the line that says how', async () => {
  const made = async (path: string, body: JsonObject) => (await api.a.call('POST', path, { body })).body.id;
  const provider = getProvider('github') as Provider;
  const connection = { connection_name: 'octo', credentials: exampleCredentials(provider) };
  const [printed] = await follow('sources/github.md', {
    SOURCE: await made('/sources', { kind: 'github', name: 'octo' }),
    CONNECTION: await made('/tenant/connections', { provider: 'github', ...connection }),
  });
  expect(printed).toContain('"asked":0');
});

test('Postgres takes every statement that an operator is told to run', async () => {
  const owner = postgres(api.url, { max: 1, onnotice: () => {} });
  const statements = pages.flatMap((page) => blocksOf(page).filter(({ info }) => info[0] === 'sql'));
  expect(statements.length).toBeGreaterThan(1);
  for (const { code } of statements) {
    const undone = new Error('as it was');
    // Roles are those of the whole server.
    const run = owner.begin(async (sql) => {
      await sql.unsafe(code);
      throw undone;
    });
    await expect(run).rejects.toBe(undone);
  }
  await owner.end();
});

test.each(['connections.md', 'subscriptions.md', 'triggers.md'])(
  'what %s tells to run is answered as it should be',
  async (file) => {
    expect((await follow(file)).at(-1)).not.toContain('"problems"');
  },
);

test('every recipe is saved, published and started by the lines below it', async () => {
  const printed = await follow('recipes/README.md');
  expect(printed.slice(1).map((one) => /"status":"(\w+)"/.exec(one)?.[1])).toEqual(Array(5).fill('ACTIVE'));
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
    for (const { file, url } of pages.filter(({ url }) => url !== '')) {
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
