// Consumers subscribe with a plain URL: what they get is signed as Standard Webhooks says, its secret can be replaced
// without a gap, and an endpoint that is gone for good is left alone.
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../engine/json.ts';
import { rotateDataKeys } from '../processes/rotate-keys.ts';
import { tenantKeysChanged } from '../vault/data-keys.ts';
import { createMasterKeys } from '../vault/master-keys.ts';
import type { Received } from '../worker/receiver.testkit.ts';
import { until } from '../worker/worker.testkit.ts';
import { AT_ONCE, type Notifications, SHORT, setupNotifications } from './notifications.testkit.ts';

let n: Notifications;
let worker: Awaited<ReturnType<Notifications['startWorker']>>;

beforeAll(async () => {
  n = await setupNotifications();
  await n.workflow('short', SHORT);
  worker = await n.startWorker();
});
afterAll(() => n?.stop());

let count = 0;
async function endpoint(retry = AT_ONCE): Promise<{ id: string; secret: string; path: string }> {
  const path = `/consumer-${++count}`;
  const { id, secret } = await n.ask('POST', '/endpoints', { url: `${n.receiver.origin}${path}?from=pawl` });
  const target = { endpoint_id: id, retry };
  await n.ask('POST', '/subscriptions', { name: path, trigger: { kind: 'job_started' }, endpoint: target });
  return { id, secret, path };
}

const verify = (secret: string, { body, headers }: Received) =>
  new Webhook(secret).verify(body, headers as Record<string, string>);
/** How many of its deliveries a worker has in hand. */
async function held(id: string): Promise<number> {
  const [row] = await n.api.operator.sql<{ held: number }[]>`
    select count(*)::integer as held from dispatch_queue q join deliveries d using (shard, tenant_id, id)
    where d.endpoint_id = ${id} and q.worker_id is not null`;
  return row?.held ?? 0;
}
const deliveryTo = async (id: string, job: string) => (await n.settled(`&endpoint=${id}&job=${job}`))[0];

describe('a request to an endpoint', () => {
  it('is accepted by the library of Standard Webhooks, under the id of its delivery', async () => {
    const { id, secret, path } = await endpoint();
    const job = await n.start('short');
    const delivery = await deliveryTo(id, job);
    const [received] = n.receiver.at(path);
    expect(delivery).toMatchObject({ status: 'SUCCEEDED', endpoint_id: id, connection_id: null });
    expect(received?.path).toBe(`${path}?from=pawl`);
    expect(received?.headers).toMatchObject({ 'webhook-id': delivery?.id, 'idempotency-key': delivery?.id });
    expect(verify(secret, received as Received)).toMatchObject({
      type: 'job_started',
      data: {
        job: { id: job, status: 'ACTIVE' },
        workflow: { name: 'short' },
        transition: { seq: 1, to: 'waiting' },
      },
    });
    expect(() => verify(secret, { ...(received as Received), body: '{}' })).toThrow(/signature/i);
    const stranger = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    expect(() => verify(stranger, received as Received)).toThrow(/signature/i);
  });

  it('shows its secret nowhere afterwards, and its URL in what was sent', async () => {
    const { id, secret, path } = await endpoint();
    n.receiver.script(path, ({ headers }) => ({ body: { headers: JSON.stringify(headers), secret } }));
    const job = await n.start('short');
    const delivery = await deliveryTo(id, job);
    const shown = await Promise.all([
      n.ask('GET', `/deliveries/${delivery?.id}`),
      n.ask('GET', `/endpoints/${id}`),
      n.ask('GET', '/audit?limit=200'),
    ]);
    expect(JSON.stringify(shown)).not.toContain(secret.slice('whsec_'.length));
    expect(shown[0].request.url).toBe(`${n.receiver.origin}${path}?from=pawl`);
    expect(shown[0].attempt_log).toHaveLength(1);
  });

  it('is tried again after any failure, and has one id throughout', async () => {
    const { id, secret, path } = await endpoint();
    n.receiver.script(path, ({ nth }) => ({ status: [302, 404, 200][nth - 1] ?? 500 }));
    const job = await n.start('short');
    expect(await deliveryTo(id, job)).toMatchObject({ status: 'SUCCEEDED', attempts: 3 });
    const received = n.receiver.at(path);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    for (const request of received) expect(verify(secret, request)).toBeTruthy();
  });
});

describe('a secret that is replaced', () => {
  const rotate = (id: string, body = {}) => n.ask('POST', `/endpoints/${id}/rotate`, body);

  it('goes on to sign beside the new one until its hour, and no longer', async () => {
    const { id, secret: old, path } = await endpoint();
    await deliveryTo(id, await n.start('short'));
    const { secret, previous_expires_at: until } = await rotate(id);
    expect(Date.parse(until) - Date.now()).toBeGreaterThan(23 * 3_600_000);
    expect(await n.ask('GET', `/endpoints/${id}`)).toMatchObject({ previous_secret_until: until });
    await deliveryTo(id, await n.start('short'));
    const [, both] = n.receiver.at(path);
    expect(verify(old, both as Received)).toBeTruthy();
    expect(verify(secret, both as Received)).toBeTruthy();
    // As if a day had passed; the version is what makes workers look again.
    await n.api.asOwner(
      (sql) => sql`
        update endpoint_secrets set expires_at = now() - interval '1 second'
        where endpoint_id = ${id} and expires_at is not null`,
    );
    await n.ask('PATCH', `/endpoints/${id}`, { description: 'a day later' });
    await deliveryTo(id, await n.start('short'));
    const [, , alone] = n.receiver.at(path);
    expect(verify(secret, alone as Received)).toBeTruthy();
    expect(() => verify(old, alone as Received)).toThrow(/signature/i);
  });

  it('signs no more at once, where strangers know it', async () => {
    const { id, secret: old, path } = await endpoint();
    await deliveryTo(id, await n.start('short'));
    const { secret } = await rotate(id, { overlap_hours: 0 });
    await deliveryTo(id, await n.start('short'));
    const [, alone] = n.receiver.at(path);
    expect(verify(secret, alone as Received)).toBeTruthy();
    expect(() => verify(old, alone as Received)).toThrow(/signature/i);
  });
});

describe('an endpoint', () => {
  const shown = (id: string) => n.ask('GET', `/endpoints/${id}`);

  it('that answers 410 is disabled with the reason; what comes is skipped, until it is enabled and replayed', async () => {
    const { id, path } = await endpoint();
    n.receiver.script(path, ({ nth }) => ({ status: nth === 1 ? 410 : 200 }));
    const gone = await deliveryTo(id, await n.start('short'));
    expect(gone).toMatchObject({ status: 'FAILED', attempts: 1, error: { code: 'endpoint_gone' } });
    expect(await shown(id)).toMatchObject({
      enabled: false,
      disabled_reason: expect.stringContaining('410'),
    });
    const skipped = await deliveryTo(id, await n.start('short'));
    expect(skipped).toMatchObject({ status: 'SKIPPED', error: { code: 'endpoint_disabled' } });
    const { items } = await n.ask('GET', `/audit?subject_id=${id}`);
    expect(items[0]).toMatchObject({ kind: 'endpoint.disabled', actor: 'worker' });

    await n.ask('PATCH', `/endpoints/${id}`, { enabled: true });
    expect(await shown(id)).toMatchObject({ enabled: true, disabled_reason: null, failing_since: null });
    const asked = { endpoint_id: id, statuses: ['FAILED', 'SKIPPED'] };
    expect(await n.ask('POST', '/deliveries/replay', asked)).toMatchObject({ replayed: 2, more: false });
    const both = await n.settled(`&endpoint=${id}`);
    expect(both.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  });

  it('that has failed for days is disabled; one that answers in between begins anew', async () => {
    const { id, path } = await endpoint();
    let status = 500;
    n.receiver.script(path, () => ({ status }));
    const fail = async () => deliveryTo(id, await n.start('short'));
    const daysPass = () =>
      n.api.asOwner(async (sql) => {
        const [before] = await sql`
          select failing_since - interval '6 days' as since from endpoints where id = ${id}`;
        await sql`
          update endpoints set failing_since = ${before?.since}, version = version + 1 where id = ${id}`;
      });
    await fail();
    const { failing_since: since } = await shown(id);
    await fail();
    expect(await shown(id)).toMatchObject({ enabled: true, failing_since: since });
    await daysPass();
    status = 200;
    await fail();
    await until('the success is noted', async () => (await shown(id)).failing_since === null);
    status = 500;
    await fail();
    expect(await shown(id)).toMatchObject({ enabled: true });
    await daysPass();
    await fail();
    expect(await shown(id)).toMatchObject({
      enabled: false,
      disabled_reason: expect.stringMatching(/^No request has succeeded since/),
    });
  });

  it.each([429, 502, 504])('rests after a %i that says no time', async (status) => {
    const { id, path } = await endpoint();
    n.receiver.script(path, ({ nth }) => ({ status: nth === 1 ? status : 200 }));
    expect(await deliveryTo(id, await n.start('short'))).toMatchObject({ status: 'SUCCEEDED', attempts: 2 });
    await until('its rest is written', async () => {
      const [row] = await n.api.asOwner(
        (sql) => sql`select paused_until as until from endpoint_health where endpoint_id = ${id}`,
      );
      return row?.until;
    });
  });

  it('does not count as failing where Pawl is why nothing was sent', async () => {
    const { id } = await endpoint();
    // As an address that was allowed once, or a name that points inside by now.
    const inside = 'http://169.254.169.254/';
    await n.api.asOwner(
      (sql) => sql`update endpoints set url = ${inside}, version = version + 1 where id = ${id}`,
    );
    const refused = await deliveryTo(id, await n.start('short'));
    expect(refused).toMatchObject({ status: 'FAILED', error: { code: 'blocked' } });
    expect(await shown(id)).toMatchObject({ enabled: true, failing_since: null, circuit: 'closed' });
  });

  it('that is not there opens its circuit once over all workers, and is told everything when that closes', async () => {
    const other = await n.startWorker();
    const { id, path } = await endpoint({ ...AT_ONCE, max_attempts: 20 });
    let isUp = false;
    n.receiver.script(path, () => ({ status: isUp ? 200 : 500 }));
    await Promise.all(Array.from({ length: 12 }, () => n.start('short')));
    await until('its circuit is open', async () => (await shown(id)).circuit === 'open');
    // A refusal on its way to the database would open again what is closed now.
    await until('nothing is under way', async () => (await held(id)) === 0);
    isUp = true;
    await n.ask('POST', `/endpoints/${id}/circuit/close`);
    // As their processes hear it.
    for (const { worker: one } of [worker, other]) one.forgetEndpoint(id);
    const told = await n.settled(`&endpoint=${id}`);
    expect(told.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 'SUCCEEDED'));
    const { items } = await n.ask('GET', `/audit?subject_id=${id}`);
    expect(items.map(({ kind }: { kind: string }) => kind)).toEqual([
      'endpoint.circuit_closed',
      'endpoint.circuit_opened',
      'endpoint.created',
    ]);
    await other.stop();
  });

  it('shows its circuit and its pause, which a person ends, once', async () => {
    const { id } = await endpoint();
    const fine = { circuit: 'closed', open_until: null, last_error: null, paused_until: null };
    expect(await shown(id)).toMatchObject(fine);
    const error = { code: 'timeout', message: 'The receiver did not answer in time.' };
    await n.api.asOwner(
      (sql) => sql`
        insert into endpoint_health (shard, tenant_id, endpoint_id, circuit, open_until, misses, openings, last_error,
          paused_until)
        select shard, tenant_id, id, 'open', now() + interval '1 hour', 12, 3, ${sql.json(error)}, now() + interval '1 hour'
        from endpoints where id = ${id}`,
    );
    expect(await shown(id)).toMatchObject({
      circuit: 'open',
      open_until: expect.any(String),
      last_error: error,
      paused_until: expect.any(String),
    });
    const closed = await n.ask('POST', `/endpoints/${id}/circuit/close`);
    expect(closed).toMatchObject({
      circuit: 'closed',
      open_until: null,
      last_error: error,
      paused_until: expect.any(String),
    });
    expect(await n.ask('POST', `/endpoints/${id}/circuit/close`)).toEqual(closed);
    const lifted = await n.ask('POST', `/endpoints/${id}/pause/lift`);
    expect(lifted).toEqual({ ...closed, paused_until: null });
    expect(await n.ask('POST', `/endpoints/${id}/pause/lift`)).toEqual(lifted);
    const { items } = await n.ask('GET', `/audit?subject_id=${id}`);
    expect(items).toMatchObject([
      { kind: 'endpoint.pause_lifted', actor: `key:${n.api.a.keyId}` },
      {
        kind: 'endpoint.circuit_closed',
        actor: `key:${n.api.a.keyId}`,
        data: { was: 'open', misses: 12 },
      },
      { kind: 'endpoint.created' },
    ]);
  });

  it('begins with a closed circuit and without a pause when it is enabled again or gets another URL, and only then', async () => {
    const { id } = await endpoint();
    const { url } = await shown(id);
    await n.api.asOwner(
      (sql) => sql`
        insert into endpoint_health (shard, tenant_id, endpoint_id) select shard, tenant_id, id from endpoints where id = ${id}`,
    );
    const afterOpeningAnd = async (change: Record<string, string | boolean>) => {
      await n.api.asOwner(
        (sql) => sql`
          update endpoint_health set circuit = 'open', open_until = now() + interval '1 hour',
            paused_until = now() + interval '1 hour' where endpoint_id = ${id}`,
      );
      const { circuit, paused_until: paused } = await n.ask('PATCH', `/endpoints/${id}`, change);
      expect(paused === null).toBe(circuit === 'closed');
      return circuit;
    };
    expect(await afterOpeningAnd({ description: 'the same one' })).toBe('open');
    expect(await afterOpeningAnd({ url, enabled: true })).toBe('open');
    expect(await afterOpeningAnd({ enabled: false })).toBe('open');
    expect(await afterOpeningAnd({ enabled: true })).toBe('closed');
    expect(await afterOpeningAnd({ url: `${url}/moved` })).toBe('closed');
    const { items } = await n.ask('GET', `/audit?subject_id=${id}`);
    const closed = items.filter(({ kind }: { kind: string }) => kind === 'endpoint.circuit_closed');
    expect(closed).toHaveLength(2);
  });

  it('is refused where nothing may be sent, by name and by address', async () => {
    for (const url of ['http://10.0.0.1/x', 'ftp://example.com', 'http://user:x@example.com/', 'nowhere']) {
      const { status, body } = await n.api.a.call('POST', '/endpoints', { body: { url } });
      expect([status, body.code, body.problems[0].pointer], url).toEqual([422, 'endpoint_invalid', '/url']);
    }
  });

  it('leads nobody who may not read jobs to what is said of them', async () => {
    const { id, path } = await endpoint();
    const { url } = await shown(id);
    n.receiver.script(path, ({ nth }) => (nth === 1 ? { status: 500, body: 'secret of a job' } : {}));
    const delivery = await deliveryTo(id, await n.start('short'));
    const { call } = await n.api.keyWith(['IntegrationContributor']);
    const { body: seen } = await call('GET', `/deliveries/${delivery?.id}`);
    expect(seen).toMatchObject({
      status: 'SUCCEEDED',
      request: null,
      response: null,
      attempt_log: [{ code: 'http_500', request: null, response: null }, { outcome: 'succeeded' }],
    });
    expect(JSON.stringify(seen)).not.toContain('secret of a job');

    const change = async (body: JsonObject) => (await call('PATCH', `/endpoints/${id}`, { body })).status;
    expect(await change({ url: `${url}&elsewhere` })).toBe(403);
    expect(await change({ url, description: 'the same one' })).toBe(200);
    expect(await change({ enabled: false })).toBe(200);
    expect(await shown(id)).toMatchObject({ url, enabled: false });
    const { body: own } = await call('POST', '/endpoints', { body: { url } });
    expect((await call('DELETE', `/endpoints/${own.id}`)).status).toBe(204);
  });

  it('is kept as long as a subscription goes to it', async () => {
    const { id } = await endpoint();
    const refused = await n.api.a.call('DELETE', `/endpoints/${id}`);
    expect([refused.status, refused.body.code]).toEqual([409, 'endpoint_in_use']);
    const { items } = await n.ask('GET', `/subscriptions?endpoint=${id}`);
    await n.ask('DELETE', `/subscriptions/${items[0].id}`);
    await n.ask('DELETE', `/endpoints/${id}`);
    expect((await n.api.a.call('GET', `/endpoints/${id}`)).status).toBe(404);
  });
});

// The last one: the API of the tests remembers keys of the tenant that are gone afterwards.
it('an endpoint goes on to be signed for while a worker remembers its secret under a data key that is gone', async () => {
  const { id, secret, path } = await endpoint();
  await deliveryTo(id, await n.start('short'));
  const { api, kit } = n;
  const ring = kit.keyRing;
  const opened = { ring, master: createMasterKeys(ring, null), service: false, close: async () => {} };
  const keyOf = () =>
    api.asOwner((sql) => sql`select key_id from endpoint_secrets where endpoint_id = ${id}`);
  const before = await keyOf();
  const { failed } = await rotateDataKeys(
    { db: kit.operator, opened, onProgress: () => {} },
    api.a.tenant.id,
  );
  expect(failed).toEqual([]);
  expect(await keyOf()).not.toEqual(before);
  worker.keys.changed(tenantKeysChanged(api.a.tenant.id));
  await deliveryTo(id, await n.start('short'));
  for (const request of n.receiver.at(path)) expect(verify(secret, request)).toBeTruthy();
  expect(n.receiver.at(path)).toHaveLength(2);
});
