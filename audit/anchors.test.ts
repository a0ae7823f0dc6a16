import { once } from 'node:events';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { connect, type Database } from '../db/client.ts';
import { createTenant } from '../db/operator.ts';
import { LOOPBACK_POLICY } from '../egress/receiver.testkit.ts';
import { createSender, type Sender } from '../egress/sender.ts';
import { createDatabase, type TestDatabase } from '../test/postgres.testkit.ts';
import { type Anchor, createFileAnchor } from './anchor.ts';
import { sealEverything } from './audit.testkit.ts';
import { type Checkpoint, createSigner, isSigned } from './checkpoint.ts';
import { writeCheckpoints } from './checkpoints.ts';
import { lostTenants } from './lost-tenants.ts';
import { createS3Anchor } from './s3-anchor.ts';
import { verifyNextShard } from './verifications.ts';

const signer = createSigner('5eed'.repeat(16));
const TENANT = '01900000-0000-7000-8000-00000000000a';
const OTHER = '01900000-0000-7000-8000-00000000000b';

const checkpoint = (tenantId: string, seals: number): Checkpoint => {
  const head = { tenantId, seals: BigInt(seals), entries: BigInt(seals * 3), head: 'ab'.repeat(32) };
  return signer.sign(head, new Date(Date.UTC(2026, 10, seals)));
};

/** As much of S3 as is used, and it refuses whoever does not sign. */
const objects = new Map<string, string>();
const store: Server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const url = new URL(request.url ?? '', 'http://s3');
  const signed = /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\//.test(request.headers.authorization ?? '');
  const answer = (status: number, body = '') =>
    response.writeHead(status, { 'content-type': 'application/xml' }).end(body);
  if (!signed) return answer(403, '<Error><Code>AccessDenied</Code></Error>');
  if (request.method === 'PUT') {
    if (request.headers['if-none-match'] === '*' && objects.has(url.pathname)) {
      return answer(412, '<Error><Code>PreconditionFailed</Code></Error>');
    }
    objects.set(url.pathname, Buffer.concat(chunks).toString());
    return answer(200);
  }
  if (url.searchParams.has('list-type')) {
    const prefix = `${url.pathname.replace(/\/$/, '')}/${url.searchParams.get('prefix')}`;
    const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).sort();
    if (url.searchParams.has('delimiter')) {
      const slash = (key: string) => key.indexOf('/', prefix.length) + 1;
      const inBucket = (key: string) => key.replace(/^\/[^/]+\//, '');
      const under = new Set(keys.filter(slash).map((key) => inBucket(key.slice(0, slash(key)))));
      const common = [...under].map((one) => `<CommonPrefixes><Prefix>${one}</Prefix></CommonPrefixes>`);
      const here = keys.filter((key) => !slash(key)).map(inBucket);
      const contents = here.map((key) => `<Contents><Key>${key}</Key></Contents>`);
      const list = [...contents, ...common].join('');
      return answer(200, `<ListBucketResult><IsTruncated>false</IsTruncated>${list}</ListBucketResult>`);
    }
    const after = url.searchParams.get('continuation-token');
    // Two a page.
    const page = keys.filter((key) => after === null || key > after).slice(0, 2);
    const more = page.length === 2 && page.at(-1) !== keys.at(-1);
    const contents = page
      .map((key) => `<Contents><Key>${key.replace(/^\/[^/]+\//, '')}</Key></Contents>`)
      .join('');
    const token = more ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '';
    return answer(
      200,
      `<ListBucketResult><IsTruncated>${more}</IsTruncated>${token}${contents}</ListBucketResult>`,
    );
  }
  const object = objects.get(url.pathname);
  return object === undefined ? answer(404, '<Error><Code>NoSuchKey</Code></Error>') : answer(200, object);
});

let directory: string;
let sender: Sender;
let endpoint: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pawl-anchor-'));
  sender = createSender({ policy: LOOPBACK_POLICY, userAgent: 'Pawl/test' });
  store.listen(0, '127.0.0.1');
  await once(store, 'listening');
  endpoint = `http://127.0.0.1:${(store.address() as AddressInfo).port}`;
  process.env.AWS_REGION = 'eu-west-1';
});
afterAll(async () => {
  await sender.close();
  store.close();
  await rm(directory, { recursive: true });
});

const s3Anchor = (accessKeyId = 'AKIDEXAMPLE') =>
  createS3Anchor({
    bucket: 'anchors',
    prefix: 'pawl/',
    endpoint,
    send: sender.send,
    credentials: { accessKeyId, secretAccessKey: 'wJalrXUtnFEMI/K7MDENG' },
  });

describe.each([
  ['a directory', async (): Promise<Anchor> => createFileAnchor(join(directory, 'files'))],
  ['S3', s3Anchor],
])('%s', (_, open) => {
  test('keeps the checkpoints of each tenant, as they were signed', async () => {
    const anchor = await open();
    expect(await anchor.read(TENANT)).toEqual([]);
    for (const seals of [9, 10, 11]) await anchor.write(checkpoint(TENANT, seals));
    await anchor.write(checkpoint(OTHER, 1));
    const kept = await anchor.read(TENANT);
    expect(kept).toEqual([9, 10, 11].map((seals) => checkpoint(TENANT, seals)));
    expect(kept.every((one) => isSigned(one, [signer.publicKey]))).toBe(true);
    expect(kept.some((one) => isSigned(one, [createSigner('00'.repeat(32)).publicKey]))).toBe(false);
    expect(isSigned({ ...checkpoint(TENANT, 9), entries: 28n }, [signer.publicKey])).toBe(false);
    expect((await anchor.tenants()).sort()).toEqual([TENANT, OTHER]);
  });

  test('goes on behind a gap that was acknowledged, with as many seals as before', async () => {
    const anchor = await open();
    const of = '01900000-0000-7000-8000-00000000000c';
    const [nine, ten] = [checkpoint(of, 9), checkpoint(of, 10)];
    const until = ten.at;
    const gap = { firstEntry: 28n, lastEntry: 30n, until, by: 'Ada', reason: 'a restore' };
    const acknowledging = signer.sign(nine, new Date(), gap);
    const another = signer.sign({ ...ten, head: 'cd'.repeat(32) }, new Date());
    const written = [nine, ten, acknowledging, another, signer.sign(another, new Date(), gap)];
    for (const one of written) await anchor.write(one);
    const kept = await anchor.read(of);
    expect(kept).toEqual(written);
    expect(kept.every((one) => isSigned(one, [signer.publicKey]))).toBe(true);
    const says = (more: object) => ({ ...acknowledging, acknowledges: { ...gap, ...more } });
    expect(isSigned(says({ by: 'Eve' }), [signer.publicKey])).toBe(false);
    expect(isSigned({ ...nine, acknowledges: gap }, [signer.publicKey])).toBe(false);
  });

  test('tells of a tenant that is gone together with its log, unless nobody signed what is kept of it', async () => {
    const anchor = await open();
    const third = '01900000-0000-7000-8000-00000000000c';
    const lost = (keys: string[], ...known: string[]) =>
      lostTenants(anchor, new Set([...known, third]), keys);
    expect(await lost([signer.publicKey], TENANT, OTHER)).toEqual([]);
    expect(await lost([signer.publicKey], OTHER)).toMatchObject([
      { tenantId: TENANT, finding: { kind: 'cut', message: expect.stringContaining('33 entries') } },
    ]);
    expect(await lost([createSigner('00'.repeat(32)).publicKey])).toEqual([]);
  });
});

test('S3 is never made to forget a checkpoint that it has, and says so', async () => {
  const anchor = await s3Anchor();
  const before = new Map(objects);
  await anchor.write(checkpoint(TENANT, 9));
  const another = signer.sign({ ...checkpoint(TENANT, 9), head: 'cd'.repeat(32) }, new Date());
  await expect(anchor.write(another)).rejects.toMatchObject({ code: 'anchor_holds_another' });
  expect(objects).toEqual(before);
  const refused = await s3Anchor('SOMEBODY');
  const unavailable = { kind: 'Unavailable', code: 'anchor_unavailable' };
  await expect(refused.write(checkpoint(TENANT, 12))).rejects.toMatchObject(unavailable);
  await expect(refused.read(TENANT)).rejects.toMatchObject(unavailable);
});

test('what is no checkpoint is one that nobody signed', async () => {
  const anchor = createFileAnchor(directory);
  await anchor.write(checkpoint(TENANT, 1));
  await appendFile(join(directory, `${TENANT}.jsonl`), '{"version":1}\n');
  const kept = await anchor.read(TENANT);
  expect(kept.map((one) => isSigned(one, [signer.publicKey]))).toEqual([true, false]);
});

test('what a full disk broke off is no checkpoint, and does not take the next one along', async () => {
  const anchor = createFileAnchor(join(directory, 'broken'));
  const file = join(directory, 'broken', `${TENANT}.jsonl`);
  await anchor.write(checkpoint(TENANT, 1));
  await appendFile(file, '{"version":1,"tenant_id":"');
  expect(await anchor.read(TENANT)).toEqual([checkpoint(TENANT, 1)]);
  await anchor.write(checkpoint(TENANT, 2));
  expect(await anchor.read(TENANT)).toEqual([checkpoint(TENANT, 1), checkpoint(TENANT, 2)]);
});

describe('beside a worker', () => {
  let database: TestDatabase;
  let db: Database;
  let root: postgres.Sql;
  let tenantId: string;
  beforeAll(async () => {
    database = await createDatabase();
    root = postgres(database.url, { max: 1, onnotice: () => {} });
    db = connect({ url: database.url, role: 'pawl_sealer', poolMax: 2, applicationName: 'test' });
    const operator = connect({
      url: database.url,
      role: 'pawl_operator',
      poolMax: 1,
      applicationName: 'test',
    });
    tenantId = (await createTenant(operator, { name: 'Alder', slug: 'alder', shard: 3 })).id;
    await operator.close();
    await sealEverything(db);
  });
  afterAll(async () => {
    await Promise.all([db.close(), root.end()]);
    await database.drop();
  });

  test('a chain that grew is signed once in its time, and verified when its shard is due', async () => {
    const anchor = createFileAnchor(join(directory, 'written'));
    const refusing = { ...anchor, write: () => Promise.reject(new Error('the disk is full')) };
    await expect(writeCheckpoints({ db, signer, anchor: refusing, minutes: 60 })).rejects.toThrow(
      'the disk is full',
    );
    const options = { db, signer, anchor, minutes: 60 };
    expect(await writeCheckpoints(options)).toBe(1);
    expect(await writeCheckpoints({ ...options, minutes: 0 })).toBe(0);
    expect(await anchor.read(tenantId)).toMatchObject([{ tenantId, seals: 1n, entries: 1n }]);

    const found: string[] = [];
    const verify = () =>
      verifyNextShard({
        db,
        anchor,
        trustedKeys: [signer.publicKey],
        hours: 24,
        keepDays: 400,
        onFinding: (_, { kind }) => found.push(kind),
      });
    // Of a fresh database it is due after ten minutes, which the tests before this one may have taken.
    await root`update event_log_sealers set verify_at = now() + interval '1 hour'`;
    expect(await verify()).toBe(false);
    const due = () => root`update event_log_sealers set verify_at = now() where shard = 3`;
    await due();
    expect([await verify(), await verify()]).toEqual([true, false]);
    const ofTenant = () =>
      root`select ok, entry_count, problem from event_log_verifications where tenant_id = ${tenantId}`;
    expect(await ofTenant()).toMatchObject([{ ok: true, entry_count: '1', problem: null }]);
    await root`update event_log set actor = 'user:eve' where tenant_id = ${tenantId}`;
    await due();
    await verify();
    expect(found).toEqual(['changed']);
    expect(await ofTenant()).toMatchObject([
      { ok: false, problem: { kind: 'changed', nth: 1, entry: { kind: 'tenant.created' } } },
    ]);
  });

  test('a chain is signed again in its time though the clock of the machine was a year ahead the last time', async () => {
    const anchor = createFileAnchor(join(directory, 'ahead'));
    const grow = async (id: string) => {
      await root`
        insert into event_log (shard, tenant_id, subject_id, id, kind, actor, data)
        values (3, ${tenantId}, ${tenantId}, ${id}, 'tenant.renamed', 'operator', '{}')`;
      await sealEverything(db);
      return writeCheckpoints({ db, signer, anchor, minutes: 0 });
    };
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 365 * 86_400_000 });
    try {
      expect(await grow(OTHER)).toBe(1);
    } finally {
      vi.useRealTimers();
    }
    expect(await grow(TENANT)).toBe(1);
    const [first] = await anchor.read(tenantId);
    expect(Date.parse(first?.at ?? '')).toBeLessThanOrEqual(Date.now());
  });
});
