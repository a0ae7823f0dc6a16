// Which pages are shot, and in which state.
import type { Page } from 'playwright-core';
import { integrationShots } from './integration-shots.ts';
import { largeMachine } from './large-machine.ts';
import type { Client, Shot } from './shot.ts';

/** Fills the installation with what they show, and lists them. */
export async function shotsOf(client: Client, receiverUrl: string): Promise<Shot[]> {
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
    { name: 'jobs-between', path: '/jobs?from=2026-01-01T08:00:00.000Z&to=2100-01-01T00:00:00.000Z' },
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
      name: 'designer-what-if',
      path: `/designer/work-order?job=${done}`,
      prepare: async (page) => {
        await page
          .getByRole('button', { name: /SUBMIT/, expanded: false })
          .first()
          .click();
      },
    },
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
