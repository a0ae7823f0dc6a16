// What a download holds: every row once, however often it breaks off, and whatever commits meanwhile.
import { parquetReadObjects } from 'hyparquet';
import postgres, { type Sql } from 'postgres';
import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { setupApi, type TestApi } from '../api.testkit.ts';

const ROWS = 6_000;

let api: TestApi;
let owner: Sql;

beforeAll(async () => {
  api = await setupApi();
  owner = postgres(api.url, { max: 2, onnotice: () => {} });
  await insert(
    owner,
    Array.from({ length: ROWS }, () => v7()),
  );
  await insert(owner, [v7()], api.b.tenant);
});
afterAll(async () => {
  await owner.end();
  await api.stop();
});

/** As workers would have recorded them. */
function insert(sql: Sql | postgres.TransactionSql, ids: string[], of = api.a.tenant) {
  return sql`
    insert into utility_ledger (shard, tenant_id, attempt_id, kind, quantity, outcome, provider, connection_id,
      workflow_id, job_id, action_run_id, attempt, status_code, request_bytes, response_bytes, duration_ms)
    select ${of.shard}, ${of.id}, id::uuid, 'WebhookEgress', 1, 'succeeded', 'generic_rest', id::uuid, id::uuid, id::uuid,
      id::uuid, 1, 200, 100, 4000000000, 5 from unnest(${ids}::text[]) as i(id)`;
}

const allIds = async () => {
  const rows = await owner`
    select attempt_id from utility_ledger where tenant_id = ${api.a.tenant.id} order by attempt_id`;
  return rows.map((row) => row.attempt_id as string);
};

async function ask(query: string) {
  const { status, body, headers } = await api.a.call('GET', `/metering/export?${query}`);
  expect(status).toBe(200);
  return { body, cursor: headers.get('pawl-cursor') ?? '', next: headers.get('pawl-next-cursor') ?? '' };
}
const idsOf = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).attempt_id);

/** Rows of what is settled; transactions of other tests on this server may hold it up for a moment. */
async function askUntil(query: string, rows: number) {
  for (;;) {
    const answer = await ask(query);
    if (idsOf(answer.body).length >= rows) return answer;
  }
}

describe('a download', () => {
  test('has each row once across pages, a restart in the middle, and commits out of order', async () => {
    const first = await askUntil('', ROWS);
    const release = Promise.withResolvers<void>();
    const written = Promise.withResolvers<void>();
    const early = v7();
    const slow = owner.begin(async (sql) => {
      await insert(sql, [early]);
      written.resolve();
      await release.promise;
    });
    await written.promise;
    await insert(owner, [v7(), v7()]);

    // Broken off in the middle, then resumed: the same set, though more has come since.
    const lines = first.body.split('\n').slice(0, 3_500);
    const broken = idsOf(lines.join('\n'));
    const resumed = await ask(`cursor=${first.cursor}&after=${broken.at(-1)}`);
    const got = [...broken, ...idsOf(resumed.body)];
    expect(resumed.cursor).toBe(first.cursor);

    // What committed before the slow one, and began after it, waits for it.
    const second = await ask(`cursor=${first.next}`);
    expect(idsOf(second.body)).toEqual([]);
    release.resolve();
    await slow;
    const third = await askUntil(`cursor=${second.next}`, 3);
    got.push(...idsOf(third.body));
    expect(got).toContain(early);
    expect(got.toSorted()).toEqual(await allIds());
    expect(new Set(got).size).toBe(got.length);
  });

  test('comes in parts of a size that is asked for', async () => {
    const whole = await ask('');
    const ids: string[] = [];
    for (let query = `cursor=${whole.cursor}&limit=4000`; ; ) {
      const part = idsOf((await ask(query)).body);
      ids.push(...part);
      if (part.length < 4_000) break;
      query = `cursor=${whole.cursor}&limit=4000&after=${part.at(-1)}`;
    }
    expect(ids).toEqual(idsOf(whole.body));
  });

  test('holds the same rows in every format', async () => {
    const { body, cursor } = await ask('limit=2');
    const rows = body
      .split('\n')
      .slice(0, 2)
      .map((line: string) => JSON.parse(line));
    const csv = await ask(`cursor=${cursor}&limit=2&format=csv`);
    const [head, ...lines] = csv.body.split('\r\n');
    expect(head.split(',')).toEqual(Object.keys(rows[0]));
    expect(lines[1].split(',')).toEqual(Object.values(rows[1]).map((value) => String(value ?? '')));
    const { body: events } = await ask(`cursor=${cursor}&limit=2&format=cloudevents`);
    expect(events).toHaveLength(2);
    const { attempt_id: id, at, kind: _, ...data } = rows[0];
    expect(events[0]).toEqual({
      specversion: '1.0',
      id,
      source: `urn:pawl:tenant:${api.a.tenant.id}`,
      type: 'pawl.webhook.egress',
      subject: api.a.tenant.id,
      time: at,
      datacontenttype: 'application/json',
      data,
    });
    const none = await ask(`cursor=${cursor}&format=cloudevents&to=2020-01-01T00:00:00Z`);
    expect(none.body).toEqual([]);
  });

  test('is a Parquet file that a reader opens, in groups of rows', async () => {
    const { cursor, body } = await ask('');
    const response = await api.app.request(`/api/v1/metering/export?format=parquet&cursor=${cursor}`, {
      headers: { authorization: `Bearer ${api.a.key}` },
    });
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="usage-alder.parquet"');
    const rows = await parquetReadObjects({ file: await response.arrayBuffer() });
    const [first] = body.split('\n', 1).map((line: string) => JSON.parse(line));
    expect(rows.map((row) => row.attempt_id)).toEqual(idsOf(body));
    expect(rows[0]).toEqual({
      ...first,
      at: new Date(first.at),
      request_bytes: 100n,
      response_bytes: 4_000_000_000n,
    });
  });

  test.each(['cursor=x', 'cursor=WyIxIl0', 'after=1', 'limit=0', 'format=xml'])(
    'refuses %s',
    async (query) => {
      const { status } = await api.a.call('GET', `/metering/export?${query}`);
      expect(status).toBe(422);
    },
  );
});
