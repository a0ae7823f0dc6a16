// Credentials on their way in: checked by their provider, their address judged, then encrypted for exactly one place.
import type { ReservedSql } from '../db/client.ts';
import type { SealedCredentials } from '../db/statements/connections.ts';
import { holdTenantKey } from '../db/tenant-keys.ts';
import type { Tenant } from '../db/tenants.ts';
import { type Policy, parseTarget } from '../egress/address-rules.ts';
import { PawlError, type Problem } from '../engine/errors.ts';
import type { JsonObject } from '../engine/json.ts';
import { allowedOrigins, getProvider, validateCredentials } from '../integrations/catalogue.ts';
import { maskedFields } from '../integrations/credential-fields.ts';
import { keyIdOf } from '../vault/blob.ts';
import type { ApiDeps } from './deps.ts';

/**
 * May ask the database or the key service, so it is called before the transaction that stores what it gives; in that
 * transaction, `holdKey` comes first.
 * @throws PawlError InvalidInput `invalid_connection` with every problem (`unknown_provider`, `missing_field`,
 *   `unknown_field`, `invalid_field`, `address_not_allowed`); none repeats a value
 */
export async function sealCredentials(
  { encrypt, egressPolicy }: Pick<ApiDeps, 'encrypt' | 'egressPolicy'>,
  of: { tenantId: string; connectionId: string; provider: string },
  credentials: JsonObject,
): Promise<SealedCredentials> {
  const provider = getProvider(of.provider);
  const origins = allowedOrigins(of.provider, credentials);
  if (provider === undefined || origins === null) {
    throw refusal(validateCredentials(of.provider, credentials));
  }
  const problems = addressProblems(credentials, origins, egressPolicy);
  if (problems.length > 0) throw refusal(problems);
  const [allowedOrigin] = origins;
  const sealed = await encrypt(credentials, { ...of, allowedOrigin });
  return {
    credentials: sealed,
    keyId: keyIdOf(sealed),
    allowedOrigin,
    fields: maskedFields(provider, credentials),
  };
}

/**
 * Keeps the key that a secret was sealed under until the running transaction has stored it.
 * @throws PawlError Unavailable `tenant_key_changed`: it was replaced or shredded a moment ago
 */
export async function holdKey(
  { forgetKeys }: Pick<ApiDeps, 'forgetKeys'>,
  sql: ReservedSql,
  { id: tenantId, shard }: Tenant,
  keyId: string,
): Promise<void> {
  if (await holdTenantKey(sql, { shard, tenantId }, keyId)) return;
  forgetKeys(tenantId);
  const message = 'The keys of the tenant were changed at this moment. Try again.';
  throw new PawlError('Unavailable', 'tenant_key_changed', message);
}

/** Every credential that is a URL, and every origin the provider derives from them, must pass the address rules. */
function addressProblems(credentials: JsonObject, origins: readonly string[], policy: Policy): Problem[] {
  const problems: Problem[] = [];
  const judged = new Set<string>();
  for (const [name, value] of Object.entries(credentials)) {
    if (typeof value !== 'string' || !/^https?:/i.test(value)) continue;
    const origin = URL.parse(value)?.origin;
    if (origin === undefined || !origins.includes(origin)) continue;
    judged.add(origin);
    const target = parseTarget(value, policy);
    if (!target.ok) problems.push(notAllowed(`/credentials/${name}`, target.message));
  }
  for (const origin of origins) {
    const target = judged.has(origin) ? null : parseTarget(origin, policy);
    if (target !== null && !target.ok) problems.push(notAllowed('/credentials', target.message));
  }
  return problems;
}

function notAllowed(pointer: string, message: string): Problem {
  return { pointer, code: 'address_not_allowed', message, severity: 'error' };
}

function refusal(problems: readonly Problem[]): PawlError {
  const message = 'The connection cannot be saved like this.';
  return new PawlError('InvalidInput', 'invalid_connection', message, { problems });
}
