// Every page as it looks: light and dark, 1280 and 390 pixels wide, on a database with the demo's jobs.
// `npm run screenshots` writes them into .pawl/screenshots.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import type { Page } from 'playwright-core';
import { createApiKey } from '../../api/auth/create-api-key.ts';
import { createClient } from '../../cli/client.ts';
import { startDemoReceiver } from '../../cli/demo/receiver.ts';
import { play } from '../../cli/demo/scenario.ts';
import { settled } from '../../cli/demo/settled.ts';
import { readConfig } from '../../config/config.ts';
import { connect } from '../../db/client.ts';
import { createTenant } from '../../db/operator.ts';
import { startApi } from '../../processes/api.ts';
import { boot } from '../../processes/boot.ts';
import { startWorker } from '../../processes/worker.ts';
import { buildWhenStale } from '../../web/build-when-stale.ts';
import { findChromium, openBrowser } from './chromium.ts';
import { mainThreadWork } from './large-machine.ts';
import type { Shot } from './shot.ts';
import { shotsOf } from './shots.ts';

const FOLDER = fileURLToPath(new URL('../../.pawl/screenshots', import.meta.url));
const WIDTHS = [
  { width: 1280, height: 860 },
  { width: 390, height: 844 },
];

async function main(): Promise<void> {
  const chromium = findChromium();
  if (chromium === null) throw new Error('There is no Chromium: install it, or set CHROMIUM_PATH.');
  if ((await buildWhenStale()) === 'impossible') throw new Error('Vite is not installed: run `npm ci`.');
  const directory = await mkdtemp(join(tmpdir(), 'pawl-screenshots-'));
  const opened: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })];
  try {
    const { url, apiKey, shots } = await stage(directory, opened);
    await mkdir(FOLDER, { recursive: true });
    for (const viewport of WIDTHS) {
      for (const colorScheme of ['light', 'dark'] as const) {
        const options = { viewport, colorScheme, reducedMotion: 'reduce' } as const;
        const { context, close } = await openBrowser(chromium, options);
        const page = await context.newPage();
        await page.goto(`${url}/#key=${apiKey}`);
        await page.getByRole('heading', { level: 1 }).waitFor();
        for (const shot of shots) await take(page, url, shot, `${viewport.width}-${colorScheme}`);
        await page.goto(`${url}/jobs`);
        await page.evaluate('sessionStorage.clear()');
        await take(page, url, { name: 'sign-in', path: '/jobs' }, `${viewport.width}-${colorScheme}`);
        await close();
      }
    }
    const { context, close } = await openBrowser(chromium, { viewport: WIDTHS[0] ?? null });
    const { workMs, wallMs } = await mainThreadWork(context, `${url}/designer/large#key=${apiKey}`, (page) =>
      page.locator('[data-state="area_1"]').waitFor(),
    );
    await close();
    console.log(
      `A machine of 200 states is drawn after ${Math.round(workMs)} ms of main-thread work, ${Math.round(wallMs)} ms in all.`,
    );
    console.log(`Screenshots are in ${FOLDER}`);
  } finally {
    for (const close of opened.reverse()) await close();
  }
}

async function take(page: Page, url: string, { name, path, prepare }: Shot, suffix: string): Promise<void> {
  await page.goto(url + path);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await prepare?.(page);
  const loading = page.locator('.mantine-Skeleton-root, .mantine-Loader-root');
  await loading.first().waitFor({ state: 'detached' });
  await page.evaluate('document.fonts.ready');
  await page.screenshot({ path: join(FOLDER, `${name}-${suffix}.png`), fullPage: prepare === undefined });
}

/** An installation with the demo's tenant and jobs, and a second tenant with nothing. */
async function stage(directory: string, opened: (() => Promise<unknown>)[]) {
  const config = readConfig({ PAWL_DIRECTORY: directory, PORT: '0' });
  const log = pino({ level: 'silent' });
  const { databaseUrl, stop } = await boot({ config, log, durable: false });
  opened.push(stop);
  const operator = connect({
    url: databaseUrl,
    role: 'pawl_operator',
    poolMax: 2,
    applicationName: 'screenshots',
  });
  opened.push(operator.close);
  const tenant = await createTenant(operator, { name: 'Northwind Traders', slug: 'northwind' });
  const { key: apiKey } = await createApiKey(operator, tenant, { name: 'screenshots', roles: ['Owner'] });
  const options = { config, databaseUrl, log };
  const api = await startApi(options);
  opened.push(api.stop);
  const worker = await startWorker(options);
  opened.push(worker.stop);
  const receiver = await startDemoReceiver();
  opened.push(receiver.stop);
  const client = createClient({ url: api.url, apiKey });
  await play({ api: client, receiverUrl: receiver.url, settled: () => settled(operator, tenant) });
  return { url: api.url, apiKey, shots: await shotsOf(client, receiver.url) };
}

await main();
