// Signing in over real sockets, as a browser behind a proxy does.
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { setupInstallation, type TestInstallation } from './processes.testkit.ts';

const PASSWORD = 'a password that is long enough';

let installation: TestInstallation;
beforeAll(async () => {
  installation = await setupInstallation({ TRUSTED_PROXIES: '127.0.0.0/8' });
});
afterAll(() => installation.stop());

async function send(path: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  const { url } = installation.api;
  return fetch(url + path, {
    method: 'POST',
    headers: { origin: url, 'x-pawl-request': '1', 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

test('the audit says from which address somebody joined and signed in, and nobody chooses what it says', async () => {
  const email = 'ada@example.com';
  const { token } = await installation.client.request('POST', '/invitations', { email, roles: ['Reader'] });
  const account = await send('/api/auth/sign-up/email', { email, password: PASSWORD, name: 'Ada' });
  const [cookie = ''] = account.headers.getSetCookie().map((set) => set.split(';')[0] ?? '');
  const joined = await send('/api/auth/organization/accept-invitation', { invitationId: token }, { cookie });
  expect(joined.status).toBe(200);
  const { id } = ((await account.json()) as { user: { id: string } }).user;
  const from = { 'x-forwarded-for': '192.0.2.66, 203.0.113.9', 'x-pawl-client-address': '192.0.2.66' };
  const signedIn = await send('/api/auth/sign-in/email', { email, password: PASSWORD }, from);
  expect(signedIn.status).toBe(200);
  const { items } = await installation.client.request('GET', `/audit?subject_id=${id}&kind=session.created`);
  expect(items).toMatchObject([{ actor: `user:${id}`, data: { address: '203.0.113.9' } }]);
});

test('a development server makes the secret that signs sessions, and keeps it to itself', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'pawl-sign-in-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const own = await setupInstallation({ AUTH_SECRET: '', PAWL_DIRECTORY: directory });
  onTestFinished(own.stop);
  const file = join(directory, 'auth-secret');
  expect((await readFile(file, 'utf8')).trim()).toMatch(/^[0-9a-f]{64}$/);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});
