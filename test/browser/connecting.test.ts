import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWebhookReceiver, type WebhookReceiver } from '../../worker/receiver.testkit.ts';
import { describeInBrowser, setupStage } from './stage.testkit.ts';

describeInBrowser('connecting another system, in a browser', () => {
  const stage = setupStage();
  let receiver: WebhookReceiver;
  beforeAll(async () => {
    receiver = await startWebhookReceiver();
  });
  afterAll(() => receiver?.close());

  test('a wrong key is told where it was typed, a right one opens the jobs', async () => {
    const page = await stage.open('/', { signedIn: false });
    await page.getByRole('button', { name: 'Use an API key' }).click();
    await page.getByLabel('API key').fill('pawl_wrong');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('alert').getByText('These credentials are not valid.').waitFor();
    await page.getByLabel('API key').fill(stage.installation.apiKey);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();
    await page.getByRole('heading', { name: 'No jobs yet' }).waitFor();
    await page.close();
  });

  test('the link of development signs in, and the key is gone from the address', async () => {
    const page = await stage.open('/');
    await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();
    expect(page.url()).not.toContain('pawl_');
    await page.close();
  });

  test('a connection is made, tested by a worker, and shown to work', async () => {
    const page = await stage.open('/admin/integrations');
    await page.getByRole('heading', { name: 'No connections yet' }).waitFor();
    await page.getByRole('button', { name: 'New connection' }).click();
    await page.getByLabel('Find a provider').fill('rest');
    await page.getByRole('button', { name: /REST API/ }).click();
    await page.getByLabel('Name', { exact: true }).fill('orders');
    await page.getByLabel('Base URL').fill(receiver.origin);
    await page.getByRole('button', { name: 'Save and test' }).click();
    await page.getByText('It works', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Done' }).click();

    const card = page.getByRole('article', { name: 'orders' });
    await card.getByText('Works', { exact: true }).waitFor();
    await card.getByText('The API answered 200.').waitFor();
    expect(receiver.requests).toHaveLength(1);
    await page.close();
  });

  test('wrong credentials are told, changed and tested again without starting over', async () => {
    receiver.script('/locked', ({ headers }) => ({
      status: headers.authorization === 'Bearer right' ? 200 : 401,
    }));
    const page = await stage.open('/admin/integrations');
    await page.getByRole('button', { name: 'New connection' }).click();
    await page.getByRole('button', { name: /REST API/ }).click();
    await page.getByLabel('Name', { exact: true }).fill('orders');
    await page.getByLabel('Base URL').fill(`${receiver.origin}/locked`);
    await page.getByRole('button', { name: 'Save and test' }).click();
    await page.getByRole('alert').getByText('There is a connection "orders" already.').waitFor();
    await page.getByLabel('Name', { exact: true }).fill('locked');
    await page.getByRole('button', { name: 'Save and test' }).click();
    await page.getByText('It is saved, but the test failed').waitFor();
    await page.getByRole('button', { name: 'Change the credentials' }).click();
    await page.getByLabel('Base URL').fill(`${receiver.origin}/locked`);
    await page.getByLabel('Authorization header').fill('Bearer right');
    await page.getByRole('button', { name: 'Save and test' }).click();
    await page.getByText('It works', { exact: true }).waitFor();
    await page.close();
  });

  test('what uses a connection is said before it is disabled, and before it is deleted', async () => {
    const { client } = stage.installation;
    const { items } = await client.request('GET', '/tenant/connections');
    const { id } = items.find((one: { connection_name: string }) => one.connection_name === 'orders');
    const definition = {
      initial: 'a',
      states: { a: { entry: { action_type: 'WEBHOOK', params: { connection_id: id, path: '/' } } } },
    };
    await client.request('POST', '/workflows', { name: 'uses-orders', definition });
    await client.request('POST', '/workflows/uses-orders/publish', { version: 1 });

    const page = await stage.open('/admin/integrations');
    await page.getByRole('button', { name: 'More for orders' }).click();
    await page.getByRole('menuitem', { name: 'Disable' }).click();
    const question = page.getByRole('dialog', { name: 'Disable orders?' });
    await question.getByText('actions fail').waitFor();
    await question.getByRole('link', { name: 'uses-orders v1' }).waitFor();
    await question.getByRole('button', { name: 'Keep it on' }).click();
    await question.waitFor({ state: 'detached' });
    expect((await client.request('GET', `/tenant/connections/${id}`)).enabled).toBe(true);

    await page.getByRole('button', { name: 'More for orders' }).click();
    await page.getByRole('menuitem', { name: 'Disable' }).click();
    await question.getByRole('button', { name: 'Disable' }).click();
    const card = page.getByRole('article', { name: 'orders' });
    await card.getByText('Disabled').waitFor();
    // Switching it on takes no question.
    await page.getByRole('button', { name: 'More for orders' }).click();
    await page.getByRole('menuitem', { name: 'Enable' }).click();
    await card.getByText('Disabled').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'More for orders' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('link', { name: 'uses-orders v1' }).waitFor();
    await page.getByLabel(/Delete it all the same/).check();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await card.waitFor({ state: 'detached' });
    await page.close();
  });
});
