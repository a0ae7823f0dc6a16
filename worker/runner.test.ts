// Lists walked through a real Postgres to a real receiver.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gate } from './receiver.testkit.ts';
import { type Kit, type StartedWorker, setup, statuses, until } from './worker.testkit.ts';

let kit: Kit;
let started: StartedWorker;

beforeAll(async () => {
  kit = await setup();
  started = await kit.startWorker();
});
afterAll(() => kit?.close());

describe('a list of actions', () => {
  it('is sent in order, each only after the record of the one before', async () => {
    const { receiver, webhook } = kit;
    const first = gate();
    receiver.script('/order/1', () => first.promise);
    const jobId = await kit.jobWith([webhook('/order/1'), webhook('/order/2'), webhook('/order/3')]);
    await receiver.arrival('/order/1');
    expect(statuses(await kit.runsOf(jobId))).toEqual(['QUEUED', 'QUEUED', 'QUEUED']);
    let recordedBefore: string[] = [];
    receiver.script('/order/2', async () => {
      recordedBefore = statuses(await kit.runsOf(jobId));
      return {};
    });
    first.resolve({});
    expect(statuses(await kit.settled(jobId))).toEqual(['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED']);
    expect(recordedBefore).toEqual(['SUCCEEDED', 'QUEUED', 'QUEUED']);
    const paths = receiver.requests.map(({ path }) => path).filter((path) => path.startsWith('/order/'));
    expect(paths).toEqual(['/order/1', '/order/2', '/order/3']);
    expect(await kit.queueOf(jobId)).toEqual([]);
  });

  it('passes over an action whose "when" is false, says why, and goes on', async () => {
    const { receiver, webhook } = kit;
    const jobId = await kit.jobWith(
      [
        webhook('/when/no', { name: 'no', when: 'event.amount > 100' }),
        webhook('/when/yes', { when: 'event.amount > 1' }),
      ],
      { payload: { amount: 50 } },
    );
    const runs = await kit.settled(jobId);
    expect(statuses(runs)).toEqual(['SKIPPED', 'SUCCEEDED']);
    expect(runs[0]?.error).toEqual({ code: 'when_false', message: '"when" is false: event.amount > 100' });
    expect(receiver.at('/when/no')).toEqual([]);
    expect(await kit.ledgerOf(jobId)).toHaveLength(1);
    expect(await kit.logOf(jobId)).toContainEqual(
      expect.objectContaining({
        kind: 'action_skipped',
        data: expect.objectContaining({ name: 'no', status: 'SKIPPED' }),
      }),
    );
  });

  it('ends for good where a variable is missing: its name is told, nothing is sent or metered, the rest is skipped', async () => {
    const { receiver, webhook } = kit;
    const jobId = await kit.jobWith([
      webhook('/missing/1', { name: 'first', params: { body: { id: '<<event.gone>>' } } }),
      webhook('/missing/2'),
    ]);
    const [first, second] = await kit.settled(jobId);
    expect(first).toMatchObject({
      status: 'FAILED',
      attempts: 0,
      error: { code: 'missing_variable', message: expect.stringContaining('event.gone') },
    });
    expect(second).toMatchObject({
      status: 'SKIPPED',
      error: { code: 'earlier_action_failed', message: 'Action "first" of this list failed.' },
    });
    expect(first?.finishedAt).not.toBeNull();
    expect(receiver.requests.filter(({ path }) => path.startsWith('/missing'))).toEqual([]);
    expect(await kit.ledgerOf(jobId)).toEqual([]);
    expect((await kit.logOf(jobId)).map(({ kind }) => kind)).toContain('action_failed');
  });

  it('ends for good where "when" cannot be evaluated', async () => {
    const jobId = await kit.jobWith([kit.webhook('/never', { when: 'event.amount > 1' })], {
      payload: { amount: 'many' },
    });
    expect(await kit.settled(jobId)).toMatchObject([
      { status: 'FAILED', attempts: 0, error: { code: 'when_failed' } },
    ]);
  });

  it('ends at the first failure, and goes on past one that says continue_on_failure', async () => {
    const { receiver, webhook } = kit;
    receiver.script('/bad', { status: 400 });
    const stops = await kit.jobWith([webhook('/bad'), webhook('/after-bad')]);
    const goesOn = await kit.jobWith([webhook('/bad', { continue_on_failure: true }), webhook('/after-bad')]);
    expect(statuses(await kit.settled(stops))).toEqual(['FAILED', 'SKIPPED']);
    expect(statuses(await kit.settled(goesOn))).toEqual(['FAILED', 'SUCCEEDED']);
    expect(receiver.at('/after-bad')).toHaveLength(1);
  });

  it('sees what earlier actions of the list, and of the job, were answered', async () => {
    const { receiver, webhook } = kit;
    receiver.script('/facts/make', ({ nth }) => ({ body: { id: `made-${nth}` } }));
    const jobId = await kit.jobWith([
      webhook('/facts/make', { name: 'make' }),
      webhook('/facts/use', {
        when: "actions.make.status == 'SUCCEEDED'",
        params: {
          body: { id: '<<actions.make.response.body.id>>', status: '<<actions.make.response.status>>' },
        },
      }),
    ]);
    await kit.settled(jobId);
    await kit.send(jobId, 'BACK');
    await kit.send(jobId, 'GO');
    await kit.settled(jobId);
    expect(receiver.at('/facts/use').map(({ body }) => JSON.parse(body))).toEqual([
      { id: 'made-1', status: 200 },
      { id: 'made-2', status: 200 },
    ]);
  });

  it('sees job and context as the transition committed them, whatever the job does meanwhile', async () => {
    const { receiver, webhook } = kit;
    const held = gate();
    receiver.script('/frozen/hold', () => held.promise);
    const body = {
      state: '<<job.current_state>>',
      revision: '<<job.revision>>',
      n: '<<context.n>>',
      from: '<<transition.from>>',
      to: '<<transition.to>>',
      seq: '<<transition.seq>>',
      amount: '<<event.payload.amount>>',
    };
    const jobId = await kit.jobWith(
      [
        { action_type: 'ASSIGN', params: { n: 'context.n + 1' } },
        webhook('/frozen/hold'),
        webhook('/frozen/told', { params: { body } }),
      ],
      { payload: { amount: 9 }, context: { n: 0 } },
    );
    await receiver.arrival('/frozen/hold');
    await kit.send(jobId, 'BACK');
    held.resolve({});
    await kit.settled(jobId);
    expect(JSON.parse(receiver.at('/frozen/told')[0]?.body ?? '')).toEqual({
      state: 'gone',
      revision: 2,
      n: 1,
      from: 'ready',
      to: 'gone',
      seq: 2,
      amount: 9,
    });
  });

  it('sends the same bytes under the same Idempotency-Key when it tries again', async () => {
    const { receiver, webhook } = kit;
    receiver.script('/again', ({ nth }) => ({ status: nth < 3 ? 503 : 200 }));
    const jobId = await kit.jobWith([
      webhook('/again', { idempotent: true, params: { body: { at: '<<transition.at>>' } } }),
    ]);
    const [run] = await kit.settled(jobId);
    expect(run).toMatchObject({ status: 'SUCCEEDED', attempts: 3 });
    const arrived = receiver.at('/again');
    expect(new Set(arrived.map(({ body }) => body)).size).toBe(1);
    expect(arrived.map(({ key }) => key)).toEqual([run?.id, run?.id, run?.id]);
    expect(await kit.ledgerOf(jobId)).toMatchObject([
      { attempt: 1, outcome: 'failed', statusCode: 503 },
      { attempt: 2, outcome: 'failed', statusCode: 503 },
      { attempt: 3, outcome: 'succeeded', statusCode: 200 },
    ]);
    const attempts = (await kit.logOf(jobId)).filter(({ kind }) => kind === 'attempt');
    expect(attempts.map(({ data }) => data.attempt)).toEqual([1, 2, 3]);
  });
});

describe('a connection', () => {
  const using = (connection_id: string, path: string) => kit.webhook(path, { params: { connection_id } });

  it('that was rotated is used as it is now by the next action of a list that was claimed before', async () => {
    const { receiver } = kit;
    const connection = await kit.addConnection();
    const held = gate();
    receiver.script('/rotate/1', () => held.promise);
    const jobId = await kit.jobWith([using(connection, '/rotate/1'), using(connection, '/rotate/2')]);
    await receiver.arrival('/rotate/1');
    await kit.rotateConnection(connection, { base_url: receiver.origin, auth_header: 'Bearer second' });
    // What the API tells every worker after its commit.
    started.worker.forgetConnection(connection);
    held.resolve({});
    await kit.settled(jobId);
    expect(receiver.at('/rotate/1')[0]?.headers.authorization).toBe('Bearer s3cret-of-the-test');
    expect(receiver.at('/rotate/2')[0]?.headers.authorization).toBe('Bearer second');
  });

  it('that was rotated is used as it is now by every later claim, even if nobody said so', async () => {
    const { receiver } = kit;
    const connection = await kit.addConnection();
    await kit.settled(await kit.jobWith([using(connection, '/version')]));
    await kit.rotateConnection(connection, { base_url: receiver.origin, auth_header: 'Bearer third' });
    await kit.settled(await kit.jobWith([using(connection, '/version')]));
    expect(receiver.at('/version').map(({ headers }) => headers.authorization)).toEqual([
      'Bearer s3cret-of-the-test',
      'Bearer third',
    ]);
  });

  it('that is disabled or gone fails the action without sending anything', async () => {
    const disabled = await kit.addConnection();
    const gone = await kit.addConnection();
    await kit.admin`update connections set enabled = false, version = version + 1 where id = ${disabled}`;
    const jobs = [await kit.jobWith([using(disabled, '/off')])];
    const first = gate();
    kit.receiver.script('/gone/first', () => first.promise);
    const held = await kit.jobWith([kit.webhook('/gone/first'), using(gone, '/off')]);
    await kit.receiver.arrival('/gone/first');
    await kit.admin`delete from connections where id = ${gone}`;
    first.resolve({});
    jobs.push(await kit.jobWith([using(gone, '/off')]));
    const errors = await Promise.all(jobs.map(async (jobId) => (await kit.settled(jobId))[0]));
    expect(errors).toMatchObject([
      { status: 'FAILED', attempts: 0, error: { code: 'connection_disabled' } },
      { status: 'FAILED', attempts: 0, error: { code: 'connection_not_found' } },
    ]);
    await kit.settled(held);
    expect(kit.receiver.at('/off')).toHaveLength(0);
  });

  it('whose ciphertext belongs to another origin fails the action without sending anything', async () => {
    const connection = await kit.addConnection();
    await kit.admin`
      update connections set allowed_origin = 'https://elsewhere.example', version = version + 1 where id = ${connection}`;
    const [run] = await kit.settled(await kit.jobWith([using(connection, '/moved')]));
    expect(run).toMatchObject({ status: 'FAILED', attempts: 0, error: { code: 'credential_unreadable' } });
    expect(kit.receiver.at('/moved')).toEqual([]);
  });
});

it('a list that cannot be walked is left alone for a while, and its neighbours go on', async () => {
  const broken = await kit.jobWith([kit.webhook('/broken', { when: 'false' })]).then(async (jobId) => {
    await kit.settled(jobId);
    return jobId;
  });
  await kit.admin`
    insert into dispatch_queue (shard, tenant_id, id, job_id, workflow_version_id, connection_id)
    select shard, tenant_id, gen_random_uuid(), id, workflow_version_id, ${kit.connection} from jobs where id = ${broken}`;
  started.worker.wake();
  await until('it was claimed and given back', async () => {
    const [row] = await kit.queueOf(broken);
    return row && row.fence > 0 && row.workerId === null;
  });
  expect((await kit.queueOf(broken))[0]?.dueInMs).toBeGreaterThan(0);
  expect(statuses(await kit.settled(await kit.jobWith([kit.webhook('/neighbour')])))).toEqual(['SUCCEEDED']);
});
