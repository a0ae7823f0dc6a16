import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSignInStore, type SignInStore } from '../../db/sign-in-store.ts';
import { setupApi, type TestApi } from '../api.testkit.ts';
import { join, PASSWORD } from '../browser.testkit.ts';
import { resetPassword } from './reset-password.ts';

let api: TestApi;
let store: SignInStore;
beforeAll(async () => {
  api = await setupApi();
  store = openSignInStore({ url: api.url, poolMax: 1 });
});
afterAll(async () => {
  await store.close();
  await api.stop();
});

const signIn = async (email: string, password: string) =>
  (await api.visitor().call('POST', '/api/auth/sign-in/email', { body: { email, password } })).status;

test('a new password replaces the old one, ends every session, and is in the audit', async () => {
  const email = 'ada@example.com';
  const { body } = await api.a.call('POST', '/invitations', { body: { email } });
  const browser = api.visitor();
  const id = await join(browser, email, body.token);
  const password = await resetPassword(api.operator, store, 'Ada@example.com');
  expect((await browser.call('GET', '/me')).body.code).toBe('session_ended');
  expect([await signIn(email, PASSWORD), await signIn(email, password)]).toEqual([401, 200]);
  const log = await api.a.call('GET', `/audit?subject_id=${id}&kind=password.reset`);
  expect(log.body.items).toMatchObject([{ actor: 'operator' }]);
});

test('nobody has no password', async () => {
  await expect(resetPassword(api.operator, store, 'bob@example.com')).rejects.toMatchObject({
    code: 'user_not_found',
  });
});
