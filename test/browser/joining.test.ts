import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { setupTokenOf } from '../../api/auth/setup-token.ts';
import { TEST_ENVIRONMENT } from '../../processes/processes.testkit.ts';
import { lookAt } from './looked-at.testkit.ts';
import { describeInBrowser, setupStage } from './stage.testkit.ts';

const PASSWORD = 'a password that is long enough';

const STRANGE_ID = '019a5c3e-7b6e-7cc3-9d4f-8a4b5c6d7e8f';

async function fillIn(page: Page, values: Readonly<Record<string, string>>) {
  for (const [label, value] of Object.entries(values)) {
    await page.getByLabel(label, { exact: true }).fill(value);
  }
}

describeInBrowser('an organisation, from nobody to two people', () => {
  const stage = setupStage();

  test('the first makes an account and an organisation, sees something run, and invites the second, who only sees', async () => {
    const founder = await stage.open('/', { signedIn: false });
    await founder.getByRole('heading', { name: 'Make an account' }).waitFor();
    await fillIn(founder, { 'Your name': 'Ada', Email: 'ada@example.com', Password: PASSWORD });
    await founder.getByRole('button', { name: 'Make the account' }).click();
    await founder.getByRole('heading', { name: 'Name your organisation' }).waitFor();
    await fillIn(founder, { 'Name of the organisation': 'Cedar & Co' });
    expect(await founder.getByLabel('Short name').inputValue()).toBe('cedar-co');
    await lookAt(founder, 'naming an organisation');
    await founder.getByRole('button', { name: 'Make the organisation' }).click();

    await founder.getByRole('heading', { name: 'No jobs yet' }).waitFor();
    await founder.getByRole('button', { name: 'Add a sample that runs' }).click();
    await founder.getByRole('heading', { name: 'new-server' }).waitFor();

    await founder.getByRole('link', { name: 'Settings' }).click();
    await founder.getByRole('link', { name: 'Members' }).click();
    await founder.getByText('(you)').waitFor();
    await founder.getByRole('button', { name: 'Invite' }).click();
    const dialog = founder.getByRole('dialog');
    await dialog.getByLabel('Email').fill('grace@example.com');
    await dialog.getByRole('button', { name: 'Make the link' }).click();
    const link = await dialog.getByLabel('Link').inputValue();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await founder.getByText('grace@example.com').waitFor();

    // As in a tab that worked for an organisation that one is not in any more.
    await founder.evaluate(`sessionStorage.setItem('pawl.tenant', '${STRANGE_ID}')`);
    await founder.reload();
    await founder.getByRole('heading', { name: 'Which organisation?' }).waitFor();
    await lookAt(founder, 'choosing an organisation');
    await founder.getByRole('button', { name: /Cedar & Co/ }).click();
    await founder.getByRole('link', { name: 'new-server' }).waitFor();
    await founder.close();

    await stage.somebodyElse();
    const { url } = stage.installation.api;
    const guest = await stage.open(link.slice(url.length), { signedIn: false });
    await guest.getByRole('heading', { name: 'Join Cedar & Co' }).waitFor();
    await fillIn(guest, { 'Your name': 'Grace', Password: PASSWORD });
    await guest.getByRole('button', { name: 'Make the account and join' }).click();

    await guest.getByRole('link', { name: 'new-server' }).click();
    await guest.getByRole('heading', { name: 'new-server' }).waitFor();
    await guest.getByLabel('The machine, drawn').waitFor();
    expect(await guest.getByRole('button', { name: /Send|Cancel the job/ }).count()).toBe(0);
    await guest.goto(`${url}/settings/members`);
    await guest.getByText('Inviting and removing people takes the role Owner.').waitFor();
    expect(await guest.getByRole('button', { name: /Invite|More for/ }).count()).toBe(0);

    await guest.goto(`${url}/settings/account`);
    await guest.getByText('This one').waitFor();
    await lookAt(guest, 'an account with a session');
    await guest.getByRole('button', { name: /Cedar & Co/ }).click();
    await guest.getByRole('menuitem', { name: 'Sign out' }).click();
    await guest.getByRole('heading', { name: 'Sign in to Pawl' }).waitFor();
    await fillIn(guest, { Email: 'grace@example.com', Password: 'not the right password' });
    await guest.getByRole('button', { name: 'Sign in', exact: true }).click();
    await guest.getByRole('alert').waitFor();
    await fillIn(guest, { Password: PASSWORD });
    await guest.getByRole('button', { name: 'Sign in', exact: true }).click();
    await guest.getByText('This one').waitFor();
    await guest.close();
  });

  test('a link that was used says so, and who to ask', async () => {
    await stage.somebodyElse();
    const page = await stage.open(`/invitation#token=${STRANGE_ID}`, {
      signedIn: false,
    });
    await page.getByRole('heading', { name: 'This invitation is not open' }).waitFor();
    await page.getByText(/Ask whoever invited you/).waitFor();
    await page.close();
  });
});

describeInBrowser('a new server whose accounts are for the invited', () => {
  const stage = setupStage({ AUTH_SIGN_UP: 'invited' });

  test('says where the first account is made, and takes it there and once', async () => {
    const page = await stage.open('/jobs', { signedIn: false });
    await page.getByText(/look for \/setup#token=/).waitFor();
    const { url } = stage.installation.api;
    await page.goto(`${url}/setup#token=${setupTokenOf(TEST_ENVIRONMENT.AUTH_SECRET)}`);
    await page.getByRole('heading', { name: 'Make the first account' }).waitFor();
    await lookAt(page, 'setting up');
    await fillIn(page, { 'Your name': 'Ada', Email: 'ada@example.com', Password: PASSWORD });
    await page.getByRole('button', { name: 'Make the account' }).click();
    await fillIn(page, { 'Name of the organisation': 'Dogwood' });
    await page.getByRole('button', { name: 'Make the organisation' }).click();
    await page.getByRole('heading', { name: 'No jobs yet' }).waitFor();
    await page.goto(`${url}/setup`);
    await page.getByRole('heading', { name: 'Pawl is set up' }).waitFor();
    await page.close();
  });
});
