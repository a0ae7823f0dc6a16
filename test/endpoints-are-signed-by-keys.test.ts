// Consumers that share no secret with anybody: what they get is signed by the tenant's key, they check it with what they find
// at its JWKS, and the key can be replaced without a gap. What checks here is jose and WebCrypto, and nothing of ours.
import type { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { calculateJwkThumbprint, importJWK, type JWK } from 'jose';
import { Webhook } from 'standardwebhooks';
import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../engine/json.ts';
import { rotateDataKeys } from '../processes/rotate-keys.ts';
import { shredTenant } from '../processes/shred-tenant.ts';
import { tenantKeysChanged } from '../vault/data-keys.ts';
import { createMasterKeys } from '../vault/master-keys.ts';
import type { Received } from '../worker/receiver.testkit.ts';
import { AT_ONCE, type Notifications, SHORT, setupNotifications } from './notifications.testkit.ts';

let n: Notifications;
let worker: Awaited<ReturnType<Notifications['startWorker']>>;
let server: Server;
let origin: string;

beforeAll(async () => {
  n = await setupNotifications();
  await n.workflow('short', SHORT);
  worker = await n.startWorker();
  server = serve({ fetch: n.api.app.fetch, port: 0, hostname: '127.0.0.1' }) as Server;
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server?.closeAllConnections();
  server?.close();
  await n?.stop();
});

const fetchKeys = (tenantId: string, headers: Record<string, string> = {}) =>
  fetch(`${origin}/api/tenants/${tenantId}/jwks.json`, { headers });
/** As a receiver finds them, without a bearer. */
async function jwks(): Promise<JWK[]> {
  const response = await fetchKeys(n.api.a.tenant.id);
  expect(response.status).toBe(200);
  return ((await response.json()) as { keys: JWK[] }).keys;
}
const kids = (keys: readonly JWK[]) => keys.map(({ kid }) => kid);

/** Whether one of the keys made one of the `v1a` signatures of the request. */
async function isGenuine({ headers, body }: Received, keys: readonly JWK[]): Promise<boolean> {
  const signed = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`);
  for (const signature of signaturesOf(headers, 'v1a')) {
    for (const jwk of keys) {
      const key = (await importJWK(jwk, jwk.alg)) as webcrypto.CryptoKey;
      if (await crypto.subtle.verify('Ed25519', key, Buffer.from(signature, 'base64'), signed)) return true;
    }
  }
  return false;
}

const signaturesOf = (headers: Received['headers'], version: string): string[] =>
  String(headers['webhook-signature'])
    .split(' ')
    .map((one) => one.split(','))
    .flatMap(([of, signature = '']) => (of === version ? [signature] : []));

let count = 0;
async function endpoint(signedBy: string): Promise<{ id: string; secret: string; path: string }> {
  const path = `/consumer-${++count}`;
  const url = `${n.receiver.origin}${path}`;
  const { id, secret, signed_by: said } = await n.ask('POST', '/endpoints', { url, signed_by: signedBy });
  expect(said).toBe(signedBy);
  const target = { endpoint_id: id, retry: AT_ONCE };
  await n.ask('POST', '/subscriptions', { name: path, trigger: { kind: 'job_started' }, endpoint: target });
  return { id, secret, path };
}

/** What the endpoint is told next, as it arrived. */
async function told({ id, path }: { id: string; path: string }): Promise<Received> {
  const job = await n.start('short');
  const [delivery] = await n.settled(`&endpoint=${id}&job=${job}`);
  expect(delivery).toMatchObject({ status: 'SUCCEEDED' });
  return n.receiver.at(path).at(-1) as Received;
}

const ask = (method: string, path: string, body?: JsonObject) =>
  n.api.a.call(method, `/tenant/signing-keys${path}`, body === undefined ? {} : { body });
const auditOf = async (kind: string): Promise<{ data: JsonObject }[]> =>
  (await n.ask('GET', `/audit?kind=${kind}`)).items;

describe('the keys of an organisation', () => {
  it('are not there until something is signed by one, and of two that need the first at once, one makes it', async () => {
    const { tenant } = n.api.a;
    const nobody = await fetchKeys(v7());
    const none = await fetchKeys(tenant.id);
    const nonsense = await fetchKeys('not-an-id');
    const said: JsonObject[] = [];
    for (const response of [nobody, none, nonsense]) {
      expect([response.status, response.headers.get('cache-control')]).toEqual([404, 'no-store']);
      const { request_id: _, ...problem } = (await response.json()) as JsonObject;
      said.push(problem);
    }
    expect(said[0]).toMatchObject({ code: 'signing_key_not_found' });
    expect(said[1]).toEqual(said[0]);
    expect(said[2]).toEqual(said[0]);
    expect((await ask('GET', '')).body).toMatchObject({ keys: [] });

    await Promise.all([endpoint('key'), endpoint('both'), endpoint('key')]);
    expect(await jwks()).toHaveLength(1);
    expect(await auditOf('signing_key.created')).toMatchObject([{ data: { kid: (await jwks())[0]?.kid } }]);
  });

  it('are shown to everybody who knows its id, with nothing else, and need not be sent twice', async () => {
    const { tenant } = n.api.a;
    const response = await fetchKeys(tenant.id.toUpperCase());
    const shown = (await response.json()) as { keys: JWK[] };
    const [key] = shown.keys;
    expect(shown).toEqual({
      keys: [{ kty: 'OKP', crv: 'Ed25519', x: expect.any(String), kid: key?.kid, use: 'sig', alg: 'EdDSA' }],
    });
    expect(key?.kid).toBe(await calculateJwkThumbprint(key as JWK));
    expect(response.headers.get('content-type')).toBe('application/jwk-set+json');
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    const etag = String(response.headers.get('etag'));
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const again = await fetchKeys(tenant.id, { 'if-none-match': tag });
      expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, etag, '']);
    }
    expect((await fetchKeys(tenant.id, { 'if-none-match': '"other"' })).status).toBe(200);

    const { body } = await ask('GET', '');
    const bytes = Buffer.from(String(key?.x), 'base64url');
    expect(body).toEqual({
      jwks_url: expect.stringContaining(`/api/tenants/${tenant.id}/jwks.json`),
      keys: [
        {
          kid: key?.kid,
          public_key: `whpk_${bytes.toString('base64')}`,
          created_at: expect.any(String),
          expires_at: null,
          secret_shredded: false,
        },
      ],
    });
    expect(bytes).toHaveLength(32);
  });
});

describe('a request to an endpoint that is signed by the key', () => {
  it('is proven by the public key alone, and by nothing that was changed', async () => {
    const one = await endpoint('key');
    const received = await told(one);
    const keys = await jwks();
    expect(await isGenuine(received, keys)).toBe(true);
    expect(signaturesOf(received.headers, 'v1')).toEqual([]);
    const { headers, body } = received;
    const with_ = (changed: Record<string, string>) => ({ ...received, headers: { ...headers, ...changed } });
    expect(await isGenuine({ ...received, body: `${body} ` }, keys)).toBe(false);
    expect(await isGenuine(with_({ 'webhook-id': v7() }), keys)).toBe(false);
    expect(await isGenuine(with_({ 'webhook-timestamp': '1' }), keys)).toBe(false);
    await n.api.b.call('POST', '/tenant/signing-keys/rotate');
    const others = (await (await fetchKeys(n.api.b.tenant.id)).json()) as { keys: JWK[] };
    expect(others.keys).toHaveLength(1);
    expect(await isGenuine(received, others.keys)).toBe(false);
  });

  it('is signed by its secret as well where both are wanted, and by what is wanted from then on', async () => {
    const one = await endpoint('both');
    const check = ({ body, headers }: Received) =>
      new Webhook(one.secret).verify(body, headers as Record<string, string>);
    const both = await told(one);
    expect(check(both)).toBeTruthy();
    expect(await isGenuine(both, await jwks())).toBe(true);

    const change = (signedBy: string) => n.ask('PATCH', `/endpoints/${one.id}`, { signed_by: signedBy });
    expect(await change('key')).toMatchObject({ signed_by: 'key' });
    const byKey = await told(one);
    expect(() => check(byKey)).toThrow(/signature/i);
    expect(await isGenuine(byKey, await jwks())).toBe(true);

    await change('secret');
    const bySecret = await told(one);
    expect(check(bySecret)).toBeTruthy();
    expect(signaturesOf(bySecret.headers, 'v1a')).toEqual([]);
    expect(await n.ask('GET', `/endpoints/${one.id}`)).toMatchObject({ signed_by: 'secret' });
  });
});

describe('a key that is replaced', () => {
  it('goes on to sign and to be found beside the new one until its hour, and no longer', async () => {
    const one = await endpoint('key');
    await told(one);
    const before = await jwks();
    const { status, body } = await ask('POST', '/rotate');
    expect(status).toBe(200);
    const [current, previous] = body.keys;
    expect(current.expires_at).toBeNull();
    expect(previous.kid).toBe(before[0]?.kid);
    const lastsHours = (Date.parse(previous.expires_at) - Date.now()) / 3_600_000;
    expect(lastsHours).toBeGreaterThan(23);
    expect(lastsHours).toBeLessThan(25);
    const both = await jwks();
    expect(kids(both)).toEqual([current.kid, previous.kid]);
    const during = await told(one);
    expect(signaturesOf(during.headers, 'v1a')).toHaveLength(2);
    for (const key of both) expect(await isGenuine(during, [key]), key.kid).toBe(true);
    expect(await auditOf('signing_key.rotated')).toMatchObject([
      { data: { kid: current.kid, previous_kid: previous.kid, previous_expires_at: previous.expires_at } },
    ]);

    // As if a day had passed; the version is what makes workers look again.
    await n.api.asOwner(
      (sql) => sql`
        update signing_keys set expires_at = now() - interval '1 second'
        where tenant_id = ${n.api.a.tenant.id} and expires_at is not null`,
    );
    await n.ask('PATCH', `/endpoints/${one.id}`, { description: 'a day later' });
    expect(kids(await jwks())).toEqual([current.kid]);
    const after = await told(one);
    expect(await isGenuine(after, await jwks())).toBe(true);
    expect(await isGenuine(after, before)).toBe(false);
  });

  it('is not replaced again while it overlaps, until somebody ends the overlap', async () => {
    const one = await endpoint('key');
    await told(one);
    await ask('POST', '/rotate', { overlap_hours: 2 });
    const both = await jwks();
    const again = await ask('POST', '/rotate');
    expect([again.status, again.body.code]).toEqual([409, 'signing_key_rotation_overlaps']);
    expect(await jwks()).toEqual(both);

    expect((await ask('DELETE', '/previous')).status).toBe(204);
    expect((await ask('DELETE', '/previous')).status).toBe(204);
    expect(kids(await jwks())).toEqual([both[0]?.kid]);
    const alone = await told(one);
    expect(await isGenuine(alone, both.slice(0, 1))).toBe(true);
    expect(await isGenuine(alone, both.slice(1))).toBe(false);
    const ended = { kid: both[0]?.kid, previous_kid: both[1]?.kid };
    expect(await auditOf('signing_key.overlap_ended')).toMatchObject([{ data: ended }]);
  });

  it('signs no more at once, where strangers know it, also in an overlap', async () => {
    const one = await endpoint('key');
    await told(one);
    await ask('POST', '/rotate', {});
    const known = await jwks();
    await ask('POST', '/rotate', { overlap_hours: 0 });
    const now = await jwks();
    expect(now).toHaveLength(1);
    const alone = await told(one);
    expect(await isGenuine(alone, now)).toBe(true);
    expect(await isGenuine(alone, known)).toBe(false);
  });

  it('by two at once is replaced once', async () => {
    const before = await jwks();
    const answers = await Promise.all([ask('POST', '/rotate'), ask('POST', '/rotate')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const after = await jwks();
    expect(after).toHaveLength(2);
    expect(after[1]).toEqual(before[0]);
    await ask('DELETE', '/previous');
  });
});

// The last ones: the API of the tests remembers data keys of the tenant that are gone afterwards.
describe('under the data keys of its organisation', () => {
  const hear = () => {
    const changed = tenantKeysChanged(n.api.a.tenant.id);
    n.api.keys.changed(changed);
    worker.keys.changed(changed);
  };
  const keyIds = () =>
    n.api.asOwner((sql) => sql`select key_id from signing_keys where tenant_id = ${n.api.a.tenant.id}`);

  it('the key is moved to a new one, and signs on where a worker remembers it under the old', async () => {
    const one = await endpoint('key');
    await told(one);
    const [keys, before] = [await jwks(), await keyIds()];
    const ring = n.kit.keyRing;
    const opened = { ring, master: createMasterKeys(ring, null), service: false, close: async () => {} };
    const options = { db: n.kit.operator, opened, onProgress: () => {} };
    expect((await rotateDataKeys(options, n.api.a.tenant.id)).failed).toEqual([]);
    expect(await keyIds()).not.toEqual(before);
    hear();
    expect(await isGenuine(await told(one), keys)).toBe(true);
  });

  it('shredding ends it, and the next rotation has requests signed again at once', async () => {
    const one = await endpoint('key');
    await told(one);
    const keys = await jwks();
    const { secrets } = await shredTenant(n.api.operator, n.api.a.tenant);
    expect(secrets).toMatchObject({ signing_key: 1 });
    hear();
    const [delivery] = await n.settled(`&endpoint=${one.id}&job=${await n.start('short')}`);
    expect(delivery).toMatchObject({ status: 'FAILED', error: { code: 'credential_shredded' } });
    expect((await ask('GET', '')).body.keys).toMatchObject([{ secret_shredded: true }]);
    expect((await fetchKeys(n.api.a.tenant.id)).status).toBe(404);

    expect((await ask('POST', '/rotate')).body.keys).toMatchObject([{ secret_shredded: false }]);
    const now = await jwks();
    const received = await told(one);
    expect(await isGenuine(received, now)).toBe(true);
    expect(await isGenuine(received, keys)).toBe(false);
  });

  it('shredding ends it, and an endpoint that is to be signed by it then has another one made for all', async () => {
    const one = await endpoint('key');
    await told(one);
    const [keys, made] = [await jwks(), await auditOf('signing_key.created')];
    await shredTenant(n.api.operator, n.api.a.tenant);
    hear();
    const another = await endpoint('key');
    const now = await jwks();
    expect(kids(now)).not.toEqual(kids(keys));
    for (const signed of [one, another]) expect(await isGenuine(await told(signed), now)).toBe(true);
    expect(await auditOf('signing_key.created')).toHaveLength(made.length + 1);
  });
});
