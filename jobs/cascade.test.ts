// What one event makes other jobs do happens in the same commit, or not at all.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Action, Definition } from '../engine/definition.ts';
import type { JsonObject } from '../engine/json.ts';
import { type Kit, setup } from '../worker/worker.testkit.ts';
import type { Jobs } from './jobs.ts';

let kit: Kit;
let others: Jobs;
let names = 0;

beforeAll(async () => {
  kit = await setup();
  others = await kit.anotherJobs();
  await kit.publish('target', {
    context: { told: 0 },
    initial: 'open',
    states: {
      open: {
        on: {
          TELL: {
            guard: 'event.n >= 0',
            actions: { action_type: 'ASSIGN', params: { told: 'context.told + event.n' } },
          },
          END: 'ended',
        },
      },
      ended: { type: 'final' },
    },
  });
  await kit.publish('broken', {
    initial: 'start',
    context: {},
    states: { start: { entry: { action_type: 'ASSIGN', params: { a: 'context.gone.further' } } } },
  });
});
afterAll(() => kit?.close());

/** A job that does `actions` when told to GO. */
async function jobThat(...actions: Action[]): Promise<string> {
  const name = `cascade-${++names}`;
  const definition: Definition = {
    initial: 'idle',
    context: {},
    states: { idle: { on: { GO: { actions: [...actions] } } } },
  };
  await kit.publish(name, definition);
  return (await kit.start(name)).job.id;
}

const go = (jobId: string, payload: JsonObject = {}, jobs = kit.jobs) =>
  jobs.send(kit.tenant, {
    jobId,
    event: { type: 'GO', payload },
    actor: 'test',
    idempotency: null,
    expectedRevision: null,
  });
const tell = (payload: Record<string, string> = { n: '1' }): Action => ({
  action_type: 'SEND_EVENT',
  params: { job_id: 'event.to', type: 'TELL', payload },
});
const start = (workflow: string, rest: { key?: string } = {}): Action => ({
  action_type: 'START_JOB',
  params: { workflow, input: { from: 'job.id' }, ...rest },
});
const target = async () => (await kit.start('target')).job.id;
const childrenOf = (jobId: string) =>
  kit.admin<{ id: string }[]>`select id from jobs where parent_job_id = ${jobId}`;

describe('SEND_EVENT', () => {
  it('moves the other job in the same commit, and its log says who sent it', async () => {
    const [sender, to] = [await jobThat(tell()), await target()];
    expect((await go(sender, { to })).kind).toBe('committed');
    expect(await kit.jobOf(to)).toMatchObject({ revision: 2, context: { told: 1 } });
    expect((await kit.logOf(to)).at(-1)).toMatchObject({
      kind: 'transition',
      seq: 2,
      actor: `job:${sender}`,
    });
    const [row] =
      await kit.admin`select count(distinct xmin::text)::integer as commits from jobs where id in (${sender}, ${to})`;
    expect(row?.commits).toBe(1);
  });

  it('that the other job does not take does not stop its sender, and is written down there', async () => {
    const [sender, to] = [await jobThat(tell({ n: '0 - 1' })), await target()];
    expect((await go(sender, { to })).kind).toBe('committed');
    expect(await kit.jobOf(to)).toMatchObject({ revision: 1 });
    expect((await kit.logOf(sender)).at(-1)).toMatchObject({
      kind: 'event_not_delivered',
      data: { job_id: to, code: 'guard_refused' },
    });
  });

  it.each(['0190c8a0-0000-7000-8000-000000000001', 'no id at all'])('to %s is written down', async (to) => {
    const sender = await jobThat(tell());
    expect((await go(sender, { to })).kind).toBe('committed');
    expect((await kit.logOf(sender)).at(-1)).toMatchObject({ data: { job_id: to, code: 'job_not_found' } });
  });

  it('never reaches a job of another tenant', async () => {
    const stranger = await kit.addTenant();
    await kit.publish('theirs', { initial: 'a', states: { a: { on: { TELL: {} } } } }, stranger);
    const { job } = await kit.start('theirs', {}, stranger);
    const sender = await jobThat(tell());
    await go(sender, { to: job.id });
    expect(await kit.jobOf(job.id)).toMatchObject({ revision: 1 });
    expect((await kit.logOf(sender)).at(-1)).toMatchObject({ data: { code: 'job_not_found' } });
  });

  it('to a job that was cancelled is written down', async () => {
    const [sender, to] = [await jobThat(tell()), await target()];
    await kit.jobs.cancel(kit.tenant, { jobId: to, actor: 'test', reason: 'x' });
    expect((await go(sender, { to })).kind).toBe('committed');
    expect((await kit.logOf(sender)).at(-1)).toMatchObject({ data: { code: 'job_not_active' } });
  });

  it('sent twice in one transition arrives twice, in order', async () => {
    const [sender, to] = [await jobThat(tell({ n: '1' }), tell({ n: '10' })), await target()];
    await go(sender, { to });
    expect(await kit.jobOf(to)).toMatchObject({ revision: 3, context: { told: 11 } });
  });

  it('by many senders from two processes at once reaches one job exactly once each', async () => {
    const to = await target();
    const senders = await Promise.all(Array.from({ length: 12 }, () => jobThat(tell())));
    await Promise.all(senders.map((sender, i) => go(sender, { to }, i % 2 ? kit.jobs : others)));
    expect(await kit.jobOf(to)).toMatchObject({ revision: 13, context: { told: 12 } });
  });

  it('between two jobs in both directions at once ends well', async () => {
    const [one, two] = [await jobThat(tell()), await jobThat(tell())];
    await kit.publish('ignores', { initial: 'a', states: { a: {} } });
    for (let round = 0; round < 5; round++) {
      const outcomes = await Promise.all([go(one, { to: two }), go(two, { to: one }, others)]);
      expect(outcomes.map(({ kind }) => kind)).toEqual(['committed', 'committed']);
    }
    expect((await kit.jobOf(one)).revision).toBe(6);
    expect((await kit.jobOf(two)).revision).toBe(6);
  });
});

describe('an event that comes back to the job that is asked', () => {
  it('is in the answer, with all that it did to the job', async () => {
    await kit.publish('asks itself', {
      context: { n: 0 },
      initial: 'open',
      states: {
        open: {
          on: {
            GO: {
              actions: [
                { action_type: 'ASSIGN', params: { n: '1' } },
                { action_type: 'SEND_EVENT', params: { job_id: 'job.id', type: 'END' } },
              ],
            },
            END: { target: 'ended', actions: { action_type: 'ASSIGN', params: { n: '2' } } },
          },
        },
        ended: { type: 'final', output: { well: true } },
      },
    });
    const { id } = (await kit.start('asks itself')).job;
    expect(await go(id)).toMatchObject({
      answer: {
        job: {
          status: 'DONE',
          currentState: 'ended',
          revision: 3,
          context: { n: 2 },
          output: { well: true },
        },
        transition: { seq: 2, from: 'open', to: 'open' },
      },
    });
    expect(await kit.jobOf(id)).toMatchObject({ status: 'DONE', revision: 3, context: { n: 2 } });
  });
});

describe('START_JOB', () => {
  it('starts the job in the same commit; it knows its parent', async () => {
    const parent = await jobThat(start('target'));
    await go(parent);
    const [child] = await childrenOf(parent);
    expect(await kit.jobOf(String(child?.id))).toMatchObject({
      revision: 1,
      context: { told: 0, from: parent },
    });
    expect(await kit.logOf(String(child?.id))).toMatchObject([
      { seq: 1, actor: `job:${parent}`, data: { parent_job_id: parent } },
    ]);
  });

  it('that cannot be carried out undoes the whole event, and the audit says so', async () => {
    const to = await target();
    const parent = await jobThat(tell(), start('target'), start('broken'));
    expect(await go(parent, { to })).toMatchObject({
      kind: 'failed',
      failure: { code: 'evaluation_failed' },
    });
    expect(await childrenOf(parent)).toHaveLength(0);
    expect(await kit.jobOf(to)).toMatchObject({ revision: 1 });
    expect(await kit.jobOf(parent)).toMatchObject({ revision: 1 });
    expect((await kit.logOf(parent)).map(({ kind }) => kind)).toEqual(['transition', 'event_failed']);
  });

  it('with a key longer than a key may be undoes the event, as one without a text does', async () => {
    const parent = await jobThat(start('target', { key: 'event.key' }));
    const refused = (key: string) => ({
      kind: 'failed',
      failure: { code: 'evaluation_failed', message: expect.stringContaining(key) },
    });
    expect(await go(parent, { key: 'k'.repeat(256) })).toMatchObject(refused('at most 255 characters'));
    expect(await go(parent, { key: '' })).toMatchObject(refused('not empty'));
    expect(await kit.jobOf(parent)).toMatchObject({ revision: 1 });
    expect((await go(parent, { key: 'k'.repeat(255) })).kind).toBe('committed');
    expect((await go(parent, { key: 'of\0nobody' })).kind).toBe('committed');
  });

  it('of a workflow that is not there undoes the event', async () => {
    const parent = await jobThat(start('nowhere'));
    expect(await go(parent)).toMatchObject({ kind: 'failed', failure: { code: 'job_not_startable' } });
    expect(await kit.jobOf(parent)).toMatchObject({ revision: 1 });
  });

  it('with a key that a live job holds starts nothing and is written down', async () => {
    const parent = await jobThat(
      start('target', { key: "'only-one'" }),
      start('target', { key: "'only-one'" }),
    );
    await go(parent);
    await go(parent);
    const [child] = await childrenOf(parent);
    expect(await childrenOf(parent)).toHaveLength(1);
    const notes = (await kit.logOf(parent)).filter(({ kind }) => kind === 'job_not_started');
    expect(notes.map(({ data }) => data.job_id)).toEqual([child?.id, child?.id, child?.id]);
  });

  it('with the key of the job that ends by it hands the key over, as often as it happens', async () => {
    await kit.publish('relay', {
      initial: 'open',
      context: {},
      states: {
        open: { on: { NEXT: 'over' } },
        over: {
          type: 'final',
          entry: { action_type: 'START_JOB', params: { workflow: 'relay', key: 'job.key' } },
        },
      },
    });
    const first = await kit.jobs.start(kit.tenant, {
      workflow: 'relay',
      input: {},
      key: 'baton',
      actor: 'test',
      idempotency: null,
    });
    let holder = first.kind === 'committed' ? first.answer.job.id : '';
    for (let lap = 0; lap < 3; lap++) {
      await kit.jobs.send(kit.tenant, {
        jobId: holder,
        event: { type: 'NEXT', payload: {} },
        actor: 'test',
        idempotency: null,
        expectedRevision: null,
      });
      const [heir] = await childrenOf(holder);
      expect(await kit.jobOf(heir?.id as string)).toMatchObject({ status: 'ACTIVE' });
      expect(
        await kit.admin`select job_id from job_keys where tenant_id = ${kit.tenant.id} and key = 'baton'`,
      ).toMatchObject([{ job_id: heir?.id }]);
      holder = heir?.id as string;
    }
  });

  it('with the key of a job that ends at once, twice in one event, ends with nobody holding it', async () => {
    await kit.publish('at-once', { initial: 'a', context: {}, states: { a: { type: 'final' } } });
    const parent = await jobThat(start('at-once', { key: "'brief'" }), start('at-once', { key: "'brief'" }));
    expect((await go(parent)).kind).toBe('committed');
    expect(await childrenOf(parent)).toHaveLength(2);
    expect(await kit.admin`select from job_keys where key = 'brief'`).toHaveLength(0);
  });

  it('with one key from two processes at once starts one job, and no sender fails', async () => {
    const parents = await Promise.all(
      Array.from({ length: 8 }, () => jobThat(start('target', { key: "'raced'" }))),
    );
    const outcomes = await Promise.all(parents.map((parent, i) => go(parent, {}, i % 2 ? kit.jobs : others)));
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(8).fill('committed'));
    const [row] = await kit.admin`select count(*)::integer as jobs from jobs where key = 'raced'`;
    expect(row?.jobs).toBe(1);
  });
});

describe('one event', () => {
  it('may make a hundred things happen only if they are no more than sixty-four; else nothing happens', async () => {
    const many = await jobThat(...Array.from({ length: 50 }, () => start('target')));
    expect((await go(many)).kind).toBe('committed');
    expect(await childrenOf(many)).toHaveLength(50);
    await kit.publish('family', {
      initial: 'a',
      states: { a: { entry: Array.from({ length: 9 }, () => start('target')) } },
    });
    const tooMany = await jobThat(...Array.from({ length: 8 }, () => start('family')));
    expect(await go(tooMany)).toMatchObject({ kind: 'failed', failure: { code: 'cascade_limit' } });
    expect(await childrenOf(tooMany)).toHaveLength(0);
  });

  it('that two jobs would pass on to each other without end is stopped, and nothing happens', async () => {
    const pass: Action = {
      action_type: 'SEND_EVENT',
      params: { job_id: 'event.back', type: 'GO', payload: { back: 'job.id' } },
    };
    const [one, two] = [await jobThat(pass), await jobThat(pass)];
    expect(await go(one, { back: two })).toMatchObject({
      kind: 'failed',
      failure: { code: 'cascade_limit' },
    });
    expect([(await kit.jobOf(one)).revision, (await kit.jobOf(two)).revision]).toEqual([1, 1]);
  });
});
