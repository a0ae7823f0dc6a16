// Where better-auth keeps users, sessions, members and invitations: its drizzle adapter on our tables and our lines, as role
// `pawl_auth`.
import { type DB, drizzleAdapter } from 'better-auth/adapters/drizzle';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres, { type ReservedSql } from 'postgres';
import { createLines, type Lines } from './lines.ts';
import {
  authAccounts,
  authInvitations,
  authMembers,
  authSessions,
  authUsers,
  authVerifications,
} from './schema/sign-in.ts';
import { tenants } from './schema/tenants.ts';
import {
  findMemberships,
  findOpenInvitation,
  findUserId,
  findWhetherNew,
  type OpenInvitation,
  replacePassword,
} from './statements/users.ts';
import type { Tenant } from './tenants.ts';

export interface SignInStore {
  /** What `betterAuth({ database })` takes. */
  readonly adapter: ReturnType<typeof drizzleAdapter>;
  /** The tenants a user is a member of, by slug. */
  tenantsOf(userId: string): Promise<Tenant[]>;
  /** @param email in any case */
  findUserId(email: string): Promise<string | null>;
  /** Whether nobody is a member of anything yet. */
  isNew(): Promise<boolean>;
  /** @param token a UUID @returns null for one that is worth nothing (any more) */
  openInvitation(token: string): Promise<OpenInvitation | null>;
  /**
   * Replaces the password and ends all sessions of who has one under `email`, in any case.
   * @param hash as better-auth makes it
   * @returns the user's id, or null when nobody has
   */
  setPassword(email: string, hash: string): Promise<string | null>;
  close(): Promise<void>;
}

/** By the names that better-auth gives its models. */
const MODELS = {
  user: authUsers,
  session: authSessions,
  account: authAccounts,
  verification: authVerifications,
  organization: tenants,
  member: authMembers,
  invitation: authInvitations,
};

/** Milliseconds. These are lookups by a key; nothing here takes a second. */
const LONGEST_STATEMENT_MS = 10_000;

export function openSignInStore({ url, poolMax }: { url: string; poolMax: number }): SignInStore {
  const lines = createLines(url, poolMax, null, {
    transform: { column: { from: postgres.toCamel } },
    onnotice: () => {},
    connection: {
      role: 'pawl_auth',
      application_name: 'pawl sign-in',
      statement_timeout: LONGEST_STATEMENT_MS,
      idle_in_transaction_session_timeout: LONGEST_STATEMENT_MS,
    },
    // Seconds; see client.ts.
    keep_alive: 20,
    connect_timeout: 10,
  });
  const db = drizzle(clientOver(lines) as never, { schema: MODELS, casing: 'snake_case' });
  return {
    // The adapter's type knows no driver.
    adapter: drizzleAdapter(db as unknown as DB, { provider: 'pg', schema: MODELS, transaction: true }),
    tenantsOf: async (userId) => [...(await findMemberships(lines.sql, userId))],
    async findUserId(email) {
      const [user] = await findUserId(lines.sql, email.toLowerCase());
      return user?.id ?? null;
    },
    async isNew() {
      const [found] = await findWhetherNew(lines.sql);
      return found?.isNew === true;
    },
    async openInvitation(token) {
      const [found] = await findOpenInvitation(lines.sql, token);
      return found ?? null;
    },
    async setPassword(email, hash) {
      const [user] = await replacePassword(lines.sql, { email: email.toLowerCase(), hash });
      return user?.id ?? null;
    },
    close: lines.close,
  };
}

/** As much of a driver's client as drizzle uses: statements by themselves, and transactions. */
function clientOver(lines: Lines) {
  return {
    // drizzle writes its own readers of times here; it understands what the driver's give as well.
    options: { parsers: {}, serializers: {} },
    unsafe(text: string, values: never[]) {
      const rows = () => lines.alone((sql) => sql.unsafe(text, values));
      return {
        values: () => lines.alone((sql) => sql.unsafe(text, values).values()),
        // A statement leaves when it is awaited, as the driver's do.
        then: (...hear: Parameters<Promise<unknown>['then']>) => rows().then(...hear),
      };
    },
    async begin<T>(run: (sql: ReservedSql) => Promise<T>): Promise<T> {
      const line = await lines.take();
      try {
        await line.begin();
        const result = await run(line.sql);
        await line.sql`commit`;
        line.release();
        return result;
      } catch (error) {
        await line.sql`rollback`.then(line.release, line.discard);
        throw error;
      }
    },
  };
}
