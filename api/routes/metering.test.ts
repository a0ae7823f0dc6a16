import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Tenant } from '../../db/tenants.ts';
import { setupApi, type TestApi } from '../api.testkit.ts';

const ORDERS = v7();
const MAILS = v7();
const WORKFLOW = v7();

let api: TestApi;

beforeAll(async () => {
  api = await setupApi();
  const { a, b } = api;
  await attempt(a.tenant, { at: '2026-03-01T00:30:00Z', connection: ORDERS, outcome: 'succeeded' });
  await attempt(a.tenant, { at: '2026-03-01T00:59:59.999Z', connection: ORDERS, outcome: 'failed' });
  await attempt(a.tenant, { at: '2026-03-01T23:59:59.999Z', connection: MAILS, outcome: 'succeeded' });
  await attempt(a.tenant, { at: '2026-03-02T00:00:00Z', connection: MAILS, outcome: 'unknown' });
  await attempt(b.tenant, { at: '2026-03-01T12:00:00Z', connection: ORDERS, outcome: 'succeeded' });
});
afterAll(() => api.stop());

/** As a worker would have recorded it. */
function attempt(tenant: Tenant, of: { at: string; connection: string; outcome: string }) {
  return api.asOwner(
    (sql) => sql`
      insert into utility_ledger (shard, tenant_id, attempt_id, at, kind, quantity, outcome, provider, connection_id,
        workflow_id, job_id, action_run_id, attempt, status_code, request_bytes, response_bytes, duration_ms)
      values (${tenant.shard}, ${tenant.id}, ${v7()}, ${of.at}, 'WebhookEgress', 1, ${of.outcome}, 'generic_rest',
        ${of.connection}, ${WORKFLOW}, ${v7()}, ${v7()}, 1, 200, 100, 4000000000, 5)`,
  );
}

const march = 'from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z';
const usage = (query: string) => api.a.call('GET', `/metering/usage?${query}`);

describe('usage', () => {
  test('sums up everything of the tenant, and nothing of another', async () => {
    const { body } = await usage(march);
    expect(body).toEqual({
      from: '2026-03-01T00:00:00.000Z',
      to: '2026-04-01T00:00:00.000Z',
      group_by: [],
      items: [{ attempts: 4, quantity: 4, request_bytes: 400, response_bytes: 16_000_000_000 }],
    });
  });

  test('is zero, not nothing, for a time without attempts', async () => {
    const { body } = await usage('from=2025-01-01T00:00:00Z&to=2025-02-01T00:00:00Z');
    expect(body.items).toEqual([{ attempts: 0, quantity: 0, request_bytes: 0, response_bytes: 0 }]);
  });

  test('groups by days and hours of UTC', async () => {
    const days = await usage(`${march}&group_by=day`);
    expect(days.body.items).toMatchObject([
      { day: '2026-03-01', attempts: 3 },
      { day: '2026-03-02', attempts: 1 },
    ]);
    const hours = await usage(`${march}&group_by=hour`);
    expect(hours.body.items).toMatchObject([
      { hour: '2026-03-01T00:00:00.000Z', attempts: 2 },
      { hour: '2026-03-01T23:00:00.000Z', attempts: 1 },
      { hour: '2026-03-02T00:00:00.000Z', attempts: 1 },
    ]);
  });

  test('groups by several things at once, in any order, each named once', async () => {
    const { body } = await usage(`${march}&group_by=outcome,connection,outcome`);
    expect(body.group_by).toEqual(['outcome', 'connection']);
    expect(body.items).toHaveLength(4);
    expect(body.items).toContainEqual(
      expect.objectContaining({ connection_id: MAILS, outcome: 'unknown', attempts: 1 }),
    );
    const rest = await usage(`${march}&group_by=workflow,kind`);
    expect(rest.body.items).toMatchObject([{ workflow_id: WORKFLOW, kind: 'WebhookEgress', attempts: 4 }]);
  });

  test('includes its beginning and not its end', async () => {
    const { body } = await usage('from=2026-03-01T00:30:00Z&to=2026-03-02T00:00:00Z');
    expect(body.items).toMatchObject([{ attempts: 3 }]);
    const offset = await usage('from=2026-03-02T01:00:00%2B01:00&to=2026-03-03T00:00:00Z');
    expect(offset.body.items).toMatchObject([{ attempts: 1 }]);
  });

  test.each([
    ['group_by=colour', 'invalid_request'],
    ['group_by=day,', 'invalid_request'],
    ['from=yesterday', 'invalid_request'],
    ['from=2026-03-01', 'invalid_request'],
    ['from=0000-01-01T00:00:00Z', 'invalid_request'],
    ['to=9999-12-31T23:59:59-14:00', 'invalid_request'],
    ['from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z', 'invalid_time_range'],
    ['from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z', 'invalid_time_range'],
  ])('refuses %s', async (query, code) => {
    const { status, body } = await usage(query);
    expect([status, body.code]).toEqual([422, code]);
  });
});

describe('a quota', () => {
  const path = '/metering/quotas/WebhookIngress/day';
  const put = (warnAt: number, headers: Record<string, string>) =>
    api.a.call('PUT', path, { body: { warn_at: warnAt }, headers });
  const set = (warnAt: number, etag?: string) => put(warnAt, etag ? { 'if-match': etag } : {});

  test('is not overwritten or removed by who saw another one', async () => {
    expect((await set(5, '*')).body).toMatchObject({ code: 'settings_changed', etag: null });
    const first = await put(5, { 'if-none-match': '*' });
    expect((await put(6, { 'if-none-match': '*' })).body).toMatchObject({
      code: 'settings_changed',
      etag: first.body.etag,
    });
    expect(first.headers.get('etag')).toBe(first.body.etag);
    const second = await set(6, first.body.etag);
    expect(second.body).toMatchObject({ warn_at: 6 });
    expect((await set(7, first.body.etag)).body).toMatchObject({ status: 409, etag: second.body.etag });
    const remove = (etag: string) => api.a.call('DELETE', path, { headers: { 'if-match': etag } });
    expect((await remove(first.body.etag)).body.code).toBe('settings_changed');
    const { body } = await api.a.call('GET', '/metering/quotas');
    expect(body.items).toMatchObject([{ warn_at: 6, etag: second.body.etag }]);
    expect((await remove(second.body.etag)).status).toBe(204);
  });
});
