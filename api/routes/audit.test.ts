import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Anchor } from '../../audit/anchor.ts';
import { sealEverything } from '../../audit/audit.testkit.ts';
import { type Checkpoint, createSigner } from '../../audit/checkpoint.ts';
import { writeCheckpoints } from '../../audit/checkpoints.ts';
import { verifyNextShard } from '../../audit/verifications.ts';
import { connect } from '../../db/client.ts';
import { setupApi, type TestApi } from '../api.testkit.ts';

let api: TestApi;
const SUBJECT = v7();

beforeAll(async () => {
  api = await setupApi();
  const { shard, id } = api.a.tenant;
  // Two of them in one transaction, and so at one position.
  for (const writtenAtOnce of [['000100'], ['000200', '000300'], ['999000']]) {
    await api.asOwner(
      (sql) => sql`
        insert into event_log (shard, tenant_id, subject_id, id, at, kind, actor, data)
        select ${shard}, ${id}, ${SUBJECT}, gen_random_uuid(), ('2026-03-01T12:00:00.' || us || 'Z')::timestamptz,
          'thing.happened', 'user:ada', jsonb_build_object('us', us)
        from unnest(${writtenAtOnce}::text[]) us`,
    );
  }
});
afterAll(() => api.stop());

interface Entry {
  id: string;
  at: string;
  kind: string;
}

const audit = async (query: string) => {
  const { status, body } = await api.a.call<{ items: Entry[]; next_cursor: string | null; code?: string }>(
    'GET',
    `/audit?${query}`,
  );
  return { status, ...body };
};

test('shows what happened to a subject, newest first, however long ago', async () => {
  const { items } = await audit(`subject_id=${SUBJECT}`);
  expect(items).toHaveLength(4);
  expect(items[0]).toMatchObject({ at: '2026-03-01T12:00:00.999Z', kind: 'thing.happened' });
});

test('turns its pages without losing or repeating what was written at once', async () => {
  const { items } = await audit(`subject_id=${SUBJECT}`);
  const paged: Entry[] = [];
  let query = '';
  for (let page = 0; page < 4; page++) {
    const { items, next_cursor } = await audit(`subject_id=${SUBJECT}&limit=1${query}`);
    paged.push(...items);
    query = `&cursor=${next_cursor}`;
    expect(next_cursor === null).toBe(page === 3);
  }
  expect(paged).toEqual(items);
});

test('looks through a range of time, by kind and by actor', async () => {
  const day = 'from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z';
  expect((await audit(day)).items).toHaveLength(4);
  expect((await audit(`${day}&kind=thing.happened&actor=user:ada`)).items).toHaveLength(4);
  expect((await audit(`${day}&kind=other`)).items).toEqual([]);
  expect((await audit(`${day}&kind=thing.`)).items).toHaveLength(4);
  expect((await audit(`${day}&actor=user:eve`)).items).toEqual([]);
  const recent = await audit('');
  expect(recent.items.map(({ kind }) => kind)).toEqual(['api_key.created', 'tenant.created']);
});

test.each([
  ['from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z', 'invalid_time_range'],
  ['subject_id=x', 'invalid_request'],
  [
    `cursor=${Buffer.from(JSON.stringify([`${'9'.repeat(19)} ${v7()}`])).toString('base64url')}`,
    'invalid_cursor',
  ],
  [`cursor=${Buffer.from(JSON.stringify([`2026-03-01 ${v7()}`])).toString('base64url')}`, 'invalid_cursor'],
])('refuses %s', async (query, code) => {
  expect(await audit(query)).toMatchObject({ status: 422, code });
});

describe('the chain', () => {
  const get = <T>(path: string) => api.a.call<T>('GET', path);

  test('says how far the log is sealed, which checkpoints there are, and what its last verification said', async () => {
    const nothing = {
      seals: 0,
      entries: 0,
      head: null,
      sealed_at: null,
      verification: null,
      verification_due: false,
    };
    // Of a fresh database it is due after ten minutes, which the tests before this one may have taken.
    await api.asOwner((sql) => sql`update event_log_sealers set verify_at = now() + interval '1 hour'`);
    expect((await get('/audit/chain')).body).toEqual(nothing);
    expect((await get('/audit/checkpoints')).body).toEqual({ items: [], next_cursor: null });
    const db = connect({ url: api.url, role: 'pawl_sealer', poolMax: 2, applicationName: 'test sealer' });
    await sealEverything(db);
    const signer = createSigner('5eed'.repeat(16));
    const kept: Checkpoint[] = [];
    const anchor: Anchor = {
      name: 'memory',
      write: async (one) => void kept.push(one),
      read: async () => [],
      tenants: async () => [],
    };
    await writeCheckpoints({ db, signer, anchor, minutes: 0 });
    const { body } = await get<{ items: object[] }>('/audit/checkpoints');
    const own = kept.find(({ tenantId }) => tenantId === api.a.tenant.id);
    expect(body.items).toMatchObject([
      { seals: 1, entries: 6, head: own?.head, signature: own?.signature, anchor: 'memory' },
    ]);

    const asked = await api.a.call('POST', '/audit/verifications');
    expect(asked).toMatchObject({ status: 202, body: { asked: true } });
    expect((await get('/audit/chain')).body).toMatchObject({ verification_due: true });
    await api.asOwner((sql) => sql`update event_log set actor = 'user:eve' where subject_id = ${SUBJECT}`);
    const options = { db, anchor: null, trustedKeys: [], keepDays: 400, hours: 24, onFinding: () => {} };
    await verifyNextShard(options);
    const chain = await get<{ verification: object }>('/audit/chain');
    expect(chain.body).toMatchObject({ seals: 1, entries: 6, verification_due: false });
    expect(chain.body.verification).toMatchObject({
      ok: false,
      finding: { kind: 'changed', entry: { subject_id: SUBJECT } },
    });
    // It was just done.
    expect((await api.a.call('POST', '/audit/verifications')).body).toEqual({ asked: false });
    expect((await api.b.call('GET', '/audit/chain')).body).toMatchObject({ entries: 2 });
    await db.close();
  });
});

test('takes any cursor that might be one', async () => {
  const cursor = Buffer.from(JSON.stringify([`-4${'6'.repeat(18)} ${v7()}`])).toString('base64url');
  expect((await audit(`cursor=${cursor}`)).status).toBe(200);
});
