import { readFile } from 'node:fs/promises';
import postgres from 'postgres';
import { v7 } from 'uuid';
import { beforeAll, expect, test } from 'vitest';
import { describeInBrowser, setupStage } from './stage.testkit.ts';

const CALLS = 7;

describeInBrowser('metering, in a browser', () => {
  const stage = setupStage();

  beforeAll(async () => {
    const { client, databaseUrl, tenant } = stage.installation;
    const connection = await client.request('POST', '/tenant/connections', {
      provider: 'generic_rest',
      connection_name: 'orders',
      credentials: { base_url: 'http://127.0.0.1:9' },
    });
    const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
    // As a worker would have recorded them.
    await sql`
      insert into utility_ledger (shard, tenant_id, attempt_id, kind, quantity, outcome, provider, connection_id,
        request_bytes, response_bytes)
      select ${tenant.shard}, ${tenant.id}, i::uuid, 'WebhookEgress', 1, 'succeeded', 'generic_rest', ${connection.id},
        100, 200
      from unnest(${Array.from({ length: CALLS }, () => v7())}::text[]) as i`;
    await sql.end();
  });

  test('what was called is seen, saved as a file, limited by a quota, and exported regularly', async () => {
    const page = await stage.open('/metering');
    await page.getByRole('cell', { name: 'orders' }).waitFor();
    await page.getByText('Calls and events per day').waitFor();
    await page.locator('.recharts-surface').first().waitFor();

    await page.getByRole('button', { name: 'Export', exact: true }).click();
    const saving = page.waitForEvent('download');
    await page.getByRole('menuitem', { name: 'CSV' }).click();
    const file = await (await saving).path();
    const lines = (await readFile(file, 'utf8')).trim().split('\r\n');
    expect(lines).toHaveLength(1 + CALLS);

    await page.getByRole('button', { name: 'Set a quota' }).click();
    await page.getByLabel('Warn at').fill('5');
    await page.getByRole('button', { name: 'Set', exact: true }).click();
    await page.getByText('warns at 5').waitFor();

    await page.getByRole('button', { name: 'Set a quota' }).click();
    await page.getByLabel('Warn at').fill('6');
    await stage.installation.client.request('PUT', '/metering/quotas/WebhookEgress/month', { warn_at: 8 });
    await page.getByRole('button', { name: 'Set', exact: true }).click();
    await page.getByText('Somebody else has changed this').waitFor();
    await page.getByRole('button', { name: 'Load what is there now' }).click();
    await page.getByText('Somebody else has changed this').waitFor({ state: 'hidden' });
    expect(await page.getByLabel('Warn at').inputValue()).toBe('8');
    await page.getByLabel('Warn at').fill('9');
    await page.getByRole('button', { name: 'Set', exact: true }).click();
    await page.getByText('warns at 9').waitFor();

    await page.getByRole('button', { name: 'New export' }).click();
    await page.getByLabel('Name').fill('billing');
    await page.getByPlaceholder('Pick one').click();
    await page.getByRole('option', { name: 'orders' }).click();
    await page.getByRole('button', { name: 'Make it' }).click();
    await page.getByText('CloudEvents through orders/api/v1/events').waitFor();
    await page.getByRole('button', { name: 'Pause billing' }).click();
    await page.getByRole('button', { name: 'Resume billing' }).waitFor();
    await page.close();
  });
});
