import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { demoMachine } from '../../cli/demo/machine.ts';
import type { TestInstallation } from '../../processes/processes.testkit.ts';
import { LOOKS_ALL, lookAt } from './looked-at.testkit.ts';
import { describeInBrowser, setupStage } from './stage.testkit.ts';

const SETTINGS = ['organisation', 'members', 'groups', 'roles', 'api-keys'];
const WIDTHS = [1280, 390];
/** Forty pages, on a machine that may be busy. */
const LOOKING_MS = 180_000;

interface Stop {
  name: string;
  /** On the screen, once it has the focus. */
  seen: boolean;
  /** One sees that it has it. */
  marked: boolean;
}

/** More than any page has. */
const STOPS_MAX = 80;

/** What Tab comes to, from the beginning of the page until it leaves it. */
async function stopsOf(page: Page): Promise<Stop[]> {
  const stops: Stop[] = [];
  await page.evaluate('document.activeElement?.blur?.()');
  for (let i = 0; i < STOPS_MAX; i++) {
    await page.keyboard.press('Tab');
    const stop = (await page.evaluate(STOP)) as Stop | null;
    if (stop === null) return stops;
    stops.push(stop);
  }
  return stops;
}

/** Of text fields it is the border that tells; of a radio button what stands for it, of an editor what is around it. */
const STOP = `(() => {
  const one = document.activeElement;
  if (one === null || one === document.body) return null;
  const shown = one.matches('[type="radio"]') ? one.nextElementSibling : (one.closest('.cm-editor') ?? one);
  const { left, right, top, bottom, width } = shown.getBoundingClientRect();
  const seen = width > 0 && right > 0 && left < innerWidth && bottom > 0 && top < innerHeight;
  const outlined = (style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  const marked =
    one.matches('input:not([type="radio"]), textarea') ||
    [undefined, '::after', '::before'].some((part) => outlined(getComputedStyle(shown, part)));
  const name = (one.getAttribute('aria-label') ?? one.textContent ?? '').trim() || one.outerHTML;
  return { name: name.slice(0, 120), seen, marked };
})()`;

const drawn = (page: Page) => page.getByLabel('The machine, drawn').waitFor();

/** What a page is looked at with, where that takes a moment or a click. */
const BROUGHT_TO: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  async job(page) {
    await drawn(page);
    await page.getByRole('button', { name: /^notify/ }).click();
    await page
      .getByRole('button', { name: /^Attempt/ })
      .first()
      .waitFor();
  },
  workflow: drawn,
  designer: (page) => page.locator('[data-state], [role=treeitem]').first().waitFor(),
  'what if': (page) => page.getByRole('list', { name: 'Steps' }).waitFor(),
  metering: (page) => page.locator('.recharts-surface').first().waitFor(),
};

/** What else is on a page, once somebody asked for it. */
const OPENED: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  async jobs(page) {
    await page.getByRole('textbox', { name: 'Started' }).click();
    await page.getByRole('option', { name: 'From … to …' }).click();
    await page.getByLabel('From', { exact: true }).waitFor();
  },
  async workflow(page) {
    await page.getByRole('tab', { name: 'Simulate' }).click();
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.getByRole('region', { name: 'History' }).waitFor();
  },
  async integrations(page) {
    await page.getByRole('button', { name: 'New connection' }).click();
    await page.getByRole('button', { name: /Twilio/ }).click();
    await page.getByLabel('Account SID').waitFor();
  },
  designer: (page) => openTransition(page, page.viewportSize()?.width ?? 1280),
  'what if': (page) =>
    page
      .getByRole('button', { name: /SUBMIT/, expanded: false })
      .first()
      .click(),
  async audit(page) {
    await page.getByRole('button', { name: 'connection.created' }).first().click();
    await page.getByRole('dialog').waitFor();
  },
};

describeInBrowser('everybody can use it', () => {
  const stage = setupStage();
  const paths: Record<string, string> = {
    jobs: '/jobs',
    workflows: '/workflows',
    workflow: '/workflows/work-order',
    templates: '/designer',
    designer: '/designer/work-order',
    integrations: '/admin/integrations',
    ...Object.fromEntries(SETTINGS.map((name) => [`settings, ${name}`, `/settings/${name}`])),
    metering: '/metering',
    audit: '/audit',
    'not found': '/nowhere',
    documentation: '/docs',
    'error codes': '/docs/errors',
    sources: '/admin/integrations/sources',
    scopes: '/admin/integrations/scopes',
    subscriptions: '/admin/integrations/subscriptions',
    'new subscription': '/admin/integrations/subscriptions/new',
    deliveries: '/admin/integrations/deliveries',
    endpoints: '/admin/integrations/endpoints',
  };

  beforeAll(async () => {
    const { client } = stage.installation;
    const connection = await client.request('POST', '/tenant/connections', {
      provider: 'generic_rest',
      connection_name: 'receiver',
      credentials: { base_url: 'http://127.0.0.1:9' },
    });
    await client.request('POST', '/workflows', {
      name: 'work-order',
      definition: demoMachine(connection.id),
    });
    await client.request('POST', '/workflows/work-order/publish', { version: 1 });
    const { job } = await client.request('POST', '/jobs', { workflow: 'work-order', key: 'order-1' });
    await client.request('POST', `/jobs/${job.id}/events`, { type: 'SUBMIT', payload: { amount: 5 } });
    paths.job = `/jobs/${job.id}`;
    paths['what if'] = `/designer/work-order?job=${job.id}`;
    await makeFlows(client, { connection: connection.id, jobId: job.id }, paths);
    const { token } = await client.request('POST', '/invitations', { email: 'ada@example.com' });
    paths.invitation = `/invitation#token=${token}`;
  });

  test(
    'no page keeps anybody out',
    async () => {
      const page = await stage.open('/jobs');
      for (const [nth, [name, path]] of Object.entries(paths).entries()) {
        // Every other one is loaded narrow, rather than narrowed.
        await page.setViewportSize({ width: WIDTHS[nth % 2] ?? 1280, height: 800 });
        await page.goto(new URL(path, page.url()).href);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await BROUGHT_TO[name]?.(page);
        await lookAt(page, name);
        await OPENED[name]?.(page);
        if (OPENED[name]) await lookAt(page, `${name}, opened`);
      }
      await page.evaluate('sessionStorage.clear()');
      await page.goto(new URL('/jobs', page.url()).href);
      await page.getByRole('button', { name: 'Use an API key' }).waitFor();
      await lookAt(page, 'signing in');
      await page.close();
    },
    LOOKING_MS,
  );

  test.each(LOOKS_ALL ? WIDTHS : WIDTHS.slice(0, 1))(
    'the keyboard alone reaches what is seen, and nothing else, at %i pixels',
    async (width) => {
      const page = await stage.open('/jobs');
      await page.setViewportSize({ width, height: 800 });
      for (const name of [
        'jobs',
        'job',
        'workflow',
        'designer',
        'integrations',
        'settings, roles',
        'settings, api-keys',
      ]) {
        await page.goto(new URL(paths[name] ?? '', page.url()).href);
        await page.getByRole('heading', { level: 1 }).waitFor();
        if (name === 'job' || name === 'workflow') await page.getByLabel('The machine, drawn').waitFor();
        const stops = await stopsOf(page);
        expect(stops[0]?.name, name).toBe('Skip to the page');
        expect(stops.length, name).toBeGreaterThan(4);
        expect(
          stops.filter(({ seen, marked }) => !seen || !marked),
          `${name} at ${width}`,
        ).toEqual([]);
      }

      await page.getByRole('button', { name: 'New API key' }).focus();
      await page.keyboard.press('Enter');
      await page.getByLabel('Name', { exact: true }).and(page.locator(':focus')).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'New API key' }).and(page.locator(':focus')).waitFor();
      await page.close();
    },
  );

  test('what was chosen as colours stays chosen', async () => {
    const page = await stage.open('/jobs');
    await page.getByText('Dark', { exact: true }).click({ force: true });
    const scheme = () => page.evaluate('document.documentElement.dataset.mantineColorScheme');
    expect(await scheme()).toBe('dark');
    await page.reload();
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(await scheme()).toBe('dark');
    await page.close();
  });
});

/** A transition of the designer, with the form of its action and the request it would send. */
async function openTransition(page: Page, width: number): Promise<void> {
  await page.getByText('Outline', { exact: true }).click();
  await page
    .getByRole('treeitem', { name: /SUBMIT/ })
    .first()
    .click();
  if (width < 800) await page.keyboard.press('Enter');
  await page
    .getByRole('button', { name: /Webhook/ })
    .first()
    .click();
  await page.getByRole('textbox', { name: 'Path' }).waitFor();
  await page.getByRole('region', { name: 'What it would send' }).getByText('POST').waitFor();
}

/** A source with an event and a trigger, a subscription with a delivery, an endpoint, a scope; their pages go into `paths`. */
async function makeFlows(
  client: TestInstallation['client'],
  { connection, jobId }: { connection: string; jobId: string },
  paths: Record<string, string>,
): Promise<void> {
  await client.request('POST', '/scopes', { kind: 'stack', name: 'shop' });
  await client.request('POST', '/endpoints', { url: 'http://127.0.0.1:9/told', signed_by: 'both' });
  const subscription = await client.request('POST', '/subscriptions', {
    name: 'what starts',
    trigger: { kind: 'job_started' },
    action: { action_type: 'WEBHOOK', params: { connection_id: connection, path: '/told' } },
  });
  const delivery = await client.request('POST', `/subscriptions/${subscription.id}/test`, { job_id: jobId });
  const source = await client.request('POST', '/sources', {
    kind: 'generic',
    name: 'shop',
    config: { scheme: 'shared_secret' },
  });
  const trigger = await client.request('POST', '/triggers', {
    source_id: source.id,
    name: 'take orders',
    event_types: ['*'],
    action: { type: 'start_job', workflow: 'work-order' },
  });
  await fetch(source.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-signature': source.secret },
    body: '{"type":"order.created","lines":[{"id":1}]}',
  });
  const { items } = await client.request('GET', `/inbound-events?source=${source.id}`);
  const repository = await client.request('POST', '/sources', { kind: 'github', name: 'octo' });
  const github = await client.request('POST', '/tenant/connections', {
    provider: 'github',
    connection_name: 'octo',
    credentials: { token: 'github_pat_of_nobody' },
  });
  await client.request('PUT', `/sources/${repository.id}/gap-filler`, { connection_id: github.id });
  paths['source with gaps'] = `/admin/integrations/sources/${repository.id}`;
  paths.connection = `/admin/integrations/connections/${connection}`;
  paths.source = `/admin/integrations/sources/${source.id}`;
  paths.trigger = `${paths.source}/triggers/${trigger.id}`;
  paths['inbound event'] = `/admin/integrations/events/${items[0].id}`;
  paths.subscription = `/admin/integrations/subscriptions/${subscription.id}`;
  paths.delivery = `/admin/integrations/deliveries/${delivery.id}`;
}
