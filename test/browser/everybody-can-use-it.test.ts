import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { demoMachine } from '../../cli/demo/machine.ts';
import { describeInBrowser, setupStage } from './stage.testkit.ts';

const WIDTHS = [1280, 390];
/** Each page is looked at four times, on a machine that may be busy. */
const LOOKING_MS = 180_000;

interface Violation {
  id: string;
  impact: string;
  nodes: { target: string[]; failureSummary: string }[];
}

/** What would keep somebody from using the page (WCAG 2.2 A and AA, and what axe calls good practice). */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = (await page.evaluate(
    '(async () => (await axe.run(document, { resultTypes: ["violations"] })).violations)()',
  )) as Violation[];
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`),
    );
}

describeInBrowser('everybody can use it', () => {
  const stage = setupStage();
  const paths: Record<string, string> = {
    jobs: '/jobs',
    workflows: '/workflows',
    workflow: '/workflows/work-order',
    integrations: '/admin/integrations',
    audit: '/audit',
    'not found': '/nowhere',
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
  });

  test.each(['light', 'dark'] as const)(
    'no page keeps anybody out, %s',
    async (colorScheme) => {
      const page = await stage.open('/jobs');
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 800 });
        for (const [name, path] of Object.entries(paths)) {
          await page.goto(new URL(path, page.url()).href);
          await page.getByRole('heading', { level: 1 }).waitFor();
          if (name === 'job' || name === 'workflow') await page.getByLabel('The machine, drawn').waitFor();
          if (name === 'job') {
            await page.getByRole('button', { name: /^notify/ }).click();
            await page
              .getByRole('button', { name: /^Attempt/ })
              .first()
              .waitFor();
          }
          expect(await violations(page), `${name} at ${width}, ${colorScheme}`).toEqual([]);
          const scrolls = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
          expect(scrolls, `${name} at ${width} is wider than the screen`).toBe(false);
        }
        await page.goto(new URL('/admin/integrations', page.url()).href);
        await page.getByRole('button', { name: 'New connection' }).click();
        await page.getByRole('button', { name: /Twilio/ }).click();
        await page.getByLabel('Account SID').waitFor();
        expect(await violations(page), `the wizard at ${width}, ${colorScheme}`).toEqual([]);
      }
      await page.evaluate('sessionStorage.clear()');
      await page.goto(new URL('/jobs', page.url()).href);
      await page.getByLabel('API key').waitFor();
      expect(await violations(page), `signing in, ${colorScheme}`).toEqual([]);
      await page.close();
    },
    LOOKING_MS,
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
