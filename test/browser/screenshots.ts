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
import { integrationShots } from './integration-shots.ts';
import { largeMachine, mainThreadWork } from './large-machine.ts';

const FOLDER = fileURLToPath(new URL('../../.pawl/screenshots', import.meta.url));
const WIDTHS = [
  { width: 1280, height: 860 },
  { width: 390, height: 844 },
];

export interface Shot {
  name: string;
  path: string;
  /** Brings the page to what is to be seen. */
  prepare?(page: Page): Promise<unknown>;
}

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

export type Client = ReturnType<typeof createClient>;

async function shotsOf(client: Client, receiverUrl: string): Promise<Shot[]> {
  await addConnections(client, receiverUrl);
  await client.request('POST', '/workflows', { name: 'large', definition: largeMachine() });
  const { items } = await client.request('GET', '/jobs?limit=200');
  const withRun = async (status: string) => {
    const { items: runs } = await client.request('GET', `/actions?status=${status}&limit=1`);
    return runs[0]?.job_id as string;
  };
  const done = items.find((job: { status: string }) => job.status === 'DONE')?.id;
  const failed = await withRun('FAILED');
  const openRun = (name: string) => async (page: Page) => {
    await page
      .getByRole('button', { name: new RegExp(`^${name}`) })
      .first()
      .click();
    await page.getByText('Response', { exact: true }).first().waitFor();
    await page.getByText('Response', { exact: true }).first().scrollIntoViewIfNeeded();
  };
  return [
    { name: 'jobs', path: '/jobs' },
    { name: 'jobs-none', path: '/jobs?key=nothing-like-it' },
    {
      name: 'jobs-start',
      path: '/jobs',
      prepare: async (page) => {
        await page.getByRole('button', { name: 'Start a job' }).click();
        await page.getByRole('dialog').waitFor();
      },
    },
    { name: 'job', path: `/jobs/${failed}` },
    { name: 'job-done', path: `/jobs/${done}` },
    { name: 'job-attempt', path: `/jobs/${failed}`, prepare: openRun('report') },
    {
      name: 'job-unknown',
      path: `/jobs/${await withRun('UNKNOWN')}`,
      prepare: (page) => page.getByRole('button', { name: /^archive/ }).click(),
    },
    { name: 'workflows', path: '/workflows' },
    { name: 'workflow', path: '/workflows/work-order' },
    {
      name: 'workflow-simulate',
      path: '/workflows/work-order',
      prepare: async (page) => {
        await page.getByRole('tab', { name: 'Simulate' }).click();
        await page.getByRole('button', { name: 'Start', exact: true }).click();
        await page.getByRole('button', { name: 'Send SUBMIT' }).click();
        await page.getByText('Outcomes of actions').waitFor();
      },
    },
    {
      name: 'workflow-move-jobs',
      path: '/workflows/work-order',
      prepare: async (page) => {
        await page.getByRole('button', { name: 'Move jobs to it' }).click();
        await page.getByRole('dialog').waitFor();
      },
    },
    { name: 'templates', path: '/designer' },
    {
      name: 'designer',
      path: '/designer/work-order',
      prepare: (page) => page.locator('[data-transition], [role=treeitem]').first().click(),
    },
    ...(['Canvas', 'Outline', 'Code'] as const).map((view) => ({
      name: `designer-${view.toLowerCase()}`,
      path: '/designer/work-order',
      prepare: async (page: Page) => {
        await page.getByText(view, { exact: true }).click();
        await page.getByRole('status').getByText('No problems').waitFor();
      },
    })),
    {
      name: 'designer-large',
      path: '/designer/large',
      prepare: (page) => page.locator('[data-state], [role=treeitem]').first().waitFor(),
    },
    { name: 'integrations', path: '/admin/integrations' },
    { name: 'documentation', path: '/docs' },
    { name: 'tutorial', path: '/docs/tutorial' },
    {
      name: 'integrations-wizard',
      path: '/admin/integrations',
      prepare: (page) => page.getByRole('button', { name: 'New connection' }).click(),
    },
    {
      name: 'integrations-fields',
      path: '/admin/integrations',
      prepare: async (page) => {
        await page.getByRole('button', { name: 'New connection' }).click();
        await page
          .getByRole('button', { name: /^Twilio|Twilio$/ })
          .first()
          .click();
      },
    },
    ...(await integrationShots(client)),
    { name: 'metering', path: '/metering' },
    { name: 'metering-none', path: '/metering?period=last-month' },
    { name: 'audit', path: '/audit?kind=connection.' },
    {
      name: 'audit-entry',
      path: '/audit?kind=connection.',
      prepare: async (page) => {
        await page.getByRole('button', { name: 'connection.created' }).first().click();
        await page.getByRole('dialog').waitFor();
      },
    },
    {
      name: 'shortcuts',
      path: '/jobs',
      prepare: async (page) => {
        await page.keyboard.press('?');
        await page.getByRole('dialog').waitFor();
      },
    },
    ...['organisation', 'members', 'groups', 'roles', 'api-keys', 'account'].map((section) => ({
      name: `settings-${section}`,
      path: `/settings/${section}`,
    })),
    {
      name: 'settings-invite',
      path: '/settings/members',
      prepare: async (page) => {
        await page.getByRole('button', { name: 'Invite' }).first().click();
        await page.getByRole('dialog').getByLabel('Email').fill('ada@example.com');
      },
    },
    { name: 'invitation', path: `/invitation#token=${await invite(client)}` },
    { name: 'not-found', path: '/nowhere' },
  ];
}

/** @returns the token of an invitation; there are a group and other keys besides */
async function invite(client: Client): Promise<string> {
  const group = await client.request('POST', '/groups', { name: 'on-call' });
  await client.request('POST', '/role-assignments', {
    principal_type: 'group',
    principal_id: group.id,
    role: 'Contributor',
  });
  await client.request('POST', '/api-keys', { name: 'order service', roles: ['Contributor'] });
  const invitation = { email: 'grace@example.com', roles: ['Reader', 'IntegrationCreator'] };
  return (await client.request('POST', '/invitations', invitation)).token;
}

async function addConnections(client: Client, receiverUrl: string): Promise<void> {
  const add = (provider: string, name: string, credentials: object) =>
    client.request('POST', '/tenant/connections', { provider, connection_name: name, credentials });
  const { items } = await client.request('GET', '/tenant/connections');
  await client.request('POST', `/tenant/connections/${items[0].id}/test`);
  await add('slack', 'team-alerts', { webhook_url: 'https://hooks.slack.com/services/T000/B000/example' });
  await add('github', 'platform-repos', { token: 'ghp_exampleexampleexampleexampleexample12' });
  const crm = await add('generic_rest', 'crm', { base_url: `${receiverUrl}/crm` });
  await client.request('PATCH', `/tenant/connections/${crm.id}`, { enabled: false });
}

await main();
