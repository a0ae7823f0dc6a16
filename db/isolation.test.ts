import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../test/postgres.testkit.ts';
import { isDistributed } from './is-distributed.ts';

const ROLES = ['pawl_api', 'pawl_worker', 'pawl_operator'] as const;
type Role = (typeof ROLES)[number];

/** What tells a worker for whom there is work: it sees these of all tenants. */
const SEEN_BY_WORKERS = [
  'closed_periods',
  'connection_tests',
  'dispatch_queue',
  'inbound_queue',
  'late_facts',
  'metering_exports',
  'metering_quotas',
  'source_gaps',
  'timers',
  'usage_rollups',
  'utility_ledger',
];
/** Of which it also sees, and forgets, what is older than a day. */
const FORGOTTEN_BY_WORKERS = ['idempotency_keys'];
const APPEND_ONLY = ['event_log', 'event_log_seals', 'event_log_checkpoints', 'utility_ledger'];
/** What the sealer reads of all tenants, and what it writes. */
const SEEN_BY_THE_SEALER = [
  'event_log',
  'event_log_checkpoints',
  'event_log_seals',
  'event_log_verifications',
];

const A = '01900000-0000-7000-8000-00000000000a';
const B = '01900000-0000-7000-8000-00000000000b';

const UNDEFINED_SETTING = '42704';
const NOT_A_LIST = '22P02';
const REFUSED = '42501';

let database: TestDatabase;
let sql: Sql;
/** Tables with a `tenant_id`, without their partitions. */
let tables: string[];
let partitions: string[];
let distributed: boolean;

beforeAll(async () => {
  database = await createDatabase();
  sql = postgres(database.url, { max: 2, onnotice: () => {} });
  distributed = await isDistributed(sql);
  const rows = await sql<{ name: string; partition: boolean }[]>`
    select c.relname as name, c.relispartition as partition
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    order by c.relname`;
  tables = rows.filter(({ partition }) => !partition).map(({ name }) => name);
  partitions = rows.filter(({ partition }) => partition).map(({ name }) => name);
  for (const table of tables) for (const tenant of [A, B]) await insertAnyRow(table, tenant);
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

describe('the catalogue', () => {
  test('knows the tables of the design as tenant-owned', () => {
    expect(tables).toEqual(
      expect.arrayContaining([
        'action_runs',
        'connections',
        'event_log',
        'jobs',
        'utility_ledger',
        'workflows',
      ]),
    );
    expect(partitions).toContain('event_log_rest');
    expect(partitions.length).toBeGreaterThan(1);
  });

  test('has row level security enabled and forced on every table of a tenant, partitions too', async () => {
    const open = await sql`
      select relname from pg_class
      where relnamespace = 'public'::regnamespace and relname = any (${[...tables, ...partitions, 'tenants']})
        and not (relrowsecurity and relforcerowsecurity)`;
    expect(open.map(({ relname }) => relname)).toEqual([]);
  });

  test('has a policy for each role on every table of a tenant, and none on a partition', async () => {
    const policies = await sql<{ tablename: string; roles: string[] }[]>`
      select tablename, array_agg(distinct r.role)::text[] as roles
      from pg_policies, unnest(roles) as r(role) where schemaname = 'public' group by tablename`;
    const byTable = new Map(policies.map(({ tablename, roles }) => [tablename, roles]));
    for (const table of tables) {
      const sealer = SEEN_BY_THE_SEALER.includes(table) ? ['pawl_sealer'] : [];
      expect(byTable.get(table), table).toEqual([...ROLES, 'pawl_mover', ...sealer].sort());
    }
    for (const partition of partitions) expect(byTable.has(partition), partition).toBe(false);
  });

  test('keeps tenants apart in every policy but those that tell workers where there is work', async () => {
    const open = await sql`
      select distinct tablename, roles::text[] as roles, coalesce(qual ~ 'created_at <', false) as old_only from pg_policies
      where schemaname = 'public' and tablename = any (${tables})
        and (coalesce(qual, '') !~ 'tenant_id = ANY' or coalesce(with_check, '') !~ 'tenant_id = ANY')
        and roles::text[] <> array['pawl_operator'] and roles::text[] <> array['pawl_sealer']
        and roles::text[] <> array['pawl_mover']
      order by tablename`;
    const everywhere = open.filter(({ old_only: oldOnly }) => !oldOnly);
    expect(everywhere.map(({ tablename, roles }) => [tablename, ...roles])).toEqual(
      SEEN_BY_WORKERS.map((table) => [table, 'pawl_worker']),
    );
    const once = open.filter(({ old_only: oldOnly }) => oldOnly);
    expect(once.map(({ tablename, roles }) => [tablename, ...roles])).toEqual(
      FORGOTTEN_BY_WORKERS.map((table) => [table, 'pawl_worker']),
    );
  });

  test('leads every primary key with the shard and the tenant', async () => {
    // That of action_runs is the key of each of its partitions, as it does not hold what they are partitioned by.
    const keys = await sql`
      select coalesce(i.inhparent, c.conrelid)::regclass::text as name,
        array(select a.attname::text from unnest(c.conkey) with ordinality k(n, o)
          join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.n order by k.o) as columns
      from pg_constraint c left join pg_inherits i on i.inhrelid = c.conrelid
      where c.contype = 'p' and c.conrelid::regclass::text = any (${[...tables, ...partitions]})`;
    expect([...new Set(keys.map(({ name }) => name))].sort()).toEqual(tables);
    expect(keys).toHaveLength(tables.length - 1 + partitions.length);
    for (const { name, columns } of keys) expect(columns.slice(0, 2), name).toEqual(['shard', 'tenant_id']);
  });

  test('has the shard in every unique and every foreign key of a tenant', async () => {
    const without = await sql`
      select c.conname from pg_constraint c
      where c.contype in ('u', 'f') and c.conrelid::regclass::text = any (${tables})
        and not exists (
          select from pg_attribute a
          where a.attrelid = c.conrelid and a.attnum = any (c.conkey) and a.attname = 'shard')`;
    expect(without.map(({ conname }) => conname)).toEqual([]);
    const unique = await sql`
      select i.indexrelid::regclass::text as name from pg_index i
      where i.indisunique and i.indrelid::regclass::text = any (${tables})
        and (select a.attname from pg_attribute a where a.attrelid = i.indrelid and a.attnum = i.indkey[0]) <> 'shard'`;
    expect(unique.map(({ name }) => name)).toEqual([]);
  });

  test('has no trigger of ours on a table of a tenant', async () => {
    const triggers = await sql`
      select tgname from pg_trigger
      where not tgisinternal and tgrelid::regclass::text = any (${[...tables, ...partitions]})`;
    expect(triggers).toHaveLength(0);
  });

  test('lets no role of the application go round row level security or own a table', async () => {
    const roles = await sql`select rolname, rolsuper, rolbypassrls, rolcanlogin from pg_roles
      where rolname = any (${[...ROLES]}) order by rolname`;
    expect(roles.map((role) => ({ ...role }))).toEqual(
      [...ROLES].sort().map((rolname) => ({
        rolname,
        rolsuper: false,
        rolbypassrls: false,
        // Citus goes on to its servers as them.
        rolcanlogin: distributed,
      })),
    );
    const owned = await sql`
      select relname from pg_class
      where relnamespace = 'public'::regnamespace and relowner::regrole::text = any (${[...ROLES]})`;
    expect(owned).toHaveLength(0);
  });
});

describe.each(ROLES)('as %s', (role) => {
  test('append-only tables refuse update, delete and truncate', async () => {
    for (const table of [...APPEND_ONLY, ...partitions]) {
      for (const change of [
        `update ${table} set tenant_id = tenant_id`,
        `delete from ${table}`,
        `truncate ${table}`,
      ]) {
        expect(await attempt(role, [A], change), change).toEqual({ refused: REFUSED });
      }
    }
    expect(await attempt(role, [A], `update workflow_versions set definition = '{}'`)).toEqual({
      refused: REFUSED,
    });
  });

  test('no table can be truncated', async () => {
    for (const table of tables) {
      expect(await attempt(role, [A], `truncate ${table} cascade`), table).toEqual({ refused: REFUSED });
    }
  });

  test('no partition can be read past its table', async () => {
    for (const partition of partitions) {
      const read = await attempt(role, [A], `select from ${partition}`);
      // The operator may read it, and sees nothing: there is no policy on it.
      expect([{ refused: REFUSED }, { rows: 0 }], partition).toContainEqual(read);
    }
  });
});

describe.each(['pawl_api', 'pawl_worker'] as const)('as %s', (role) => {
  const shown = () => tables.filter((table) => role === 'pawl_api' || !SEEN_BY_WORKERS.includes(table));

  test('an unset tenant is an error, not an empty answer', async () => {
    for (const table of shown()) {
      const fresh = await attempt(role, null, `select from ${table}`);
      expect([UNDEFINED_SETTING, REFUSED], table).toContain(fresh.refused);
    }
    expect(await attempt('pawl_api', null, 'select from jobs')).toEqual({ refused: UNDEFINED_SETTING });
  });

  test('a tenant that an earlier transaction named is forgotten', async () => {
    const lane = postgres(database.url, { max: 1, onnotice: () => {}, connection: { role } });
    try {
      await lane.begin(async (tx) => {
        await tx.unsafe(`set local pawl.tenant_ids = '{${A}}'`);
        expect(await tx`select from jobs`).toHaveLength(1);
      });
      await expect(lane`select from jobs`).rejects.toMatchObject({ code: NOT_A_LIST });
    } finally {
      await lane.end();
    }
  });

  test("a transaction of tenant A reads A's rows alone", async () => {
    for (const table of shown()) {
      const seen = await attempt(role, [A], `select tenant_id from ${table}`);
      expect([{ rows: 1 }, { refused: REFUSED }], table).toContainEqual(seen);
      const others = await attempt(role, [A], `select from ${table} where tenant_id = '${B}'`);
      expect([{ rows: 0 }, { refused: REFUSED }], table).toContainEqual(others);
    }
    expect(await attempt(role, [A], 'select from jobs')).toEqual({ rows: 1 });
    expect(await attempt(role, [A, B], 'select from jobs')).toEqual({ rows: 2 });
  });

  test("a transaction of tenant A writes to no row of B's", async () => {
    for (const table of shown()) {
      const columns = await updatable(role, table);
      const setting = columns.map((column) => `${column} = ${column}`).join(', ');
      if (setting !== '') {
        const changed = await attempt(role, [A], `update ${table} set ${setting} where tenant_id = '${B}'`);
        expect(changed, table).toEqual({ rows: 0 });
      }
      const gone = await attempt(role, [A], `delete from ${table} where tenant_id = '${B}'`);
      expect([{ rows: 0 }, { refused: REFUSED }], table).toContainEqual(gone);
    }
  });

  test("a transaction of tenant A makes no row of B's, new or out of its own", async () => {
    for (const table of shown()) {
      const insert = await anyInsert(table, B);
      expect(await attempt(role, [A], insert), table).toEqual({ refused: REFUSED });
      if ((await updatable(role, table)).includes('tenant_id')) {
        const moved = await attempt(role, [A], `update ${table} set tenant_id = '${B}'`);
        expect(moved, table).toEqual({ refused: REFUSED });
      }
    }
  });
});

test('as pawl_api only the tenant itself is seen among the tenants', async () => {
  await sql`
    insert into tenants (id, shard, name, slug) values (${A}, 1, 'A', 'a'), (${B}, 1, 'B', 'b')
    on conflict do nothing`;
  expect(await attempt('pawl_api', [A], 'select from tenants')).toEqual({ rows: 1 });
  expect(await attempt('pawl_api', null, 'select from tenants')).toEqual({ refused: UNDEFINED_SETTING });
});

/** What better-auth keeps of people, who may be in several tenants: no tenant owns these, and no shard leads them. */
const SIGN_IN_TABLES = [
  'auth_accounts',
  'auth_invitations',
  'auth_members',
  'auth_sessions',
  'auth_users',
  'auth_verifications',
];
/** Tables that belong to nobody: whose a source is, master keys and their rotation, how far the log is sealed and kept, the
 * workers, moves of tenants, and what was migrated. */
const OF_NOBODY = [
  'data_key_rotations',
  'encryption_keys',
  'event_log_drops',
  'event_log_sealers',
  'housekeeping',
  'metering_progress',
  'metering_settled',
  'pawl_migrations',
  'shards',
  'source_addresses',
  'tenant_moves',
  'tenants',
  'workers',
];

test('every table is a tenant’s, or sign-in’s, or one of the few that are nobody’s', async () => {
  const all = await sql`
    select relname from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition order by relname`;
  expect(all.map(({ relname }) => relname)).toEqual([...tables, ...SIGN_IN_TABLES, ...OF_NOBODY].sort());
});

describe('of what sign-in keeps', () => {
  const [ada, bob] = ['01900000-0000-7000-8000-0000000000ad', '01900000-0000-7000-8000-0000000000b0'];

  beforeAll(async () => {
    await sql`
      insert into tenants (id, shard, name, slug) values (${A}, 1, 'A', 'a'), (${B}, 1, 'B', 'b')
      on conflict do nothing`;
    await sql`
      insert into auth_users (id, name, email) values (${ada}, 'Ada', 'ada@a'), (${bob}, 'Bob', 'bob@b')`;
    await sql`insert into auth_members (organization_id, user_id) values (${A}, ${ada}), (${B}, ${bob})`;
    await sql`
      insert into auth_invitations (organization_id, email, invited_by, expires_at)
      values (${A}, 'x@a', 'x', now()), (${B}, 'y@b', 'y', now())`;
    for (const user of [ada, bob]) {
      await sql`insert into auth_sessions (user_id, token, expires_at) values (${user}, ${user}, now())`;
      await sql`insert into auth_accounts (user_id, account_id, provider_id) values (${user}, ${user}, 'credential')`;
      await sql`insert into auth_verifications (identifier, value, expires_at) values (${user}, 'x', now())`;
    }
  });

  test('row level security is enabled and forced, and has no policies but those of its role and of the API', async () => {
    const open = await sql`
      select relname from pg_class
      where relname = any (${SIGN_IN_TABLES}) and not (relrowsecurity and relforcerowsecurity)`;
    expect(open).toHaveLength(0);
    const policies = await sql`
      select tablename, array_agg(distinct r.role order by r.role)::text[] as roles
      from pg_policies, unnest(roles) as r(role) where tablename = any (${SIGN_IN_TABLES})
      group by tablename order by tablename`;
    expect(Object.fromEntries(policies.map(({ tablename, roles }) => [tablename, roles]))).toEqual({
      auth_accounts: ['pawl_auth'],
      auth_invitations: ['pawl_api', 'pawl_auth'],
      auth_members: ['pawl_api', 'pawl_auth'],
      auth_sessions: ['pawl_auth'],
      auth_users: ['pawl_api', 'pawl_auth'],
      auth_verifications: ['pawl_auth'],
    });
  });

  test('the API sees the members and invitations of the tenant it named, and no others', async () => {
    for (const seen of [
      'select organization_id from auth_members',
      'select email from auth_invitations',
      'select email from auth_users',
    ]) {
      expect(await attempt('pawl_api', [A], seen), seen).toEqual({ rows: 1 });
      expect(await attempt('pawl_api', [A, B], seen), seen).toEqual({ rows: 2 });
      expect(await attempt('pawl_api', null, seen), seen).toEqual({ refused: UNDEFINED_SETTING });
    }
    const theirs = [
      `delete from auth_members where organization_id = '${B}'`,
      `update auth_invitations set status = 'canceled' where organization_id = '${B}'`,
    ];
    for (const change of theirs) expect(await attempt('pawl_api', [A], change), change).toEqual({ rows: 0 });
    const forged = `insert into auth_invitations (organization_id, email, invited_by, expires_at)
      values ('${B}', 'z@b', 'z', now())`;
    expect(await attempt('pawl_api', [A], forged)).toEqual({ refused: REFUSED });
  });

  test('the API reads no session, no password, no token of an invitation, and makes nobody a member of what is there', async () => {
    for (const statement of [
      'select from auth_sessions',
      'select from auth_accounts',
      'select from auth_verifications',
      'select id from auth_invitations',
      'select * from auth_users',
      `insert into auth_members (organization_id, user_id) values ('${A}', '${bob}')`,
      `update auth_users set email = 'eve@a'`,
      `update auth_invitations set email = 'eve@a', roles = 'Owner'`,
    ]) {
      expect(await attempt('pawl_api', [A], statement), statement).toEqual({ refused: REFUSED });
    }
  });

  test('workers and the operator see nothing', async () => {
    for (const role of ['pawl_worker', 'pawl_operator'] as const) {
      for (const table of SIGN_IN_TABLES) {
        expect(await attempt(role, [A], `select from ${table}`), table).toEqual({ refused: REFUSED });
      }
    }
  });

  test('its own role sees nothing else but which tenants there are', async () => {
    for (const table of [...tables, ...partitions, 'encryption_keys', 'workers', 'pawl_migrations']) {
      expect(await attempt('pawl_auth', [A], `select from ${table}`), table).toEqual({ refused: REFUSED });
    }
    const [role] = await sql`
      select rolsuper, rolbypassrls, rolcanlogin from pg_roles where rolname = 'pawl_auth'`;
    expect(role).toEqual({ rolsuper: false, rolbypassrls: false, rolcanlogin: false });
    for (const change of ["update tenants set name = 'x'", 'delete from tenants']) {
      expect(await attempt('pawl_auth', null, change)).toEqual({ refused: REFUSED });
    }
  });
});

test('as pawl_api whose a source is may be asked without a tenant, and is said or forgotten for the own tenant only', async () => {
  await sql`insert into source_addresses (id, shard, owner_id) values (${A}, 1, ${A}), (${B}, 1, ${B})`;
  const ask = 'select from source_addresses';
  expect(await attempt('pawl_api', null, ask)).toEqual({ rows: 2 });
  expect(await attempt('pawl_worker', [A], ask)).toEqual({ refused: REFUSED });
  const insert = `insert into source_addresses (id, shard, owner_id) values (gen_random_uuid(), 1, '${B}')`;
  expect(await attempt('pawl_api', [A], insert)).toEqual({ refused: REFUSED });
  expect(await attempt('pawl_api', [A], 'delete from source_addresses')).toEqual({ rows: 1 });
  expect(await attempt('pawl_api', [A], 'update source_addresses set owner_id = owner_id')).toEqual({
    refused: REFUSED,
  });
});

test('as pawl_worker the ledger of all tenants can be read, and a row of another tenant cannot be written', async () => {
  expect(await attempt('pawl_worker', [A], 'select from utility_ledger')).toEqual({ rows: 2 });
  const forged = await anyInsert('utility_ledger', B);
  expect(await attempt('pawl_worker', [A], forged)).toEqual({ refused: REFUSED });
});

describe('the sealer', () => {
  test('reads the log and writes its seals, and nothing else', async () => {
    expect(await attempt('pawl_sealer', null, 'select from event_log')).toEqual({ rows: 2 });
    for (const table of [...tables, ...SIGN_IN_TABLES].filter((name) => !SEEN_BY_THE_SEALER.includes(name))) {
      expect(await attempt('pawl_sealer', null, `select from ${table}`), table).toEqual({ refused: REFUSED });
    }
    for (const change of [
      await anyInsert('event_log', A),
      'update event_log set tenant_id = tenant_id',
      'update event_log_seals set tenant_id = tenant_id',
      'delete from event_log_seals',
      'delete from event_log_checkpoints',
      'delete from event_log_drops',
      `update tenants set name = 'x'`,
    ]) {
      expect(await attempt('pawl_sealer', [A], change), change).toEqual({ refused: REFUSED });
    }
  });

  test('is what a worker may become, who inherits nothing of it', async () => {
    expect(await attempt('pawl_worker', [A], await anyInsert('event_log_seals', A))).toEqual({
      refused: REFUSED,
    });
    const [worker] = await sql`
      select pg_has_role('pawl_worker', 'pawl_sealer', 'member') as member, pg_has_role('pawl_worker', 'pawl_sealer', 'usage') as usage,
        pg_has_role('pawl_api', 'pawl_sealer', 'member') as api`;
    expect(worker).toEqual({ member: true, usage: false, api: false });
  });

  test('nobody else seals, and nobody says where his own entry stands', async () => {
    for (const role of ROLES) {
      expect(await attempt(role, [A], await anyInsert('event_log_seals', A)), role).toEqual({
        refused: REFUSED,
      });
      expect(await attempt(role, [A], 'update event_log_sealers set sealed_to = 0'), role).toEqual({
        refused: REFUSED,
      });
      const insert = (await anyInsert('event_log', A))
        .replace(') values (', ', position) values (')
        .replace(/\)$/, ', 1)');
      // The coordinator of Citus says it for them, in the statement it passes on.
      if (!distributed) expect(await attempt(role, [A], insert), role).toEqual({ refused: REFUSED });
    }
  });
});

test('as pawl_worker the secret of a source cannot be read', async () => {
  expect(await attempt('pawl_worker', [A], 'select name from sources')).toEqual({ rows: 1 });
  for (const column of ['secret', 'previous_secret']) {
    expect(await attempt('pawl_worker', [A], `select ${column} from sources`)).toEqual({ refused: REFUSED });
  }
});

/** Runs one statement in a transaction that is rolled back. */
async function attempt(
  role: Role | 'pawl_auth' | 'pawl_sealer',
  tenantIds: readonly string[] | null,
  statement: string,
): Promise<{ rows?: number; refused?: string }> {
  // A session of its own: in it no tenant was ever named.
  const lane = postgres(database.url, { max: 1, onnotice: () => {}, connection: { role } });
  const undo = Symbol('undo');
  let rows = 0;
  try {
    await lane.begin(async (tx) => {
      // In words that go on to the servers of Citus.
      if (tenantIds) await tx.unsafe(`set local pawl.tenant_ids = '{${tenantIds.join(',')}}'`);
      rows = (await tx.unsafe(statement)).count;
      throw undo;
    });
    return { rows };
  } catch (error) {
    if (error === undo) return { rows };
    return { refused: String((error as { code?: string }).code) };
  } finally {
    await lane.end();
  }
}

async function updatable(role: Role, table: string): Promise<string[]> {
  const columns = await sql`
    select attname from pg_attribute
    where attrelid = ${table}::regclass and attnum > 0 and not attisdropped
      and has_column_privilege(${role}, attrelid, attnum, 'update')`;
  return columns.map(({ attname }) => attname);
}

const SAMPLES: Record<string, string> = {
  uuid: 'gen_random_uuid()',
  text: "'x'",
  json: "'{}'",
  jsonb: "'{}'",
  bytea: "'x'",
  smallint: '1',
  integer: '1',
  bigint: '1',
  boolean: 'false',
  'timestamp with time zone': 'now()',
};

/** An insert that satisfies every column; what refers to other rows is only checked after privileges and policies. */
async function anyInsert(table: string, tenantId: string): Promise<string> {
  const columns = await sql<{ name: string; type: string }[]>`
    select attname as name, format_type(atttypid, null) as type from pg_attribute
    where attrelid = ${table}::regclass and attnum > 0 and not attisdropped and attnotnull and not atthasdef`;
  const values = columns.map(({ name, type }) => {
    if (name === 'tenant_id') return `'${tenantId}'`;
    const sample = SAMPLES[type];
    if (sample === undefined) throw new Error(`${table}.${name}: no sample of ${type}; add one here`);
    return sample;
  });
  return `insert into ${table} (${columns.map(({ name }) => name).join(', ')}) values (${values.join(', ')})`;
}

async function insertAnyRow(table: string, tenantId: string): Promise<void> {
  const insert = await anyInsert(table, tenantId);
  await sql.begin(async (tx) => {
    // Rows that refer to none: this is about who sees them.
    await tx`set local session_replication_role = replica`;
    await tx.unsafe(insert);
  });
}
