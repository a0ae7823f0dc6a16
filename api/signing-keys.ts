// The key pair of a tenant on its way in: made when something is first signed by it, sealed at once, and never opened here.
import type { Context } from 'hono';
import type { ReservedSql } from '../db/client.ts';
import {
  dropUselessSigningKeys,
  holdSigningKeys,
  insertSigningKey,
  listSigningKeys,
  resignEndpoints,
  type SealedSigningKey,
  type SigningKeyRow,
} from '../db/statements/signing-keys.ts';
import type { Tenant } from '../db/tenants.ts';
import { keyIdOf } from '../vault/blob.ts';
import { bindingOfSigningKey, makeSigningKeyPair, publicJwkOf } from '../vault/signing-keys.ts';
import { auditOf } from './audit-entry.ts';
import type { ApiDeps, AppEnv } from './deps.ts';
import { holdKey } from './sealed-credentials.ts';

export interface SigningKeys {
  /** A new pair, sealed. Called before the transaction that stores it, as it may ask the key service. */
  make(tenant: Tenant): Promise<SealedSigningKey>;
  /** The first pair of the tenant, for `hold`; null when it has one that can sign. Called before the transaction. */
  prepare(tenant: Tenant): Promise<SealedSigningKey | null>;
  /**
   * In the transaction that has an endpoint signed by the key, before the endpoint is locked: stores what `prepare` gave,
   * and keeps the key from being replaced until the transaction ends.
   */
  hold(sql: ReservedSql, c: Context<AppEnv>, prepared: SealedSigningKey | null): Promise<void>;
}

export function createSigningKeys(deps: ApiDeps): SigningKeys {
  const { db, ids, encrypt } = deps;
  const log = auditOf(deps, 'signing_key');

  async function make(tenant: Tenant): Promise<SealedSigningKey> {
    const { publicKey, secret } = makeSigningKeyPair();
    const sealed = await encrypt({ secret }, bindingOfSigningKey({ tenantId: tenant.id }));
    return { id: ids.next(), publicKey, secret: sealed, keyId: keyIdOf(sealed) };
  }

  return {
    make,
    async prepare(tenant) {
      const of = { shard: tenant.shard, tenantId: tenant.id };
      const there = await db.once<SigningKeyRow[]>([tenant.id], (sql) => listSigningKeys(sql, of));
      return there.some(({ expiresAt, shredded }) => expiresAt === null && !shredded) ? null : make(tenant);
    },
    async hold(sql, c, prepared) {
      const { tenant } = c.var;
      const of = { shard: tenant.shard, tenantId: tenant.id };
      if (prepared) {
        await holdKey(deps, sql, tenant, prepared.keyId);
        await dropUselessSigningKeys(sql, of);
        const [made] = await insertSigningKey(sql, of, prepared);
        if (made) {
          await resignEndpoints(sql, of);
          await log(sql, c, made.id, 'created', { kid: publicJwkOf(made.publicKey).kid });
        }
      }
      await holdSigningKeys(sql, of);
    },
  };
}
