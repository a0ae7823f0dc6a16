import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workOrder } from '../../cli/work-order.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../../worker/receiver.testkit.ts';
import { describeInBrowser, setupStage } from './stage.testkit.ts';

describeInBrowser('hearing of other systems and telling them, in a browser', () => {
  const stage = setupStage();
  let receiver: WebhookReceiver;

  beforeAll(async () => {
    receiver = await startWebhookReceiver();
    const { client } = stage.installation;
    const connection = await client.request('POST', '/tenant/connections', {
      provider: 'generic_rest',
      connection_name: 'orders',
      credentials: { base_url: receiver.origin },
    });
    await client.request('POST', '/workflows', { name: 'work-order', definition: workOrder(connection.id) });
    await client.request('POST', '/workflows/work-order/publish', { version: 1 });
  });
  afterAll(() => receiver?.close());

  test('a source is made, a signed request arrives, and the job it started is seen', async () => {
    const page = await stage.open('/admin/integrations');
    await page.getByRole('link', { name: 'Sources' }).click();
    await page.getByRole('button', { name: 'New source' }).click();
    await page.getByRole('button', { name: /Generic webhook/ }).click();
    await page.getByLabel('Name', { exact: true }).fill('shop');
    // The answer is lost on its way: whoever presses again gets it.
    await page.route('**/api/v1/sources', async (route) => {
      await route.fetch();
      await route.abort();
      await page.unroute('**/api/v1/sources');
    });
    await page.getByRole('button', { name: 'Create the source' }).click();
    await page.getByRole('dialog').getByRole('alert').waitFor();
    await page.getByRole('button', { name: 'Create the source' }).click();
    const wizard = page.getByRole('dialog');
    const url = await wizard.getByLabel('URL', { exact: true }).inputValue();
    const secret = await wizard.getByLabel('Secret', { exact: true }).inputValue();
    await page.getByRole('link', { name: 'Go to the source' }).click();
    await page.getByRole('heading', { name: 'shop', level: 1 }).waitFor();
    expect(await page.content()).not.toContain(secret);

    await page.getByRole('link', { name: 'New trigger' }).click();
    await page.getByLabel('Name', { exact: true }).fill('take orders');
    await page.getByRole('textbox', { name: 'Workflow' }).click();
    await page.getByRole('option', { name: 'work-order' }).click();
    await page.getByLabel('Key', { exact: true }).fill("'order-' + string(event.id)");
    await page.getByLabel('Its payload').fill('{ "id": 7 }');
    await page.getByRole('region', { name: 'What it asks for' }).getByText('"order-7"').waitFor();
    await page.getByRole('button', { name: 'Create the trigger' }).click();
    await page.getByRole('link', { name: 'take orders' }).waitFor();

    const body = JSON.stringify({ type: 'order.created', id: 8 });
    const signature = createHmac('sha256', secret).update(body).digest('hex');
    const send = (given: string) =>
      fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-signature': given },
        body,
      });
    expect((await send(signature.replace(/^./, (c) => (c === '0' ? '1' : '0')))).status).toBe(401);
    expect((await send(signature)).status).toBe(200);
    const events = page.getByRole('region', { name: 'Events' });
    await events.getByText('Processed', { exact: true }).waitFor();
    await events.getByText('Failed', { exact: true }).waitFor();
    await events.getByRole('link', { name: 'order.created' }).click();
    await page.getByRole('region', { name: 'Payload' }).getByText('"order.created"').waitFor();
    await page.getByText('x-signature').waitFor();
    expect(await page.content()).not.toContain(signature);
    await page.getByRole('link', { name: 'Open the job' }).click();
    await page.getByRole('heading', { name: 'order-8', level: 1 }).waitFor();
    await page.close();
  });

  test('what GitHub could not deliver is asked for through a connection, and no longer', async () => {
    const { client } = stage.installation;
    const { id } = await client.request('POST', '/sources', { kind: 'github', name: 'octo' });
    await client.request('POST', '/tenant/connections', {
      provider: 'github',
      connection_name: 'repositories',
      credentials: { token: 'github_pat_of_nobody' },
    });
    const page = await stage.open(`/admin/integrations/sources/${id}`);
    const panel = page.getByRole('region', { name: 'What did not arrive' });
    await panel.getByRole('textbox', { name: 'Through the connection' }).click();
    await page.getByRole('option', { name: 'repositories' }).click();
    await panel.getByRole('button', { name: 'Ask for it' }).click();
    await panel.getByText('0 deliveries so far').waitFor();
    await panel.getByText('Nothing has come in yet that says which webhook it is from').waitFor();
    await panel.getByRole('link', { name: 'repositories' }).waitFor();
    await panel.getByRole('button', { name: 'Stop asking' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop asking' }).click();
    await panel.getByRole('button', { name: 'Ask for it' }).waitFor();
    await page.close();
  });

  test('a subscription that nothing supplies says so, and goes out once its connection is supplied', async () => {
    const page = await stage.open('/admin/integrations/subscriptions');
    await page.getByRole('link', { name: 'Subscribe' }).click();
    await page.getByLabel('Name', { exact: true }).fill('what starts');
    await page.getByRole('textbox', { name: 'What happens' }).click();
    await page.getByRole('option', { name: 'A job starts' }).click();
    await page.getByRole('textbox', { name: 'Whom' }).click();
    await page.getByRole('option', { name: 'orders' }).click();
    await page.getByLabel('Message').fill('{ "path": "/told", "body": { "key": "<<job.key>>" } }');
    await page.getByText('It would tell nobody').waitFor();
    await page.getByRole('region', { name: 'The body' }).getByText('"order-8"').waitFor();
    await page.getByRole('button', { name: 'Subscribe' }).click();
    await page.getByRole('heading', { name: 'what starts', level: 1 }).waitFor();
    await page.getByText('Not supplied', { exact: true }).waitFor();

    await page.getByRole('link', { name: 'Supply it' }).click();
    await page.getByRole('textbox', { name: 'Connection to supply' }).click();
    await page.getByRole('option', { name: 'orders' }).click();
    await page.getByRole('button', { name: 'Supply it' }).click();
    await page.getByRole('button', { name: 'Take orders away' }).waitFor();
    await page.getByText('On', { exact: true }).waitFor();

    await stage.installation.client.request('POST', '/jobs', { workflow: 'work-order', key: 'order-9' });
    expect((await receiver.arrival('/told')).body).toContain('order-9');
    await page.getByRole('link', { name: 'Deliveries' }).click();
    await page.getByRole('row', { name: /what starts .*Succeeded/ }).waitFor();
    await page.getByRole('link', { name: 'what starts' }).click();
    await page.getByText(`${receiver.origin}/told`).waitFor();
    await page.getByRole('button', { name: 'Replay' }).click();
    await page.getByRole('button', { name: /^Attempt 2/ }).waitFor();
    await page.close();
  });

  test('an endpoint is signed by the key of the organisation, which is found, replaced, and ended', async () => {
    const page = await stage.open('/admin/integrations/endpoints');
    await page.getByRole('button', { name: 'New endpoint' }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel('URL', { exact: true }).fill(`${receiver.origin}/by-key`);
    await form.getByRole('textbox', { name: 'Signed by' }).click();
    await page.getByRole('option', { name: "The organisation's key" }).click();
    await form.getByRole('button', { name: 'Create' }).click();
    const jwksUrl = await form
      .getByLabel('Public keys for the receiver (JWKS)', { exact: true })
      .inputValue();
    expect(await form.getByText('whsec_').count()).toBe(0);
    await form.getByRole('button', { name: 'Done' }).click();
    const keys = async (): Promise<{ kid: string }[]> =>
      ((await (await fetch(jwksUrl)).json()) as { keys: { kid: string }[] }).keys;
    const [first] = await keys();
    await page.getByText(`kid ${first?.kid}`).waitFor();
    await page.getByRole('article').getByText("the organisation's key", { exact: true }).waitFor();

    await page.getByRole('button', { name: 'Rotate the key' }).click();
    await page.getByText('One endpoint is signed by it.').waitFor();
    await page.getByRole('button', { name: 'Rotate', exact: true }).click();
    await page.getByText('signs too, ends').waitFor();
    const [second, before] = await keys();
    expect(before).toEqual(first);
    await page.getByText(`kid ${second?.kid}`).waitFor();
    await page.getByRole('button', { name: 'End the overlap' }).click();
    await page.getByRole('button', { name: 'End it' }).click();
    await page.getByText(`kid ${first?.kid}`).waitFor({ state: 'detached' });
    expect(await keys()).toEqual([second]);
    await page.close();
  });

  test('who may only read looks at triggers and subscriptions, and writes into none of their fields', async () => {
    const { client } = stage.installation;
    const { key } = await client.request('POST', '/api-keys', { name: 'auditor', roles: ['Reader'] });
    const { items: triggers } = await client.request('GET', '/triggers');
    const { items: subscriptions } = await client.request('GET', '/subscriptions');
    for (const path of [
      `sources/${triggers[0].source_id}/triggers/${triggers[0].id}`,
      `subscriptions/${subscriptions[0].id}`,
    ]) {
      const page = await stage.open(`/admin/integrations/${path}#key=${key}`, { signedIn: false });
      await page.getByText('To look at', { exact: true }).waitFor();
      await page.locator('.cm-content').first().waitFor();
      const fields = 'input:not([type=radio], [type=hidden]), textarea';
      expect(await page.locator(fields).count()).toBeGreaterThan(2);
      const writable = `:is(${fields}):not([readonly], [aria-hidden]), .cm-content[contenteditable=true]`;
      expect(await page.locator(writable).count()).toBe(0);
      await page.close();
    }
  });
});
