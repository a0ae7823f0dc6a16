import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../engine/json.ts';
import { setupApi, type TestApi } from '../api.testkit.ts';

let api: TestApi;
/** What was heard on `pawl_changed`, in order. */
let heard: string[];

beforeAll(async () => {
  heard = [];
  api = await setupApi({ onChange: (payload) => heard.push(payload) });
});
afterAll(() => api.stop());

let names = 0;

async function make(settings: JsonObject = {}): Promise<string> {
  const { status, body } = await api.a.call('POST', '/tenant/connections', {
    body: {
      provider: 'resend',
      connection_name: `mail ${++names}`,
      credentials: { api_key: 're_1234567890' },
      settings,
    },
  });
  expect(status, JSON.stringify(body)).toBe(201);
  return body.id;
}

const limitsOf = async (id: string) => (await api.a.call('GET', `/tenant/connections/${id}/limits`)).body;

/** As workers write it. */
const write = (table: 'connection_health' | 'connection_rates', id: string, row: JsonObject) =>
  api.asOwner((sql) => {
    const { shard, id: tenant_id } = api.a.tenant;
    return sql`insert into ${sql(table)} ${sql({ shard, tenant_id, connection_id: id, ...row })}`;
  });

const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();
const HOUR_MS = 3_600_000;

const OPEN = {
  circuit: 'open',
  open_until: inMs(HOUR_MS),
  misses: 12,
  openings: 3,
  last_error: { code: 'timeout', message: 'The receiver did not answer in time.' },
};

describe('the limits of a connection', () => {
  test('are its provider’s, where its settings say nothing', async () => {
    expect(await limitsOf(await make())).toEqual({
      concurrency: 4,
      in_flight: 0,
      rate: { per_second: 2, burst: 2, available: 2 },
      from: { concurrency: 'provider', per_second: 'provider', burst: 'provider' },
      circuit: { state: 'closed', since: null, open_until: null, misses: 0, last_error: null },
      paused_until: null,
    });
  });

  test('are its own where its settings say so; a change keeps the others, and null gives one back to the provider', async () => {
    const own = await make({ concurrency: 7, rate_limit: { per_second: 0.5 } });
    expect(await limitsOf(own)).toMatchObject({
      concurrency: 7,
      rate: { per_second: 0.5, burst: 2 },
      from: { concurrency: 'settings', per_second: 'settings', burst: 'provider' },
    });
    const none = await make({ rate_limit: 'none' });
    expect(await limitsOf(none)).toMatchObject({ rate: null, from: { per_second: 'settings' } });
    const change = async (settings: JsonObject) =>
      (await api.a.call('PATCH', `/tenant/connections/${own}`, { body: { settings } })).body.settings;
    const rate = { per_second: 0.5, burst: 9 };
    expect(await change({ rate_limit: { burst: 9 } })).toEqual({ concurrency: 7, rate_limit: rate });
    expect(await change({ concurrency: null })).toEqual({ rate_limit: rate });
    expect(await change({ concurrency: 5, rate_limit: 'none' })).toEqual({
      concurrency: 5,
      rate_limit: 'none',
    });
    expect(await limitsOf(own)).toMatchObject({ concurrency: 5, rate: null });
    expect(await change({ rate_limit: { per_second: 3 } })).toEqual({
      concurrency: 5,
      rate_limit: { per_second: 3 },
    });
    expect(await change({ rate_limit: null })).toEqual({ concurrency: 5 });
    expect(await limitsOf(own)).toMatchObject({ rate: { per_second: 2 }, from: { per_second: 'provider' } });
  });

  test('show what is left of the rate, what is out, and how the receiver is doing', async () => {
    const id = await make({ rate_limit: { per_second: 0.001, burst: 3 } });
    // Two of three have been sent, a thousand seconds each.
    await write('connection_rates', id, { arrival_at: inMs(1_500_000) });
    await write('connection_health', id, { ...OPEN, paused_until: inMs(HOUR_MS) });
    await api.asOwner(async (sql) => {
      const { shard, id: tenant_id } = api.a.tenant;
      const row = { shard, tenant_id, job_id: v7(), workflow_version_id: v7(), connection_id: id };
      await sql`insert into dispatch_queue ${sql([
        { ...row, id: v7(), worker_id: v7(), attempt_id: v7() },
        { ...row, id: v7(), worker_id: v7(), attempt_id: null },
        { ...row, id: v7(), worker_id: null, attempt_id: null },
      ])}`;
    });
    expect(await limitsOf(id)).toMatchObject({
      in_flight: 1,
      rate: { available: 1 },
      circuit: {
        state: 'open',
        since: expect.any(String),
        open_until: OPEN.open_until,
        misses: 12,
        last_error: OPEN.last_error,
      },
      paused_until: expect.any(String),
    });
  });

  test('are shown in short with the connection itself, and a pause that is over is none', async () => {
    const [fine, broken, paused] = [await make(), await make(), await make()];
    await write('connection_health', broken, OPEN);
    const pausedUntil = inMs(HOUR_MS);
    await write('connection_health', paused, { paused_until: pausedUntil });
    const { body } = await api.a.call('GET', '/tenant/connections?limit=3');
    const shown = body.items.map(({ id, circuit, paused_until }: JsonObject) => [id, circuit, paused_until]);
    expect(shown).toEqual([
      [paused, 'closed', pausedUntil],
      [broken, 'open', null],
      [fine, 'closed', null],
    ]);
    await api.asOwner(
      (sql) => sql`update connection_health set paused_until = now() where connection_id = ${paused}`,
    );
    const got = await api.a.call('GET', `/tenant/connections/${paused}`);
    expect(got.body).toMatchObject({ circuit: 'closed', paused_until: null });
    expect((await limitsOf(paused)).paused_until).toBeNull();
  });

  test('are gone with the connection', async () => {
    const id = await make();
    await write('connection_health', id, OPEN);
    await write('connection_rates', id, {});
    expect((await api.a.call('DELETE', `/tenant/connections/${id}`)).status).toBe(204);
    expect(await api.operator.sql`select from connection_health where connection_id = ${id}`).toHaveLength(0);
    expect(await api.operator.sql`select from connection_rates where connection_id = ${id}`).toHaveLength(0);
    expect((await api.a.call('GET', `/tenant/connections/${id}/limits`)).status).toBe(404);
  });

  test.each([
    ['a rate of nothing', { rate_limit: { per_second: 0 } }, '/settings/rate_limit/per_second'],
    ['a burst without a rate', { rate_limit: { burst: 2 } }, '/settings/rate_limit'],
    ['a burst of nothing', { rate_limit: { per_second: 1, burst: 0 } }, '/settings/rate_limit/burst'],
  ])('refuse %s', async (_, settings, pointer) => {
    const id = await make();
    const { status, body } = await api.a.call('PATCH', `/tenant/connections/${id}`, { body: { settings } });
    expect(status).toBe(422);
    expect(body.problems).toMatchObject([{ pointer }]);
  });
});

describe('closing a circuit by hand', () => {
  test('closes it, keeps the pause, writes who did it, and tells the workers', async () => {
    const id = await make();
    const pausedUntil = inMs(HOUR_MS);
    await write('connection_health', id, { ...OPEN, paused_until: pausedUntil, revision: 4 });
    heard.length = 0;
    const { status, body } = await api.a.call('POST', `/tenant/connections/${id}/circuit/close`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      circuit: { state: 'closed', open_until: null, misses: 0, last_error: OPEN.last_error },
      paused_until: pausedUntil,
    });
    expect(await limitsOf(id)).toEqual(body);
    const [row] = await api.operator
      .sql`select revision::integer, openings from connection_health where connection_id = ${id}`;
    expect(row).toEqual({ revision: 5, openings: 0 });
    await expect.poll(() => heard).toContain(`connection:${api.a.tenant.id}:${id}`);
    const log = await api.a.call('GET', `/audit?subject_id=${id}`);
    expect(log.body.items).toContainEqual(
      expect.objectContaining({
        kind: 'connection.circuit_closed',
        actor: `key:${api.a.keyId}`,
        data: { was: 'open', misses: 12 },
      }),
    );
  });

  test('changes nothing when it is closed already', async () => {
    const id = await make();
    const before = await api.countRows();
    const { status, body } = await api.a.call('POST', `/tenant/connections/${id}/circuit/close`);
    expect([status, body.circuit.state]).toEqual([200, 'closed']);
    expect(await api.countRows()).toEqual(before);
  });

  test('needs the permission to change the connection; looking needs the one to read it', async () => {
    const id = await make();
    const reader = await api.keyWith(['IntegrationReader']);
    expect((await reader.call('GET', `/tenant/connections/${id}/limits`)).status).toBe(200);
    expect((await reader.call('POST', `/tenant/connections/${id}/circuit/close`)).status).toBe(403);
  });
});

describe('a pause', () => {
  /** A connection whose receiver asked for an hour. */
  async function makePaused(of: JsonObject = {}): Promise<string> {
    const id = await make();
    await write('connection_health', id, { paused_until: inMs(HOUR_MS), revision: 4, ...of });
    return id;
  }
  const lift = (id: string) => api.a.call('POST', `/tenant/connections/${id}/pause/lift`);
  const kindsOf = async (id: string) => {
    const { body } = await api.a.call('GET', `/audit?subject_id=${id}`);
    return body.items.map(({ kind }: { kind: string }) => kind);
  };

  test('is lifted by hand, which keeps the circuit, says who did it, and tells the workers', async () => {
    const id = await makePaused(OPEN);
    heard.length = 0;
    const { status, body } = await lift(id);
    expect(status).toBe(200);
    expect(body).toMatchObject({ circuit: { state: 'open', misses: 12 }, paused_until: null });
    expect(await limitsOf(id)).toEqual(body);
    await expect.poll(() => heard).toContain(`connection:${api.a.tenant.id}:${id}`);
    const { body: log } = await api.a.call('GET', `/audit?subject_id=${id}`);
    const entry = log.items.find(({ kind }: { kind: string }) => kind === 'connection.pause_lifted');
    expect(entry).toMatchObject({ actor: `key:${api.a.keyId}`, data: { left_ms: expect.any(Number) } });
    expect(entry.data.left_ms).toBeLessThanOrEqual(HOUR_MS);
  });

  test('that is none is not lifted, and leaves no trace', async () => {
    const id = await makePaused({ paused_until: inMs(-HOUR_MS) });
    const before = await api.countRows();
    expect((await lift(id)).body).toMatchObject({ paused_until: null });
    expect(await api.countRows()).toEqual(before);
  });

  test('ends when the credentials are rotated, the settings change, or the connection is enabled again', async () => {
    const rotated = await makePaused();
    const credentials = { api_key: 're_0987654321' };
    const { body } = await api.a.call('POST', `/tenant/connections/${rotated}/rotate`, {
      body: { credentials },
    });
    expect(body).toMatchObject({ paused_until: null });
    const change = async (id: string, to: JsonObject) =>
      (await api.a.call('PATCH', `/tenant/connections/${id}`, { body: to })).body.paused_until;
    const changed = await makePaused();
    expect(await change(changed, { connection_name: `mail ${++names}`, enabled: true })).not.toBeNull();
    expect(await change(changed, { settings: { concurrency: 1 } })).toBeNull();
    const enabled = await makePaused();
    expect(await change(enabled, { enabled: false })).not.toBeNull();
    expect(await change(enabled, { enabled: true })).toBeNull();
    for (const id of [rotated, changed, enabled]) {
      expect((await kindsOf(id)).filter((kind: string) => kind === 'connection.pause_lifted')).toHaveLength(
        1,
      );
    }
  });

  test('needs the permission to change the connection', async () => {
    const id = await makePaused();
    const reader = await api.keyWith(['IntegrationReader']);
    expect((await reader.call('POST', `/tenant/connections/${id}/pause/lift`)).status).toBe(403);
  });
});
