// The pages of integrations for screenshots, each with something on it.
import type { Page } from 'playwright-core';
import type { Client, Shot } from './shot.ts';

const at = (path: string) => `/admin/integrations/${path}`;

export async function integrationShots(client: Client): Promise<Shot[]> {
  const { items: connections } = await client.request('GET', '/tenant/connections');
  const receiver = connections.at(-1)?.id as string;
  const scopes = await makeScopes(client);
  await client.request('POST', '/supplies', { connection_id: receiver, scope_id: scopes.namespace });
  const github = connections.find(
    (one: { connection_name: string }) => one.connection_name === 'platform-repos',
  )?.id;
  const told = await makeSubscriptions(client, { scope: scopes.stack, receiver, unsupplied: github });
  const { source, trigger, repository } = await makeSource(client, github);
  const delivery = await firstOf(client, `/deliveries?subscription=${told}`);
  const event = await firstOf(client, `/inbound-events?source=${source}&status=PROCESSED&type=order.created`);
  return [
    { name: 'connection', path: at(`connections/${receiver}`) },
    { name: 'sources', path: at('sources') },
    {
      name: 'source-new',
      path: at('sources'),
      prepare: async (page) => {
        await page.getByRole('button', { name: 'New source' }).click();
        await page.getByRole('button', { name: /Generic webhook/ }).click();
        await page.getByLabel('Header', { exact: true }).waitFor();
      },
    },
    { name: 'source', path: at(`sources/${source}`) },
    { name: 'source-github', path: at(`sources/${repository}`) },
    {
      name: 'trigger',
      path: at(`sources/${source}/triggers/${trigger}`),
      prepare: (page) => page.getByText('It would have').waitFor(),
    },
    { name: 'inbound-event', path: at(`events/${event}`) },
    { name: 'scopes', path: at(`scopes?scope=${scopes.namespace}`) },
    { name: 'subscriptions', path: at('subscriptions') },
    { name: 'subscription', path: at(`subscriptions/${told}`) },
    { name: 'deliveries', path: at('deliveries') },
    { name: 'delivery', path: at(`deliveries/${delivery}`) },
    { name: 'deliveries-replay', path: at('deliveries'), prepare: openReplay },
    { name: 'endpoints', path: at('endpoints') },
    { name: 'endpoint-new', path: at('endpoints'), prepare: openNewEndpoint },
  ];
}

async function openReplay(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Replay …' }).click();
  await page.getByRole('heading', { name: 'Replay deliveries' }).waitFor();
}

async function openNewEndpoint(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'New endpoint' }).click();
  await page.getByRole('textbox', { name: 'Signed by' }).waitFor();
}

/** What a worker makes: there a moment later. */
async function firstOf(client: Client, path: string): Promise<string> {
  for (;;) {
    const { items } = await client.request('GET', path);
    if (items[0] !== undefined) return items[0].id;
  }
}

async function makeScopes(client: Client): Promise<{ stack: string; namespace: string }> {
  const make = async (kind: string, name: string, parent: string | null): Promise<string> =>
    (await client.request('POST', '/scopes', { kind, name, parent_id: parent })).id;
  const stack = await make('stack', 'shop', null);
  const namespace = await make('namespace', 'checkout', stack);
  const module = await make('module', 'orders', namespace);
  await client.request('PATCH', '/workflows/work-order', { scope_id: module });
  return { stack, namespace };
}

/** One that is told in part of its scope, one that nothing supplies, one to an endpoint. @returns the first one's id */
async function makeSubscriptions(
  client: Client,
  { scope, receiver, unsupplied }: { scope: string; receiver: string; unsupplied: string },
): Promise<string> {
  const through = (connection: string) => ({
    action_type: 'WEBHOOK',
    params: {
      connection_id: connection,
      path: '/told',
      body: { job: '<<job.key>>', state: '<<job.current_state>>' },
    },
  });
  const told = await client.request('POST', '/subscriptions', {
    name: 'orders that start',
    scope_id: scope,
    trigger: { kind: 'job_started' },
    action: through(receiver),
  });
  await client.request('POST', '/subscriptions', {
    name: 'failures to the team',
    scope_id: scope,
    trigger: { kind: 'action_failed' },
    action: through(unsupplied),
  });
  const endpoint = await client.request('POST', '/endpoints', {
    url: 'http://127.0.0.1:9/pawl/events',
    description: 'warehouse',
  });
  const inspector = { url: 'https://inspector.example.com/pawl', description: 'auditors', signed_by: 'key' };
  await client.request('POST', '/endpoints', inspector);
  // Both keys are shown while they overlap.
  await client.request('POST', '/tenant/signing-keys/rotate');
  const toNobody = await client.request('POST', '/subscriptions', {
    name: 'everything to the warehouse',
    trigger: { kind: 'job_done' },
    endpoint: { endpoint_id: endpoint.id },
  });
  // Nobody is there: as many requests in a row as open its circuit.
  for (let i = 0; i < 10; i++) await client.request('POST', `/subscriptions/${toNobody.id}/test`);
  return told.id;
}

/** A source that has received what its trigger is for, what it is not for, and what was refused. */
async function makeSource(
  client: Client,
  github: string,
): Promise<{ source: string; trigger: string; repository: string }> {
  const source = await client.request('POST', '/sources', {
    kind: 'generic',
    name: 'web shop',
    config: { scheme: 'shared_secret' },
  });
  const repository = await client.request('POST', '/sources', {
    kind: 'github',
    name: 'platform repository',
  });
  await client.request('PUT', `/sources/${repository.id}/gap-filler`, { connection_id: github });
  const trigger = await client.request('POST', '/triggers', {
    source_id: source.id,
    name: 'take orders',
    event_types: ['order.created'],
    filter: 'event.amount > 10',
    action: { type: 'start_job', workflow: 'work-order', key: "'order-' + string(event.id)" },
  });
  const post = (body: object, headers: Record<string, string>) =>
    fetch(source.url, { method: 'POST', headers, body: JSON.stringify(body) });
  const signed = { 'content-type': 'application/json', 'x-signature': source.secret };
  const customer = { name: 'Ada', city: 'London' };
  await post({ type: 'order.created', id: 501, amount: 120, customer, lines: [1, 2] }, signed);
  await post({ type: 'order.created', id: 502, amount: 3 }, signed);
  await post({ type: 'cart.left', id: 503 }, signed);
  await post({}, {});
  return { source: source.id, trigger: trigger.id, repository: repository.id };
}
