import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workOrder } from '../../cli/work-order.ts';
import type { Definition } from '../../engine/definition.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../../worker/receiver.testkit.ts';
import { describeInBrowser, setupStage } from './stage.testkit.ts';

/** The file that the export saves. It has what was metered as soon as no older transaction runs, be it of another test. */
async function exported(page: Page, format: string): Promise<string> {
  for (;;) {
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    const saving = page.waitForEvent('download');
    await page.getByRole('menuitem', { name: format }).click();
    const text = await readFile(await (await saving).path(), 'utf8');
    if (text !== '') return text;
  }
}

describeInBrowser('running a job, in a browser', () => {
  const stage = setupStage();
  let receiver: WebhookReceiver;

  beforeAll(async () => {
    receiver = await startWebhookReceiver();
    const { client } = stage.installation;
    const connection = await client.request('POST', '/tenant/connections', {
      provider: 'generic_rest',
      connection_name: 'orders',
      credentials: { base_url: receiver.origin, auth_header: 'Bearer not-to-be-shown' },
    });
    const fragile: Definition = {
      initial: 'open',
      states: {
        open: {
          on: {
            REPORT: {
              actions: {
                action_type: 'WEBHOOK',
                name: 'report',
                idempotent: true,
                retry: { max_attempts: 1 },
                params: { connection_id: connection.id, path: '/report', body: {} },
              },
            },
          },
        },
      },
    };
    for (const [name, definition] of [
      ['work-order', workOrder(connection.id)],
      ['fragile', fragile],
    ] as const) {
      await client.request('POST', '/workflows', { name, definition });
      await client.request('POST', `/workflows/${name}/publish`, { version: 1 });
    }
  });
  afterAll(() => receiver?.close());

  test('a job is started and sent events, and its webhook is seen with its answer, as it happens', async () => {
    receiver.script('/hooks/job-started', { body: { received: 'with thanks' } });
    const page = await stage.open('/jobs');
    await page.getByRole('button', { name: 'Start the first job' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Workflow').click();
    await page.getByRole('option', { name: 'work-order' }).click();
    await dialog.getByLabel('Key').fill('order-1');
    await dialog.getByRole('button', { name: 'Start', exact: true }).click();
    await page.getByRole('heading', { name: 'order-1', level: 1 }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();

    // The guard says no, and says why.
    await page.getByRole('textbox', { name: 'Type' }).fill('SUBMIT');
    await page.getByLabel('Payload').fill('{ "amount": 0 }');
    await page.getByRole('button', { name: 'Send' }).click();
    const alert = page.getByRole('alert');
    await alert.getByText('guard_refused').waitFor();

    await page.getByLabel('Payload').fill('{ "amount": 120 }');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('The job moved from draft to review.').waitFor();
    expect((await receiver.arrival('/hooks/job-started')).body).toContain('"amount":120');

    const run = page.getByRole('button', { name: /^notify/ });
    await run.getByText('Succeeded').waitFor();
    await run.click();
    await page.getByText(`${receiver.origin}/hooks/job-started`).waitFor();
    await page.getByRole('region', { name: 'Response body' }).getByText('"with thanks"').waitFor();
    expect(await page.content()).not.toContain('not-to-be-shown');

    await page.getByRole('button', { name: 'Use APPROVE' }).click();
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('Done', { exact: true }).first().waitFor();
    await page.locator('[data-state="done"][data-lit="true"]').waitFor();

    // What it came to: as many rows in each file as the page counts, and they are its own.
    const jobId = new URL(page.url()).pathname.split('/').at(-1) ?? '';
    await page.getByRole('link', { name: 'Metering' }).click();
    const usage = page.getByRole('row', { name: /orders work-order Succeeded/ });
    await usage.waitFor();
    expect(await usage.getByRole('cell').nth(3).textContent()).toBe('1');
    const row = JSON.parse(await exported(page, 'JSON Lines'));
    expect(row).toMatchObject({ outcome: 'succeeded', kind: 'WebhookEgress', job_id: jobId });
    expect(JSON.parse(await exported(page, 'CloudEvents'))).toMatchObject([{ id: row.attempt_id }]);
    await page.close();
  });

  test('an action that failed is retried by a person, and the page shows it without being loaded again', async () => {
    receiver.script('/report', ({ nth }) => (nth === 1 ? { status: 500 } : { status: 200 }));
    const { client } = stage.installation;
    const { job } = await client.request('POST', '/jobs', { workflow: 'fragile' });
    const page = await stage.open(`/jobs/${job.id}`);
    await page.getByText('Live', { exact: true }).waitFor();
    await client.request('POST', `/jobs/${job.id}/events`, { type: 'REPORT' });
    const run = page.getByRole('button', { name: /^report/ });
    await run.getByText('Failed').waitFor();
    await run.click();
    await page.getByRole('button', { name: 'Retry' }).click();
    await run.getByText('Succeeded').waitFor();
    await run.getByText('2 attempts').waitFor();
    await page.close();
  });

  test('jobs are found by what they are', async () => {
    const page = await stage.open('/jobs?workflow=work-order');
    await page.getByRole('link', { name: 'order-1' }).waitFor();
    expect(await page.getByRole('row').count()).toBe(2);
    await page.getByLabel('Key or id of a job').fill('nobody');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'No job is like that' }).waitFor();
    await page.getByRole('button', { name: 'Show all jobs' }).click();
    await page.getByRole('link', { name: 'order-1' }).waitFor();
    // Leaving the field does what Enter does, here and in the audit.
    await page.getByLabel('Key or id of a job').fill('somebody');
    await page.keyboard.press('Tab');
    await page.waitForURL(/key=somebody/);
    await page.getByLabel('Key or id of a job').fill('');
    await page.keyboard.press('Tab');
    await page.getByRole('link', { name: 'order-1' }).waitFor();

    await page.getByRole('textbox', { name: 'Started' }).click();
    await page.getByRole('option', { name: 'From … to …' }).click();
    await page.getByLabel('From', { exact: true }).fill('2020-01-01T00:00');
    await page.waitForURL(/from=/);
    await page.getByRole('link', { name: 'order-1' }).waitFor();
    await page.getByLabel('To', { exact: true }).fill('2020-01-02T00:00');
    await page.getByRole('heading', { name: 'No job is like that' }).waitFor();

    await page.goto(`${stage.installation.api.url}/audit`);
    await page.getByRole('textbox', { name: 'Kind' }).fill('connection.');
    await page.keyboard.press('Tab');
    await page.waitForURL(/kind=connection/);
    await page.close();
  });

  test('a job is started, moved and cancelled by keyboard alone', async () => {
    const page = await stage.open('/workflows');
    await page.getByRole('heading', { name: 'Workflows', level: 1 }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('j');
    await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();
    await page.keyboard.press('n');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Key').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.keyboard.press('n');
    await dialog.getByLabel('Key').waitFor();
    // Enter would open the list of workflows; the field after it sends the form.
    await dialog.getByLabel('Key').press('Enter');
    await page.getByRole('button', { name: 'Cancel the job' }).focus();
    await page.keyboard.press('Enter');
    await page.getByLabel('Reason').waitFor();
    await page.keyboard.type('enough');
    await page.keyboard.press('Enter');
    await page.getByText('Cancelled', { exact: true }).first().waitFor();
    await page.close();
  });

  test('a workflow shows its machine with the jobs that stand in it', async () => {
    const { client } = stage.installation;
    await client.request('POST', '/jobs', { workflow: 'work-order', key: 'order-2' });
    const page = await stage.open('/workflows/work-order');
    await page.locator('[data-state="draft"]').getByTitle('1 active job').waitFor();
    await page.getByRole('tab', { name: 'Definition' }).click();
    await page.getByRole('region', { name: 'Definition' }).getByText('"work-order"').waitFor();
    await page.close();
  });

  test('a version is simulated and published, and the jobs that run are moved to it', async () => {
    const { client } = stage.installation;
    const { definition } = await client.request('GET', '/workflows/fragile/versions/1');
    const { open } = definition.states;
    const renamed = { ...definition, initial: 'ready', states: { ready: open } };
    await client.request('POST', '/workflows/fragile/versions', { definition: renamed });
    const { job } = await client.request('POST', '/jobs', { workflow: 'fragile', key: 'to-be-moved' });
    const page = await stage.open('/workflows/fragile?version=2');

    await page.getByRole('tab', { name: 'Simulate' }).click();
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.getByRole('button', { name: 'Send REPORT' }).click();
    await page.getByText(`POST ${receiver.origin}/report`).waitFor();
    expect(await page.getByText('not-to-be-shown').count()).toBe(0);
    await page.getByRole('tab', { name: 'Changes' }).click();
    await page.getByText('State open is called ready').waitFor();

    await page.getByRole('button', { name: 'Publish version 2' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('the version has no state "open"').waitFor();
    await dialog.getByRole('button', { name: 'Publish' }).click();
    await dialog.getByRole('button', { name: 'Try it' }).click();
    await dialog.getByText(/would be moved/).waitFor();
    await dialog.getByRole('button', { name: 'Move them' }).click();
    await dialog.getByText(/jobs? moved/).waitFor();
    const moved = await client.request('GET', `/jobs/${job.id}`);
    expect(moved).toMatchObject({ current_state: 'ready', workflow_version: 2 });
    await page.close();
  });
});
