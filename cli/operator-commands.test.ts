import { spawn } from 'node:child_process';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sealEverything } from '../audit/audit.testkit.ts';
import { connect } from '../db/client.ts';
import { createDatabase, type TestDatabase } from '../test/postgres.testkit.ts';
import { PAWL, pawl as run } from './pawl.testkit.ts';

const KEY = 'a1'.repeat(32);

let database: TestDatabase;
let admin: postgres.Sql;
let tenantId: string;
const pawl = (args: string[], env: Record<string, string> = {}) =>
  run(args, { DATABASE_URL: database.url, ENCRYPTION_KEY: KEY, ...env });

beforeAll(async () => {
  database = await createDatabase();
  admin = postgres(database.url, { max: 1, onnotice: () => {} });
  const { stdout } = await pawl([
    'tenants',
    'create',
    '--name',
    'Alder & Sons',
    '--slug',
    'alder',
    '--shard',
    '7',
  ]);
  tenantId = /^tenant +(\S+)$/m.exec(stdout)?.[1] ?? '';
  expect(stdout).toMatch(/^api key +pawl_\S{54}$/m);
});
afterAll(async () => {
  await admin.end();
  await database.drop();
});

test('tenants are listed, and a slug is taken once', async () => {
  expect((await pawl(['tenants', 'list'])).stdout).toMatch(
    new RegExp(`^${tenantId}   7  alder +Alder & Sons\n$`),
  );
  const again = await pawl(['tenants', 'create', '--name', 'Other', '--slug', 'alder']);
  expect(again).toMatchObject({ status: 1, stderr: expect.stringMatching(/^tenant_slug_taken: /) });
});

test.each([
  [['--shard', '64'], '--shard is not a number from 0 to 63.'],
  [['--shard', '8', '--pause-ms', '1e400'], '--pause-ms is not a number of milliseconds from 1 to 600000.'],
])('a move that could not end is not begun: %j', async (options, message) => {
  const { status, stderr } = await pawl(['tenants', 'move', 'alder', ...options]);
  expect([status, stderr.split('\n')[0]]).toEqual([2, message]);
  expect(await admin`select from tenant_moves`).toHaveLength(0);
});

test('somebody is given a new password, which is said once', async () => {
  const [user] =
    await admin`insert into auth_users (name, email) values ('Ada', 'ada@example.com') returning id`;
  await admin`
    insert into auth_accounts (user_id, account_id, provider_id, password)
    values (${user?.id}, ${user?.id}, 'credential', 'forgotten')`;
  const { status, stdout } = await pawl(['users', 'reset-password', '--email', 'ada@example.com']);
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^password +[\w-]{24}\n$/)]);
  const [{ password } = { password: '' }] = await admin`select password from auth_accounts`;
  expect(password).not.toBe('forgotten');
  expect(password).not.toContain(stdout.split(/\s+/)[1]);
  expect(await pawl(['users', 'reset-password', '--email', 'bob@example.com'])).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^user_not_found: /),
  });
});

/** More than two pages, three entries a subject. */
const ENTRIES = 2_500;

test('the event log is exported whole, once each, grouped by subject and oldest first, within the times asked for', async () => {
  await admin`
    insert into event_log (shard, tenant_id, subject_id, id, at, kind, actor, data)
    select 7, ${tenantId}, md5((n % 833)::text)::uuid, gen_random_uuid(), now() - n * interval '1 second', 'note', 'test',
      jsonb_build_object('n', n, 'text', 'a "quoted", line' || chr(10))
    from generate_series(1, ${ENTRIES}::int) n`;
  const { status, stdout } = await pawl(['export', 'events', '--tenant', 'alder']);
  expect(status).toBe(0);
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ kind }) => kind === 'note');
  expect(new Set(rows.map(({ data }) => data.n)).size).toBe(ENTRIES);
  expect(rows).toHaveLength(ENTRIES);
  const keys = rows.map(({ subject_id: subject, id }) => `${subject} ${id}`);
  expect(keys).toEqual([...keys].sort());

  const from = new Date(Date.now() - 1_000_000).toISOString();
  const some = await pawl(['export', 'events', '--tenant', tenantId, '--from', from, '--to', '2000-01-01']);
  expect(some).toEqual({ status: 0, stdout: '', stderr: '' });
});

test.each(['2026-02-31', '2026-02-31T00:00:00Z', '2026-01-31 (noon)', '2026-01'])(
  'an export until %s is refused, as there is no such time',
  async (to) => {
    const { status, stderr } = await pawl(['export', 'ledger', '--tenant', 'alder', '--to', to]);
    expect([status, stderr.split('\n')[0]]).toEqual([
      2,
      '--to is not a time such as 2026-01-31 or 2026-01-31T12:00:00Z.',
    ]);
  },
);

/** As soon as no older transaction runs, be it of another test. */
async function ledgerAsCsv(): Promise<string> {
  for (;;) {
    const { status, stdout, stderr } = await pawl(LEDGER_AS_CSV);
    expect(status).toBe(0);
    if (stderr === '') return stdout;
    expect(stderr).toMatch(/^\d+ newer rows are left out/);
  }
}

const LEDGER_AS_CSV = ['export', 'ledger', '--tenant', 'alder', '--format', 'csv'];

test('the ledger is exported as CSV with one row an attempt, and it is said what is too new for it', async () => {
  const older = postgres(database.url, { max: 1 });
  try {
    await older`begin`;
    await older`select pg_current_xact_id()`;
    await admin`
      insert into utility_ledger (shard, tenant_id, attempt_id, kind, quantity, outcome, provider, connection_id,
        workflow_id, job_id, action_run_id, attempt, status_code, request_bytes, response_bytes, duration_ms)
      select 7, ${tenantId}, made.id, 'WebhookEgress', 1, 'succeeded', 'generic_rest', gen_random_uuid(),
        gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1, 200, 10, 20, 3
      from (select (lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0')
        || '7' || substr(md5(n::text), 1, 19))::uuid as id from generate_series(1, ${ENTRIES}::int) n) made`;
    expect(await pawl(LEDGER_AS_CSV)).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^attempt_id,at,kind,[^\n]*\n$/),
      stderr: `${ENTRIES} newer rows are left out, because an older transaction is still open. Export again when it has ended.\n`,
    });
  } finally {
    await older.end();
  }
  const stdout = await ledgerAsCsv();
  const [head, ...rows] = stdout.trimEnd().split('\r\n');
  expect(head?.split(',').slice(0, 3)).toEqual(['attempt_id', 'at', 'kind']);
  expect(new Set(rows.map((row) => row.split(',')[0])).size).toBe(ENTRIES);
});

test('whoever stops reading an export stops it', async () => {
  const child = spawn(process.execPath, [PAWL, 'export', 'events', '--tenant', 'alder'], {
    env: { DATABASE_URL: database.url, ENCRYPTION_KEY: KEY },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.once('data', () => child.stdout.destroy());
  const status = await new Promise((resolve) => child.once('exit', resolve));
  expect(status).toBe(0);
});

test('a tenant that does not exist is told', async () => {
  expect(await pawl(['export', 'ledger', '--tenant', 'birch'])).toMatchObject({
    status: 1,
    stderr: 'tenant_not_found: There is no tenant "birch".\n',
  });
});

test('keys status says which key wraps, and fails when a key is not the one the database knows', async () => {
  expect(await pawl(['keys', 'rotate'])).toMatchObject({ status: 0 });
  expect((await pawl(['keys', 'status'])).stdout).toMatch(
    /^default +[0-9a-f]{32} {2}0 data keys {2}wraps\n0 data keys of 0 tenants encrypt 0 secrets\n$/,
  );
  const other = await pawl(['keys', 'status'], { ENCRYPTION_KEY: 'b2'.repeat(32) });
  expect(other).toMatchObject({ status: 1, stdout: expect.stringContaining('DIFFERS') });
  expect(await pawl(['keys', 'rotate'], { ENCRYPTION_KEY: 'b2'.repeat(32) })).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^key_mismatch: /),
  });
});

test('a master key is retired when nothing is under it, and not before', async () => {
  await admin`
    insert into tenant_keys (shard, tenant_id, id, generation, wrapped, wrapping_key_id)
    values (7, ${tenantId}, gen_random_uuid(), 1, 'x', 'old')`;
  const inUse = await pawl(['keys', 'retire', 'old']);
  expect(inUse).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(
      /^key_in_use: 1 data keys are under the key old, .* Add it to ENCRYPTION_KEYS/,
    ),
  });
  // Rotating would leave what is under the key that wraps where it is.
  const wrapping = { ENCRYPTION_KEY_ID: 'old' };
  expect(await pawl(['keys', 'retire', 'old'], wrapping)).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(
      /^key_in_use: 1 data keys are under the key old, which still wraps\. Give .*another key/,
    ),
  });
  const ring = { ENCRYPTION_KEYS: `old:${'b2'.repeat(32)},new:${KEY}`, ENCRYPTION_KEY_ID: 'new' };
  expect(await run(['keys', 'retire', 'old'], { DATABASE_URL: database.url, ...ring })).toMatchObject({
    status: 1,
    stderr: 'key_in_use: 1 data keys are under the key old. Run `pawl keys rotate` first.\n',
  });
  expect((await pawl(['keys', 'status'])).stdout).toMatch(
    /^old +- +1 data keys +MISSING from the configuration$/m,
  );
  await admin`delete from tenant_keys`;
  const wraps = await pawl(['keys', 'retire', 'default']);
  expect(wraps).toMatchObject({ status: 1, stderr: expect.stringMatching(/^key_in_use: .*wraps/) });

  await admin`insert into encryption_keys (key_id, fingerprint) values ('old', 'f')`;
  expect(await pawl(['keys', 'retire', 'old'])).toMatchObject({
    status: 0,
    stdout: 'The key old is retired.\n',
  });
  expect(await admin`select from encryption_keys where key_id = 'old'`).toHaveLength(0);
});

test('a key that is configured and was never used, or is retired, is nothing to retire', async () => {
  const ring = { ENCRYPTION_KEYS: `default:${KEY},next:${'b2'.repeat(32)}`, ENCRYPTION_KEY_ID: 'default' };
  const { stdout } = await run(['keys', 'status'], { DATABASE_URL: database.url, ...ring });
  expect(stdout).toMatch(/^next +[0-9a-f]{32} {2}0 data keys {2}unused$/m);
});

test('a tenant is shredded by somebody who means it', async () => {
  expect(await pawl(['tenants', 'shred', 'alder'])).toMatchObject({ status: 2 });
  expect(await pawl(['tenants', 'shred', 'birch', '--yes'])).toMatchObject({
    status: 1,
    stderr: 'tenant_not_found: There is no tenant "birch".\n',
  });
  expect(await pawl(['tenants', 'shred', 'alder', '--yes'])).toEqual({
    status: 0,
    stdout:
      '0 data keys of alder are deleted.\nconnections unreadable now: 0\nsources unreadable now: 0\nendpoint secrets unreadable now: 0\nsigning keys unreadable now: 0\n',
    stderr: '',
  });
});

test('data keys are rotated of all tenants or of one', async () => {
  const done = { status: 0, stdout: expect.stringMatching(/Done\.\n$/), stderr: '' };
  expect(await pawl(['keys', 'rotate', '--data'])).toEqual(done);
  expect(await pawl(['keys', 'rotate', '--data', '--tenant', 'alder'])).toEqual(done);
  expect(await pawl(['keys', 'rotate', '--tenant', 'alder'])).toMatchObject({ status: 2 });
  expect(await pawl(['keys', 'rotate', '--data', '--tenant', 'birch'])).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^tenant_not_found: /),
  });
});

test('a database without our tables is told, not a stack', async () => {
  const url = new URL(database.url);
  url.pathname = '/postgres';
  expect(await pawl(['tenants', 'list'], { DATABASE_URL: url.href })).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^not_migrated: .*\n$/),
  });
});

test('the audit is proven, and the first entry that was altered is named', async () => {
  const sealer = connect({ url: database.url, role: 'pawl_sealer', poolMax: 1, applicationName: 'test' });
  await sealEverything(sealer);
  await sealer.close();
  const whole = await pawl(['audit', 'verify', '--tenant', 'alder']);
  expect(whole).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^alder +whole {2}\d+ entries under \d+ seals/),
  });
  expect(whole.stderr).toContain('no checkpoints');
  const [row] =
    await admin`update event_log set actor = 'user:eve' where kind = 'tenant.created' returning id`;
  const changed = await pawl(['audit', 'verify', '--from', '2020-01-01']);
  expect(changed).toMatchObject({
    status: 1,
    stdout: expect.stringContaining(`CHANGED  entry 1: Entry ${row?.id} `),
  });
  const seed = {
    AUDIT_SIGNING_KEY: '5e'.repeat(32),
    AUDIT_ANCHOR: 's3://anchors/pawl',
    AWS_REGION: 'eu-west-1',
  };
  expect(await pawl(['audit', 'keys'], seed)).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^[0-9a-f]{16} {2}[0-9a-f]{64}\n$/),
  });
});
