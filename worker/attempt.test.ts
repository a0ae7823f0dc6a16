// What comes back from a receiver, and what becomes of the action, through a real worker and real sockets.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unusedPort } from '../egress/receiver.testkit.ts';
import type { Action } from '../engine/definition.ts';
import { gate } from './receiver.testkit.ts';
import { AT_ONCE, type Kit, setup, statuses, until } from './worker.testkit.ts';

let kit: Kit;

beforeAll(async () => {
  kit = await setup();
  await kit.startWorker();
});
afterAll(() => kit?.close());

/** One WEBHOOK through a connection of its own, so that a pause or a broken circuit stays with the test. */
async function one(
  path: string,
  options: Parameters<Kit['webhook']>[1] = {},
  origin?: string,
): Promise<{ jobId: string; connection: string }> {
  const connection = await kit.addConnection(origin === undefined ? {} : { origin });
  const action: Action = kit.webhook(path, {
    ...options,
    params: { ...options.params, connection_id: connection },
  });
  return { jobId: await kit.jobWith([action]), connection };
}

describe('an answer', () => {
  it('of any 2xx is a success, whose status and body guards may ask for', async () => {
    kit.receiver.script('/201', { status: 201, body: { id: 7 } });
    kit.receiver.script('/204', { status: 204 });
    const made = await one('/201');
    const empty = await one('/204');
    expect(await kit.settled(made.jobId)).toMatchObject([
      { status: 'SUCCEEDED', attempts: 1, error: null, response: { status: 201, body: { id: 7 } } },
    ]);
    expect(await kit.settled(empty.jobId)).toMatchObject([
      { status: 'SUCCEEDED', response: { status: 204 } },
    ]);
    expect(await kit.ledgerOf(made.jobId)).toMatchObject([
      { outcome: 'succeeded', statusCode: 201, attempt: 1 },
    ]);
  });

  it.each([301, 400, 404, 409, 422])('of %i fails the action at its first attempt', async (status) => {
    kit.receiver.script(`/${status}`, { status, headers: { location: `${kit.receiver.origin}/elsewhere` } });
    const { jobId } = await one(`/${status}`, { idempotent: true });
    expect(await kit.settled(jobId)).toMatchObject([
      { status: 'FAILED', attempts: 1, error: { code: `http_${status}` }, response: { status } },
    ]);
    expect(kit.receiver.at('/elsewhere')).toEqual([]);
  });

  it.each([401, 403])('of %i fails the action and flags the connection', async (status) => {
    kit.receiver.script(`/${status}`, { status });
    const { jobId, connection } = await one(`/${status}`);
    expect(await kit.settled(jobId)).toMatchObject([{ status: 'FAILED', attempts: 1 }]);
    const [row] =
      await kit.admin`select flag, flagged_at is not null as dated from connections where id = ${connection}`;
    expect(row).toEqual({ flag: expect.stringContaining(String(status)), dated: true });
  });

  it.each([408, 425, 429])(
    'of %i is tried again, whether or not the call is safe to repeat',
    async (status) => {
      kit.receiver.script(`/${status}`, ({ nth }) => (nth === 1 ? { status } : {}));
      const { jobId } = await one(`/${status}`);
      expect(await kit.settled(jobId)).toMatchObject([{ status: 'SUCCEEDED', attempts: 2 }]);
    },
  );

  it('of 5xx is tried again only where repeating is safe', async () => {
    kit.receiver.script('/500', { status: 500 });
    const unsafe = await one('/500');
    const safe = await one('/500', { idempotent: true });
    const byMethod = await one('/500', { params: { method: 'PUT' } });
    expect(await kit.settled(unsafe.jobId)).toMatchObject([{ status: 'FAILED', attempts: 1 }]);
    expect(await kit.settled(safe.jobId)).toMatchObject([{ status: 'FAILED', attempts: 3 }]);
    expect(await kit.settled(byMethod.jobId)).toMatchObject([{ status: 'FAILED', attempts: 3 }]);
  });

  it.each([
    ['seconds', '120', 120_000],
    ['ten to the nine seconds', '1000000000', 3_600_000],
    ['a date in a century', 'Fri, 01 Jan 2125 00:00:00 GMT', 3_600_000],
  ])(
    'that asks to be left alone for %s is: the schedule says so, and never more than an hour',
    async (_, asked, ms) => {
      const path = `/retry-after/${encodeURIComponent(asked)}`;
      kit.receiver.script(path, { status: 429, headers: { 'retry-after': asked } });
      const { jobId } = await one(path);
      const due = await until('it is scheduled', async () => {
        const [row] = await kit.queueOf(jobId);
        return row?.workerId === null && row.dueInMs !== null && row.dueInMs > 1_000 && row.dueInMs;
      });
      expect(due).toBeGreaterThan(ms - 60_000);
      // A look that began before the commit may still see it, and counts from when it began.
      expect(due).toBeLessThan(ms + 1_000);
      expect(statuses(await kit.runsOf(jobId))).toEqual(['RETRYING']);
    },
  );

  it('is tried again as late as the definition says, also when that is hours', async () => {
    kit.receiver.script('/in-hours', { status: 429 });
    const retry = { backoff: { initial_ms: 86_400_000, max_ms: 86_400_000 } };
    const waits = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const { jobId } = await one('/in-hours', { retry });
        return until('it is scheduled', async () => {
          const [row] = await kit.queueOf(jobId);
          return row?.workerId === null && row.dueInMs !== null && row.dueInMs > 1_000 && row.dueInMs;
        });
      }),
    );
    // Each is somewhere in the day: that all five are in its first hour is out of the question.
    expect(Math.max(...waits)).toBeGreaterThan(3_600_000);
    expect(Math.max(...waits)).toBeLessThan(86_401_000);
  });

  it('of 429 that says no time lets the connection rest, not this action alone', async () => {
    kit.receiver.script('/too-many', ({ nth }) => (nth === 1 ? { status: 429 } : {}));
    const { jobId, connection } = await one('/too-many');
    expect(await kit.settled(jobId)).toMatchObject([{ status: 'SUCCEEDED', attempts: 2 }]);
    await until('its rest is written', async () => {
      const [row] = await kit.admin`
        select paused_until from connection_health where connection_id = ${connection}`;
      return row?.paused_until;
    });
  });

  it.each(['-5', 'Mon, 01 Jan 2001 00:00:00 GMT'])('that asks for "%s" asks for no wait', async (asked) => {
    const path = `/retry-after/${encodeURIComponent(asked)}`;
    kit.receiver.script(path, ({ nth }) =>
      nth === 1 ? { status: 429, headers: { 'retry-after': asked } } : {},
    );
    const { jobId } = await one(path);
    expect(await kit.settled(jobId)).toMatchObject([{ status: 'SUCCEEDED', attempts: 2 }]);
  });
});

describe('an outcome nobody knows', () => {
  it('parks the action for a person when the deadline passes after the request went out', async () => {
    const never = gate();
    kit.receiver.script('/hang', () => never.promise);
    const { jobId } = await one('/hang', { timeout_ms: 50 });
    expect(await kit.settled(jobId)).toMatchObject([
      { status: 'UNKNOWN', attempts: 1, finishedAt: null, error: { code: 'timeout' } },
    ]);
    expect(await kit.queueOf(jobId)).toMatchObject([
      { waitsForPerson: true, workerId: null, attemptId: null },
    ]);
    expect(await kit.ledgerOf(jobId)).toMatchObject([{ outcome: 'unknown', statusCode: null }]);
    never.resolve({});
  });

  it('parks the action when the connection is reset before the answer', async () => {
    kit.receiver.script('/reset', () => 'reset');
    const { jobId } = await one('/reset');
    expect(await kit.settled(jobId)).toMatchObject([
      { status: 'UNKNOWN', attempts: 1, error: { code: 'reset' } },
    ]);
  });

  it('is sent again under the same Idempotency-Key where repeating is safe, or asked for', async () => {
    kit.receiver.script('/once', ({ nth }) => (nth === 1 ? 'reset' : {}));
    kit.receiver.script('/asked', ({ nth }) => (nth === 1 ? 'reset' : {}));
    const safe = await one('/once', { idempotent: true });
    const asked = await one('/asked', { on_unknown: 'resend' });
    const runs = [...(await kit.settled(safe.jobId)), ...(await kit.settled(asked.jobId))];
    expect(runs).toMatchObject([
      { status: 'SUCCEEDED', attempts: 2 },
      { status: 'SUCCEEDED', attempts: 2 },
    ]);
    expect(kit.receiver.at('/once').map(({ key }) => key)).toEqual([runs[0]?.id, runs[0]?.id]);
    expect(kit.receiver.at('/asked').map(({ key }) => key)).toEqual([runs[1]?.id, runs[1]?.id]);
    expect(await kit.ledgerOf(safe.jobId)).toMatchObject([{ outcome: 'unknown' }, { outcome: 'succeeded' }]);
  });

  it('keeps the rest of the list waiting', async () => {
    kit.receiver.script('/stuck', () => 'reset');
    const jobId = await kit.jobWith([
      kit.webhook('/stuck', { continue_on_failure: true }),
      kit.webhook('/behind'),
    ]);
    expect(statuses(await kit.settled(jobId))).toEqual(['UNKNOWN', 'QUEUED']);
    expect(kit.receiver.at('/behind')).toEqual([]);
  });
});

describe('a request that never left', () => {
  it('is tried again when nobody listens, and fails in the end', async () => {
    const { jobId } = await one('/nobody', {}, `http://127.0.0.1:${await unusedPort()}`);
    expect(await kit.settled(jobId)).toMatchObject([
      { status: 'FAILED', attempts: 3, error: { code: 'refused' } },
    ]);
    expect(await kit.ledgerOf(jobId)).toMatchObject([
      { outcome: 'failed' },
      { outcome: 'failed' },
      { outcome: 'failed' },
    ]);
  });

  it('is not tried again when its address is one that Pawl never calls', async () => {
    const { jobId } = await one('/inside', {}, 'http://169.254.169.254');
    expect(await kit.settled(jobId)).toMatchObject([
      { status: 'FAILED', attempts: 1, error: { code: 'blocked' } },
    ]);
    const [attempt] = (await kit.logOf(jobId)).filter(({ kind }) => kind === 'attempt');
    expect(attempt?.data).toMatchObject({ outcome: 'failed', code: 'blocked' });
  });
});

describe('what the audit keeps', () => {
  const everything = async (jobId: string) =>
    JSON.stringify([await kit.runsOf(jobId), await kit.logOf(jobId)]);

  it('is the first 16 KiB of a body', async () => {
    kit.receiver.script('/long', { headers: { 'content-type': 'text/plain' }, body: 'x'.repeat(300_000) });
    const { jobId } = await one('/long');
    const [run] = await kit.settled(jobId);
    expect(run?.response).toMatchObject({ body: 'x'.repeat(16_384), truncated: true });
    const [attempt] = (await kit.logOf(jobId)).filter(({ kind }) => kind === 'attempt');
    expect(attempt?.data.response).toEqual(run?.response);
  });

  it('holds no secret that the receiver echoes, in headers or body, on success or failure', async () => {
    const secret = 'Bearer s3cret-of-the-test';
    const spellings = [
      secret,
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('hex'),
      encodeURIComponent(secret),
    ];
    for (const status of [200, 400, 500]) {
      kit.receiver.script(`/echo/${status}`, ({ headers }) => ({
        status,
        headers: { 'x-echo': String(headers.authorization), 'x-hex': spellings[2] as string },
        body: { got: headers.authorization ?? null, spellings, [secret]: 1 },
      }));
      const { jobId } = await one(`/echo/${status}`);
      const [run] = await kit.settled(jobId);
      expect(kit.receiver.at(`/echo/${status}`)[0]?.headers.authorization).toBe(secret);
      expect(run?.response).toMatchObject({ status, body: { got: '***' } });
      expect(run?.request).toMatchObject({ headers: { authorization: '***' } });
      const kept = await everything(jobId);
      for (const spelling of spellings) expect(kept).not.toContain(spelling);
    }
  });

  it('holds no secret either where that is as long as one may be, and all of it may be escaped', async () => {
    const secret = Array.from({ length: 4_000 }, (_, i) => String.fromCharCode(97 + (i % 26))).join('.');
    const connection = await kit.addConnection({
      credentials: { base_url: kit.receiver.origin, auth_header: secret },
    });
    kit.receiver.script('/long-secret', ({ headers }) => ({
      body: JSON.stringify({ got: headers.authorization }).replaceAll('.', '\\u002e'),
    }));
    const jobId = await kit.jobWith([kit.webhook('/long-secret', { params: { connection_id: connection } })]);
    expect(await kit.settled(jobId)).toMatchObject([
      { status: 'SUCCEEDED', attempts: 1, response: { body: { got: '***' } } },
    ]);
    expect(kit.receiver.at('/long-secret')[0]?.headers.authorization).toBe(secret);
    expect(await everything(jobId)).not.toContain(secret.slice(0, 20));
  });

  it('holds the beginning of what a vendor says, however much that is, as does the connection', async () => {
    const token = 'glpat-00000000000000000000';
    const connection = await kit.addConnection({
      provider: 'gitlab',
      credentials: { base_url: kit.receiver.origin, token },
    });
    const words = `${'x'.repeat(2_030)} ${token} ${'y'.repeat(500_000)}`;
    kit.receiver.script('/api/v4/user', { status: 401, body: { message: words } });
    const jobId = await kit.jobWith([
      kit.webhook('/api/v4/user', { params: { method: 'GET', connection_id: connection } }),
    ]);
    const [run] = await kit.settled(jobId);
    const kept = `GitLab: ${'x'.repeat(2_030)} *** yyyyy…`;
    expect(run?.error).toEqual({ code: 'http_401', message: kept });
    const [row] = await kit.admin`select flag from connections where id = ${connection}`;
    expect(row).toEqual({ flag: kept });
    expect((await everything(jobId)).length).toBeLessThan(200_000);
  });

  it('takes NUL, lone surrogates and invalid UTF-8 as U+FFFD, and the list goes on', async () => {
    kit.receiver.script('/nul', { body: '{"a":"x\\u0000y","b":"\\ud800"}' });
    kit.receiver.script('/utf8', {
      headers: { 'content-type': 'text/plain' },
      body: Buffer.from([0x61, 0xff, 0x00]),
    });
    const jobId = await kit.jobWith([
      kit.webhook('/nul', { name: 'nul' }),
      kit.webhook('/utf8', { params: { body: '<<actions.nul.response.body.a>>' } }),
    ]);
    const [nul, utf8] = await kit.settled(jobId);
    expect(nul).toMatchObject({ status: 'SUCCEEDED', response: { body: { a: 'x\ufffdy', b: '\ufffd' } } });
    expect(utf8).toMatchObject({ status: 'SUCCEEDED', response: { body: 'a\ufffd\ufffd' } });
  });
});

it('a circuit that many misses opened keeps its lane waiting, and lets a request find out later', async () => {
  const dead = `http://127.0.0.1:${await unusedPort()}`;
  const connection = await kit.addConnection({ origin: dead });
  const action = kit.webhook('/dead', {
    params: { connection_id: connection },
    retry: { ...AT_ONCE, max_attempts: 20 },
  });
  const jobId = await kit.jobWith([action]);
  // After ten misses nothing is claimed for this lane, although it is due.
  await until('ten attempts are recorded', async () => (await kit.runsOf(jobId))[0]?.attempts === 10);
  const elsewhere = await kit.jobWith([kit.webhook('/alive')]);
  expect(statuses(await kit.settled(elsewhere))).toEqual(['SUCCEEDED']);
  expect((await kit.runsOf(jobId))[0]?.attempts).toBeLessThan(20);
});
