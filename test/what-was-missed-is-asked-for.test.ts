// GitHub sends everything once, and lists what it sent: what did not arrive is asked for, and comes in as everything does.
import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { JsonObject } from '../engine/json.ts';
import { gate, type ScriptedAnswer } from '../worker/receiver.testkit.ts';
import { type StartedWorker, until } from '../worker/worker.testkit.ts';
import { type InboundKit, OPENS, setupInbound, type TestSource } from './inbound.testkit.ts';
import { type StandIn, startStandIn } from './stand-in.testkit.ts';

const HOOK = 'repos/octo-org/api/hooks/42';
const LIST = `/api.github.com/${HOOK}/deliveries`;
const PER_PAGE = 3;

/** An attempt as GitHub lists it. */
interface Attempt {
  id: bigint;
  guid: string;
  at: Date;
  status: number;
}

let kit: InboundKit;
let github: StandIn;
let source: TestSource;
let connection: string;
let workers: StartedWorker[] = [];
/** Newest first. */
let attempts: Attempt[];
/** Instead of the answer to a request for another attempt, after it was made. */
let otherwise: ScriptedAnswer | 'reset' | null;
/** One more than the greatest number JavaScript is exact about. */
let lastId = 2n ** 53n + 1n;
let names = 0;

beforeAll(async () => {
  kit = await setupInbound();
  github = await startStandIn(({ method, path }) => {
    const id = path.match(/\/deliveries\/([0-9]+)\/attempts$/)?.[1];
    return method === 'POST' && id !== undefined ? tryAgain(BigInt(id)) : { status: 404, body: {} };
  });
});
beforeEach(async () => {
  [attempts, otherwise] = [[], null];
  github.script(LIST, ({ path }) => page(path));
  const made = (path: string, body: JsonObject) => kit.api.a.call('POST', path, { body });
  const name = `octo ${++names}`;
  source = (await made('/sources', { kind: 'github', name })).body;
  await kit.addTrigger(kit.api.a, source, { ...OPENS, event_types: ['issues.opened'] });
  const credentials = { token: 'github_pat_of_nobody' };
  connection = (await made('/tenant/connections', { provider: 'github', connection_name: name, credentials }))
    .body.id;
});
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  workers = [];
});
afterAll(async () => {
  await kit?.close();
  await github?.close();
});

/** As GitHub sends the issue of that name. */
async function deliver(guid: string, repository = 'octo-org/api', hook = '42'): Promise<number> {
  const body = {
    action: 'opened',
    ticket: guid,
    title: 'It broke',
    repository: { full_name: repository },
  };
  const signature = createHmac('sha256', source.secret).update(JSON.stringify(body)).digest('hex');
  const headers = {
    'x-hub-signature-256': `sha256=${signature}`,
    'x-github-event': 'issues',
    'x-github-delivery': guid,
    'x-github-hook-id': hook,
    'x-github-hook-installation-target-type': 'repository',
  };
  const { status } = await kit.api.caller(null)('POST', `/api/integrations/webhook/${source.id}`, {
    body,
    headers,
  });
  return status;
}

/** An attempt so many minutes ago. */
function attempted(guid: string, status: number, minutes: number): void {
  lastId += 1n;
  attempts.unshift({ id: lastId, guid, at: new Date(Date.now() - minutes * 60_000), status });
}

async function tryAgain(id: bigint): Promise<ScriptedAnswer | 'reset'> {
  const before = attempts.find((attempt) => attempt.id === id);
  if (!before) return { status: 404, body: { message: 'Not Found' } };
  attempted(before.guid, await deliver(before.guid), 0);
  return otherwise ?? { status: 202, body: {} };
}

function page(path: string, listed = attempts): ScriptedAnswer {
  const from = Number(new URL(path, github.origin).searchParams.get('cursor') ?? 0);
  const rows = listed
    .slice(from, from + PER_PAGE)
    .map(
      ({ id, guid, at, status }) =>
        `{"id": ${id}, "guid": "${guid}", "delivered_at": "${at.toISOString()}", "redelivery": ${isAgain(id, guid)}, "status_code": ${status}}`,
    );
  const next = from + PER_PAGE;
  return {
    body: Buffer.from(`[${rows.join()}]`),
    headers:
      next < listed.length ? { link: `<https://api.github.com/${HOOK}?cursor=${next}>; rel="next"` } : {},
  };
}

const isAgain = (id: bigint, guid: string): boolean =>
  attempts.some((attempt) => attempt.guid === guid && attempt.id < id);

const path = (rest = '') => `/sources/${source.id}/gap-filler${rest}`;
const shown = async () => (await kit.api.a.call('GET', path())).body;
const fill = (through = connection) => kit.api.a.call('PUT', path(), { body: { connection_id: through } });
const startWorker = async () => {
  workers.push(await kit.workers.startWorker({ sender: github.sender }));
};
/** What has been found out when the next look is over. */
async function looked(): Promise<JsonObject> {
  const { last_look_at: before } = (await kit.api.a.call('POST', path('/look'))).body;
  return until('the next look is over', async () => {
    const now = await shown();
    return now.last_look_at !== before && !now.running && now;
  });
}
const asksFor = (guid: string) => {
  const ids = attempts.filter((attempt) => attempt.guid === guid).map(({ id }) => String(id));
  return github.requests.filter(
    (request) => request.method === 'POST' && ids.some((id) => request.path.includes(`/${id}/`)),
  ).length;
};
const jobsOf = async (guid: string) =>
  (await kit.api.a.call('GET', `/jobs?workflow=ticket&key=${guid}`)).body.items.length;
const auditOf = async () =>
  (await kit.api.a.call('GET', `/audit?subject_id=${source.id}`)).body.items.map(
    ({ kind }: JsonObject) => kind,
  );
const unique = (name: string) => `${name}-${names}`;

it('what did not arrive is asked for, has its one effect, and is not asked for again', async () => {
  const [arrived, missed, missedTwice, refused, fresh, slow] = [
    'arrived',
    'missed',
    'missed-twice',
    'refused',
    'fresh',
    'slow',
  ].map(unique) as [string, string, string, string, string, string];
  for (const guid of [arrived, slow]) expect(await deliver(guid)).toBe(200);
  attempted(missedTwice, 0, 90);
  attempted(missedTwice, 502, 50);
  attempted(arrived, 200, 40);
  attempted(missed, 503, 30);
  attempted(refused, 404, 20);
  attempted(slow, 504, 15);
  attempted(fresh, 500, 1);
  // Sources that are made now were not there when that was sent.
  await kit.workers.admin`update sources set created_at = now() - interval '1 day' where id = ${source.id}`;
  expect(await fill()).toMatchObject({ status: 200, body: { asked: 0, hooks: [], last_look_at: null } });
  await startWorker();
  expect(await looked()).toMatchObject({
    asked: 2,
    last_error: null,
    connection_id: connection,
    hooks: [{ name: HOOK }],
  });
  for (const guid of [missed, missedTwice]) {
    await until(`${guid} has its effect`, async () => (await jobsOf(guid)) === 1);
    expect(asksFor(guid)).toBe(1);
  }
  for (const guid of [arrived, refused, fresh, slow]) expect(asksFor(guid), guid).toBe(0);
  const [one] = github.at(LIST);
  expect(one?.headers).toMatchObject({ authorization: 'Bearer github_pat_of_nobody' });
  expect((await auditOf()).filter((kind: string) => kind === 'source.redelivery_asked')).toHaveLength(2);

  expect(await looked()).toMatchObject({ asked: 2, last_error: null });
  for (const guid of [missed, missedTwice]) expect(asksFor(guid)).toBe(1);
});

it('what was still unanswered when the list was read is found by the next look, behind what was sent after it', async () => {
  await deliver(unique('first'));
  await kit.workers.admin`update sources set created_at = now() - interval '1 day' where id = ${source.id}`;
  attempted(unique('first'), 200, 30);
  await fill();
  await startWorker();
  expect(await looked()).toMatchObject({ asked: 0, last_error: null });
  attempted(unique('timed-out'), 0, 30.2);
  attempts.sort((a, b) => b.at.getTime() - a.at.getTime());
  expect(await looked()).toMatchObject({ asked: 1, last_error: null });
  expect(asksFor(unique('timed-out'))).toBe(1);
});

it('what is given up after its fifth attempt stays so, though the first ones are read no more', async () => {
  await deliver(unique('first'));
  await kit.workers.admin`update sources set created_at = now() - interval '1 day' where id = ${source.id}`;
  const guid = unique('given-up');
  for (const minutes of [500, 490, 480, 400, 3]) attempted(guid, 500, minutes);
  await fill();
  await startWorker();
  for (const _ of [1, 2]) expect(await looked()).toMatchObject({ asked: 0, last_error: null });
  expect(asksFor(guid)).toBe(0);
});

it('a webhook whose repository was renamed is asked about by the name it has now', async () => {
  await deliver(unique('first'));
  await kit.workers.admin`update sources set created_at = now() - interval '1 day' where id = ${source.id}`;
  attempted(unique('missed'), 500, 30);
  // As GitHub answers for a name that was.
  github.script(LIST, { status: 301, body: { message: 'Moved Permanently' } });
  const renamed = HOOK.replace('octo-org/api', 'octo-org/renamed');
  github.script(`/api.github.com/${renamed}/deliveries`, ({ path }) => page(path));
  await fill();
  await startWorker();
  expect(await looked()).toMatchObject({
    hooks: [{ name: HOOK }],
    last_error: { code: 'gaps_hook_not_found', message: expect.stringContaining('another name') },
  });
  await deliver(unique('second'), 'octo-org/renamed');
  expect(await looked()).toMatchObject({ hooks: [{ name: renamed }], last_error: null, asked: 1 });
});

it('webhooks of which one look cannot read all that was sent are read one after the other, each whole', async () => {
  const of = { api: unique('of-api'), web: unique('of-web') };
  await deliver(unique('first'));
  await deliver(unique('second'), 'octo-org/web', '43');
  await kit.workers.admin`update sources set created_at = now() - interval '1 day' where id = ${source.id}`;
  for (const guid of Object.values(of)) attempted(guid, 500, 300);
  for (let n = 0; n < 20 * PER_PAGE; n += 1) attempted(unique(`arrived-${n}`), 200, 200 - n);
  const without = (other: string) => attempts.filter(({ guid }) => guid !== other);
  github.script(LIST, ({ path }) => page(path, without(of.web)));
  const web = LIST.replace('octo-org/api/hooks/42', 'octo-org/web/hooks/43');
  github.script(web, ({ path }) => page(path, without(of.api)));
  const unhurried = { settings: { rate_limit: 'none' } };
  await kit.api.a.call('PATCH', `/tenant/connections/${connection}`, { body: unhurried });
  await fill();
  await startWorker();
  for (const _ of [1, 2]) expect(await looked()).toMatchObject({ last_error: null });
  expect(Object.values(of).map(asksFor)).toEqual([1, 1]);
});

it('several workers ask once for each, also for those whose answer is lost', async () => {
  const guids = Array.from({ length: 8 }, (_, n) => unique(`many-${n}`));
  await deliver(unique('first'));
  await kit.workers.admin`update sources set created_at = now() - interval '1 day' where id = ${source.id}`;
  for (const guid of guids) attempted(guid, 500, 30);
  otherwise = 'reset';
  await fill();
  await startWorker();
  await startWorker();
  // GitHub has taken it, and nobody here knows: the list does.
  expect(await looked()).toMatchObject({ last_error: { code: expect.any(String) } });
  otherwise = null;
  await until('everything was asked for', async () => {
    await looked();
    return guids.every((guid) => asksFor(guid) > 0);
  });
  expect(guids.map(asksFor)).toEqual(guids.map(() => 1));
  for (const guid of guids) await until(`${guid} has its effect`, async () => (await jobsOf(guid)) === 1);
});

it('a token that may not do it is told with what it needs, and nothing stops', async () => {
  await deliver(unique('first'));
  github.script(LIST, { status: 403, body: { message: 'Resource not accessible' } });
  await fill();
  await startWorker();
  expect(await looked()).toMatchObject({
    last_error: { code: 'gaps_refused', message: expect.stringContaining('Webhooks: read and write') },
  });
  github.script(LIST, { body: { message: 'a proxy' } });
  expect(await looked()).toMatchObject({ last_error: { code: 'gaps_unreadable' } });
  github.script(LIST, ({ path }) => page(path));
  expect(await looked()).toMatchObject({ last_error: null });
});

it('GitHub is left alone for as long as it asks', async () => {
  await deliver(unique('first'));
  const headers = { 'x-ratelimit-remaining': '0', 'retry-after': '3000' };
  github.script(LIST, { status: 403, headers, body: { message: 'API rate limit exceeded' } });
  await fill();
  await startWorker();
  expect(await looked()).toMatchObject({
    last_error: { code: 'gaps_refused', message: expect.stringContaining('left alone') },
  });
  const asked = github.at(LIST).length;
  expect(await looked()).toMatchObject({ last_error: { code: 'gaps_wait' } });
  expect(github.at(LIST)).toHaveLength(asked);
});

it.each([
  ['set anew', [] as string[]],
  ['removed and set again', ['DELETE']],
])(
  'what a look found out before it was %s counts for nothing, and the next one begins at once',
  async (_, before) => {
    const missed = unique('missed');
    await deliver(unique('first'));
    await kit.workers.admin`update sources set created_at = now() - interval '1 day' where id = ${source.id}`;
    attempted(missed, 500, 30);
    const [held, arrived] = [gate(), github.at(LIST).length];
    github.script(LIST, () => held.promise);
    await fill();
    await startWorker();
    await github.arrival(LIST, arrived + 1);
    for (const method of before) expect((await kit.api.a.call(method, path())).status).toBe(204);
    const other = await kit.api.a.call('POST', '/tenant/connections', {
      body: { provider: 'github', connection_name: unique('other'), credentials: { token: 'ghp_other' } },
    });
    expect((await fill(other.body.id)).body).toMatchObject({ hooks: [], running: false });
    github.script(LIST, ({ path }) => page(path));
    await startWorker();
    const now = await until('the next look is over', async () => {
      const now = await shown();
      return now.last_look_at !== null && now;
    });
    expect(now).toMatchObject({ asked: 1, last_error: null });
    held.resolve({ status: 403, body: { message: 'Resource not accessible' } });
    await Promise.all(workers.map((worker) => worker.stop()));
    expect(await shown()).toEqual(now);
    expect(asksFor(missed)).toBe(1);
  },
);

it('nothing is asked for while the source is deactivated, or before anything came in', async () => {
  attempted(unique('missed'), 500, 30);
  await fill();
  await startWorker();
  expect(await looked()).toMatchObject({ hooks: [], last_error: { code: 'gaps_hook_unknown' } });
  await deliver(unique('first'));
  await kit.api.a.call('PATCH', `/sources/${source.id}`, { body: { is_active: false } });
  const before = github.requests.length;
  expect(await looked()).toMatchObject({ asked: 0, last_error: null });
  expect(github.requests).toHaveLength(before);
});

it('is refused where it cannot be, shows up among the uses of its connection, and ends', async () => {
  const { call } = kit.api.a;
  const generic = await kit.addSource(kit.api.a);
  expect(
    await call('PUT', `/sources/${generic.id}/gap-filler`, { body: { connection_id: connection } }),
  ).toMatchObject({ status: 409, body: { code: 'gaps_not_askable' } });
  const other = await call('POST', '/tenant/connections', {
    body: { provider: 'resend', connection_name: unique('resend'), credentials: { api_key: 're_0' } },
  });
  expect(await fill(other.body.id)).toMatchObject({ status: 409, body: { code: 'gaps_wrong_provider' } });
  expect(await fill(generic.id)).toMatchObject({ status: 404, body: { code: 'connection_not_found' } });
  await fill();
  const using = [{ id: source.id, name: `octo ${names}` }];
  expect((await call('GET', `/tenant/connections/${connection}/uses`)).body.sources).toEqual(using);
  expect(await call('DELETE', `/tenant/connections/${connection}`)).toMatchObject({
    status: 409,
    body: { code: 'connection_in_use', sources: using },
  });
  expect((await call('POST', path('/look'))).status).toBe(202);
  expect((await call('DELETE', path())).status).toBe(204);
  expect(await call('GET', path())).toMatchObject({ status: 404, body: { code: 'gap_filler_not_found' } });
  expect(await auditOf()).toEqual(
    expect.arrayContaining(['source.gap_filler_set', 'source.gap_filler_run', 'source.gap_filler_removed']),
  );
  expect(
    (await call('GET', '/source-kinds')).body.items.filter(({ gaps }: JsonObject) => gaps),
  ).toMatchObject([{ id: 'github', gaps: { provider: 'github' } }]);
});
