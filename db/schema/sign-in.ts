// Who can sign in, kept by better-auth: its field names, our column names. A user may belong to several tenants, so these
// are not a tenant's rows: no shard leads them. Role `pawl_auth` alone sees all of them; what `pawl_api` sees of members
// and invitations is what the tenants of its transaction own. An organisation of better-auth is a row of `tenants`.
import { sql } from 'drizzle-orm';
import { boolean, index, pgTable, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core';
import { createdAt, moment } from './columns.ts';
import { tenants } from './tenants.ts';

const id = () => uuid().primaryKey().default(sql`gen_random_uuid()`);
const updatedAt = () => timestamp({ withTimezone: true }).notNull().defaultNow();
const userId = () =>
  uuid()
    .notNull()
    .references(() => authUsers.id, { onDelete: 'cascade' });
const organizationId = () =>
  uuid()
    .notNull()
    .references(() => tenants.id, { onDelete: 'cascade' });

export const authUsers = pgTable('auth_users', {
  id: id(),
  name: text().notNull(),
  /** Lower case. */
  email: text().notNull().unique('auth_users_email_once'),
  emailVerified: boolean().notNull().default(false),
  image: text(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
});

export const authSessions = pgTable(
  'auth_sessions',
  {
    id: id(),
    userId: userId(),
    /** Worth nothing without the signature that the cookie carries beside it. */
    token: text().notNull().unique('auth_sessions_token_once'),
    expiresAt: timestamp({ withTimezone: true }).notNull(),
    ipAddress: text(),
    userAgent: text(),
    activeOrganizationId: uuid(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [index('auth_sessions_of_user').on(t.userId)],
);

/** A way to sign in: a password (hashed by scrypt), or an account at an identity provider. */
export const authAccounts = pgTable(
  'auth_accounts',
  {
    id: id(),
    userId: userId(),
    accountId: text().notNull(),
    providerId: text().notNull(),
    accessToken: text(),
    refreshToken: text(),
    idToken: text(),
    accessTokenExpiresAt: moment(),
    refreshTokenExpiresAt: moment(),
    scope: text(),
    password: text(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [
    index('auth_accounts_of_user').on(t.userId),
    unique('auth_accounts_once').on(t.providerId, t.accountId),
  ],
);

/** What was handed out and is to come back once: the state of a sign-in at an identity provider. */
export const authVerifications = pgTable(
  'auth_verifications',
  {
    id: id(),
    identifier: text().notNull(),
    value: text().notNull(),
    expiresAt: timestamp({ withTimezone: true }).notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (t) => [index('auth_verifications_by_identifier').on(t.identifier)],
);

export const authMembers = pgTable(
  'auth_members',
  {
    id: id(),
    organizationId: organizationId(),
    userId: userId(),
    /** better-auth's own; always `member`. What a member may do is said by role_assignments alone. */
    role: text().notNull().default('member'),
    createdAt: createdAt(),
  },
  (t) => [
    unique('auth_members_once').on(t.organizationId, t.userId),
    index('auth_members_of_user').on(t.userId),
  ],
);

export const authInvitations = pgTable(
  'auth_invitations',
  {
    /** What the invited person proves to be invited with: a secret. `pawl_api` writes it and cannot read it. */
    id: id(),
    /** What the invitation is called in lists. */
    publicId: uuid().notNull().unique('auth_invitations_public_id_once').default(sql`gen_random_uuid()`),
    organizationId: organizationId(),
    /** Lower case. */
    email: text().notNull(),
    /** better-auth's own; always `member`. */
    role: text().notNull().default('member'),
    /** The roles in the organisation that accepting brings, separated by commas. */
    roles: text().notNull().default(''),
    status: text().notNull().default('pending').$type<'pending' | 'accepted' | 'rejected' | 'canceled'>(),
    expiresAt: timestamp({ withTimezone: true }).notNull(),
    createdAt: createdAt(),
    /** better-auth's own: null, as keys invite too. `invitedBy` is the actor. */
    inviterId: uuid(),
    invitedBy: text().notNull(),
  },
  (t) => [
    index('auth_invitations_of_organization').on(t.organizationId, t.publicId),
    index('auth_invitations_by_email').on(t.email),
  ],
);
