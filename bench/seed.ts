// What the benchmarks run on: tenants with an API key and a connection to the receiver, and the machine they all use,
// which goes to and fro between two states. Written by the statements the API uses.
import { createHash } from 'node:crypto';
import { v7 } from 'uuid';
import { createApiKey } from '../api/auth/create-api-key.ts';
import { connect, type Database } from '../db/client.ts';
import { createTenant, SHARDS_OF_ONE_SERVER } from '../db/operator.ts';
import { type ConnectionRow, insertConnection } from '../db/statements/connections.ts';
import { insertSource } from '../db/statements/sources.ts';
import { insertVersion, insertWorkflow, publishVersion } from '../db/statements/workflows.ts';
import { createTenantKeyStore } from '../db/tenant-keys.ts';
import { createTenants, type Tenant } from '../db/tenants.ts';
import type { Action, Definition } from '../engine/definition.ts';
import type { JsonObject } from '../engine/json.ts';
import { keyIdOf } from '../vault/blob.ts';
import { createDataKeys } from '../vault/data-keys.ts';
import { createEncrypter, type Encrypt } from '../vault/encrypt.ts';
import type { KeyRing } from '../vault/key-ring.ts';
import { createMasterKeys } from '../vault/master-keys.ts';
import { bindingOfSource, sealable } from '../vault/source-secrets.ts';

export interface SeededTenant {
  tenant: Tenant;
  apiKey: string;
  connectionId: string;
  /** Name of its published workflow. */
  workflow: string;
}

export interface Seed {
  databaseUrl: string;
  keyRing: KeyRing;
  receiverUrl: string;
  tenants: number;
  definition(connectionId: string): Definition;
}

/** Of the Authorization header that every webhook carries; the peers send the same. */
export const RECEIVER_AUTHORIZATION = 'Bearer 5e0b6c1f4c7d4f0a9d3a8e2b71c64f98';
export const WORKFLOW = 'ping-pong';

export async function seed({
  databaseUrl,
  keyRing,
  receiverUrl,
  definition,
  tenants,
}: Seed): Promise<SeededTenant[]> {
  const options = { url: databaseUrl, poolMax: 2, applicationName: 'pawl bench seed' };
  const operator = connect({ ...options, role: 'pawl_operator' });
  const api = connect({ ...options, role: 'pawl_api' });
  // One for all: each remembers keys for minutes, in a cache that is made for ten thousand tenants.
  const encrypt = encrypterOn(api, keyRing);
  try {
    const seeded: SeededTenant[] = [];
    for (let i = 0; i < tenants; i++) {
      // Where new tenants go, but evenly.
      const shard = SHARDS_OF_ONE_SERVER[i % SHARDS_OF_ONE_SERVER.length] as number;
      const tenant = await createTenant(operator, { name: `Bench ${i + 1}`, slug: `bench-${i + 1}`, shard });
      const { key } = await createApiKey(operator, tenant, { name: 'bench', roles: ['Owner'] });
      const connectionId = await connectReceiver(api, tenant, { encrypt, receiverUrl, name: 'receiver' });
      await publish(api, tenant, WORKFLOW, definition(connectionId));
      seeded.push({ tenant, apiKey: key, connectionId, workflow: WORKFLOW });
    }
    return seeded;
  } finally {
    await Promise.all([operator.close(), api.close()]);
  }
}

/** Encrypts as the API does. */
export function encrypterOn(db: Database, ring: KeyRing): Encrypt {
  const store = createTenantKeyStore(db, createTenants(db));
  return createEncrypter(createDataKeys({ master: createMasterKeys(ring, null), ring, store }));
}

/** Another receiver of a tenant, with a workflow of its own; both have this `name`. */
export async function seedAnother(
  { tenant }: SeededTenant,
  { databaseUrl, name, keyRing, receiverUrl, definition }: Omit<Seed, 'tenants'> & { name: string },
): Promise<void> {
  const api = connect({ url: databaseUrl, poolMax: 1, applicationName: 'pawl bench seed', role: 'pawl_api' });
  try {
    const encrypt = encrypterOn(api, keyRing);
    const connectionId = await connectReceiver(api, tenant, { encrypt, receiverUrl, name });
    await publish(api, tenant, name, definition(connectionId));
  } finally {
    await api.close();
  }
}

/** A source of kind `github` for each tenant, with one secret. @returns their ids */
export async function seedSources(
  { databaseUrl, keyRing }: Pick<Seed, 'databaseUrl' | 'keyRing'>,
  tenants: readonly SeededTenant[],
  secret: string,
): Promise<string[]> {
  const options = { url: databaseUrl, poolMax: 2, applicationName: 'pawl bench seed' };
  const api = connect({ ...options, role: 'pawl_api' });
  const encrypt = encrypterOn(api, keyRing);
  try {
    return await Promise.all(
      tenants.map(async ({ tenant }) => {
        const id = v7();
        const binding = bindingOfSource({ tenantId: tenant.id, sourceId: id });
        const sealed = await encrypt(sealable(secret), binding);
        const source = {
          tenantId: tenant.id,
          id,
          name: 'repository',
          kind: 'github',
          config: {},
          isActive: true,
          secret: sealed,
          keyId: keyIdOf(sealed),
        };
        await api.forTenants([tenant.id], (sql) => insertSource(sql, tenant.shard, source));
        return id;
      }),
    );
  } finally {
    await api.close();
  }
}

async function connectReceiver(
  db: Database,
  tenant: Tenant,
  { encrypt, receiverUrl, name }: { encrypt: Encrypt; receiverUrl: string; name: string },
): Promise<string> {
  const id = v7();
  const provider = 'generic_rest';
  const allowedOrigin = new URL(receiverUrl).origin;
  const binding = { tenantId: tenant.id, connectionId: id, provider, allowedOrigin };
  const credentials = await encrypt({ base_url: receiverUrl, auth_header: RECEIVER_AUTHORIZATION }, binding);
  await db.once<ConnectionRow[]>([tenant.id], (sql) =>
    insertConnection(sql, tenant.shard, {
      tenantId: tenant.id,
      id,
      provider,
      connectionName: name,
      settings: {},
      credentials,
      keyId: keyIdOf(credentials),
      allowedOrigin,
      fields: { base_url: receiverUrl, auth_header: '***' },
    }),
  );
  return id;
}

async function publish(db: Database, tenant: Tenant, name: string, definition: Definition): Promise<void> {
  const of = { tenantId: tenant.id };
  const id = v7();
  const versionId = v7();
  const text = JSON.stringify(definition);
  await db.forTenants([tenant.id], async (sql) => {
    await insertWorkflow(sql, tenant.shard, { ...of, id, name, description: '' });
    await insertVersion(sql, tenant.shard, {
      ...of,
      id: versionId,
      workflowId: id,
      version: 1,
      definition: definition as unknown as JsonObject,
      checksum: createHash('sha256').update(text).digest('hex'),
      layout: null,
      createdBy: 'bench',
    });
    await publishVersion(sql, tenant.shard, { ...of, id, versionId });
  });
}

const COUNT: Action = { action_type: 'ASSIGN', params: { count: 'context.count + 1' } };

/** Two states and an event that leads from each to the other, with `actions` on the way. */
function pingPong(actions: Action[]): Definition {
  return {
    id: WORKFLOW,
    context: { count: 0 },
    initial: 'ping',
    states: {
      ping: { on: { HIT: { target: 'pong', actions } } },
      pong: { on: { HIT: { target: 'ping', actions } } },
    },
  };
}

/** Commits and sends nothing. */
export const silentPingPong = (): Definition => pingPong([COUNT]);

/** Each transition carries one POST of a rendered body. */
export const webhookPingPong = (connectionId: string): Definition =>
  pingPong([COUNT, { action_type: 'WEBHOOK', params: webhook(connectionId) }]);

/** As `webhookPingPong`, for a receiver that may take its time: the request is given up after `timeoutMs`. */
export const patientPingPong = (connectionId: string, timeoutMs: number): Definition =>
  pingPong([{ action_type: 'WEBHOOK', timeout_ms: timeoutMs, params: webhook(connectionId) }]);

const webhook = (connectionId: string) => ({
  connection_id: connectionId,
  path: '/hooks/hit',
  body: {
    job_id: '<<job.id>>',
    state: '<<job.current_state>>',
    count: '<<context.count>>',
    n: '<<event.n>>',
  },
});

/**
 * Each transition carries a list of POSTs: the first is parked when its outcome is not known, the others are sent
 * again under the same Idempotency-Key. Their paths tell their place in the list.
 */
export function listPingPong(connectionId: string, length: number): Definition {
  const actions = Array.from({ length }, (_, ordinal): Action => {
    const params = { ...webhook(connectionId), path: `/hooks/${ordinal}` };
    if (ordinal === 0) return { action_type: 'WEBHOOK', params, on_unknown: 'park' };
    return {
      action_type: 'WEBHOOK',
      params,
      on_unknown: 'resend',
      retry: { max_attempts: 20, backoff: { initial_ms: 20, factor: 1.5, max_ms: 500 } },
    };
  });
  return pingPong([COUNT, ...actions]);
}
