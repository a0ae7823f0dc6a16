import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DueTimer } from '../db/statements/timers.ts';
import type { Definition } from '../engine/definition.ts';
import type { JsonObject } from '../engine/json.ts';
import { checkInvariants } from '../invariants/check-invariants.ts';
import { gate } from '../worker/receiver.testkit.ts';
import { type Kit, setup, until } from '../worker/worker.testkit.ts';
import type { Outcome } from './answer.ts';
import type { Jobs } from './jobs.ts';
import type { SendRequest } from './sending.ts';

let kit: Kit;
/** As another process on the same database has it. */
let others: Jobs;

const counter: Definition = {
  context: { n: 0 },
  initial: 'open',
  states: {
    open: {
      on: {
        ADD: {
          guard: 'event.by > 0',
          actions: { action_type: 'ASSIGN', params: { n: 'context.n + event.by' } },
        },
        BREAK: { actions: { action_type: 'ASSIGN', params: { n: 'context.n + event.missing' } } },
        CLOSE: 'closed',
        END: 'ended',
      },
    },
    closed: { on: { OPEN: 'open' } },
    ended: { type: 'final' },
  },
};

beforeAll(async () => {
  kit = await setup();
  others = await kit.anotherJobs();
  await kit.publish('counter', counter);
});
afterAll(() => kit?.close());

const started = async () => (await kit.start('counter')).job.id;
const send = (
  jobs: Jobs,
  jobId: string,
  type: string,
  payload: JsonObject = {},
  rest: Partial<SendRequest> = {},
) =>
  jobs.send(kit.tenant, {
    jobId,
    event: { type, payload },
    actor: 'test',
    idempotency: null,
    expectedRevision: null,
    ...rest,
  });
const keyed = (key: string, requestHash = 'aa') => ({ idempotency: { key, requestHash } });

describe('an event', () => {
  it('that is taken moves the job by one revision and is in the log', async () => {
    const jobId = await started();
    const outcome = await send(kit.jobs, jobId, 'ADD', { by: 2 });
    expect(outcome).toMatchObject({
      kind: 'committed',
      replayed: false,
      answer: { job: { revision: 2, context: { n: 2 } }, transition: { seq: 2, from: 'open', to: 'open' } },
    });
    expect(await kit.jobOf(jobId)).toMatchObject({ revision: 2, context: { n: 2 } });
    expect(await kit.logOf(jobId)).toMatchObject([
      { kind: 'transition', seq: 1, data: { from: null, to: 'open' } },
      { kind: 'transition', seq: 2, actor: 'test', data: { event: { type: 'ADD', payload: { by: 2 } } } },
    ]);
  });

  it('that no guard lets through is refused with the reason of each, and nothing is written', async () => {
    const jobId = await started();
    expect(await send(kit.jobs, jobId, 'ADD', { by: 0 })).toMatchObject({
      kind: 'refused',
      refused: { code: 'guard_refused', verdicts: [{ guard: 'event.by > 0', verdict: 'false' }] },
    });
    expect(await send(kit.jobs, jobId, 'UNHEARD')).toMatchObject({ refused: { code: 'no_transition' } });
    expect(await send(kit.jobs, jobId, 'xstate.init')).toMatchObject({ refused: { code: 'reserved_event' } });
    expect(await kit.logOf(jobId)).toHaveLength(1);
  });

  it('that breaks an expression changes nothing, but the audit says that it was tried', async () => {
    const jobId = await started();
    expect(await send(kit.jobs, jobId, 'BREAK')).toMatchObject({
      kind: 'failed',
      failure: { code: 'evaluation_failed', pointer: expect.stringContaining('/states/open/on/BREAK') },
    });
    expect(await kit.jobOf(jobId)).toMatchObject({ revision: 1, context: { n: 0 } });
    expect((await kit.logOf(jobId)).at(-1)).toMatchObject({
      kind: 'event_failed',
      seq: null,
      data: { event: { type: 'BREAK' }, code: 'evaluation_failed' },
    });
  });

  it('for a job that does not exist is an error', async () => {
    const jobId = '0190c8a0-0000-7000-8000-000000000001';
    await expect(send(kit.jobs, jobId, 'ADD')).rejects.toMatchObject({ code: 'job_not_found' });
  });

  it('with an expected revision is taken at that one only', async () => {
    const jobId = await started();
    const at = (expectedRevision: number) => send(kit.jobs, jobId, 'ADD', { by: 1 }, { expectedRevision });
    await expect(at(2)).rejects.toMatchObject({ code: 'stale_revision', details: { revision: 1 } });
    expect((await at(1)).kind).toBe('committed');
    await expect(at(1)).rejects.toMatchObject({ code: 'stale_revision', details: { revision: 2 } });
  });
});

describe('what a process remembers of a job', () => {
  it('never refuses an event that another process made possible', async () => {
    const jobId = await started();
    await send(kit.jobs, jobId, 'CLOSE');
    await send(others, jobId, 'OPEN');
    expect((await send(kit.jobs, jobId, 'ADD', { by: 1 })).kind).toBe('committed');
  });

  it('never takes an event that another process made impossible', async () => {
    const jobId = await started();
    await send(kit.jobs, jobId, 'ADD', { by: 1 });
    await send(others, jobId, 'CLOSE');
    expect(await send(kit.jobs, jobId, 'ADD', { by: 1 })).toMatchObject({ kind: 'refused' });
    expect(await kit.jobOf(jobId)).toMatchObject({ revision: 3, context: { n: 1 } });
  });

  it('never calls a revision stale that another process brought about', async () => {
    const jobId = await started();
    await send(others, jobId, 'ADD', { by: 1 });
    const outcome = await send(kit.jobs, jobId, 'ADD', { by: 1 }, { expectedRevision: 2 });
    expect(outcome).toMatchObject({ kind: 'committed', answer: { job: { context: { n: 2 } } } });
  });

  it('is what others read, whatever order its keys came in and whatever its texts hold', async () => {
    const set = (params: Record<string, string>) => ({ actions: { action_type: 'ASSIGN', params } }) as const;
    await kit.publish('remembers', {
      context: { stock: {}, names: [], text: '', same: false },
      initial: 'open',
      states: {
        open: {
          on: {
            STOCK: set({ stock: 'event.stock', text: '"a\\u0000b"' }),
            NAME: set({ names: 'context.stock.map(name, name)', same: 'context.text == "a\\u0000b"' }),
          },
        },
      },
    });
    const decidedBy = async (jobs: Jobs) => {
      const { job } = await kit.start('remembers');
      await send(kit.jobs, job.id, 'STOCK', { stock: { zinc: 1, tin: 2, copper: 3 } });
      await send(jobs, job.id, 'NAME');
      return (await kit.jobOf(job.id)).context;
    };
    expect(await decidedBy(kit.jobs)).toEqual(await decidedBy(others));
    expect(await checkInvariants({ db: kit.operator, tenants: [kit.tenant] })).toEqual([]);
  });
});

describe('an Idempotency-Key', () => {
  it('gets the first answer again, from any process, and has one effect', async () => {
    const jobId = await started();
    const first = await send(kit.jobs, jobId, 'ADD', { by: 1 }, keyed('once'));
    await send(kit.jobs, jobId, 'ADD', { by: 5 });
    const again = await send(others, jobId, 'ADD', { by: 1 }, keyed('once'));
    expect(again).toEqual({ ...first, replayed: true });
    expect(await kit.jobOf(jobId)).toMatchObject({ revision: 3, context: { n: 6 } });
  });

  it('gets it although the event could not be taken any more', async () => {
    const jobId = await started();
    await send(kit.jobs, jobId, 'END', {}, keyed('end'));
    expect(await send(kit.jobs, jobId, 'END', {}, keyed('end'))).toMatchObject({
      kind: 'committed',
      replayed: true,
    });
  });

  it('is refused with another request', async () => {
    const jobId = await started();
    await send(kit.jobs, jobId, 'ADD', { by: 1 }, keyed('mine', 'aa'));
    await expect(send(kit.jobs, jobId, 'ADD', { by: 2 }, keyed('mine', 'bb'))).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    });
  });

  it('belongs to one job', async () => {
    const [one, two] = [await started(), await started()];
    await send(kit.jobs, one, 'ADD', { by: 1 }, keyed('k'));
    expect(await send(kit.jobs, two, 'ADD', { by: 1 }, keyed('k'))).toMatchObject({ replayed: false });
  });

  it('has one effect when both processes are asked at the same time, again and again', async () => {
    const jobId = await started();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        send(i % 2 ? kit.jobs : others, jobId, 'ADD', { by: 1 }, keyed('race')),
      ),
    );
    expect(
      new Set(answers.map((outcome) => outcome.kind === 'committed' && outcome.answer.transition.id)).size,
    ).toBe(1);
    expect(answers.filter((outcome) => outcome.kind === 'committed' && !outcome.replayed)).toHaveLength(1);
    expect(await kit.jobOf(jobId)).toMatchObject({ revision: 2, context: { n: 1 } });
  });

  it('starts one job', async () => {
    const ask = (jobs: Jobs) =>
      jobs.start(kit.tenant, { workflow: 'counter', input: {}, key: null, actor: 'test', ...keyed('start') });
    const answers = await Promise.all([ask(kit.jobs), ask(others), ask(kit.jobs), ask(others)]);
    expect(
      new Set(answers.map((outcome) => outcome.kind === 'committed' && outcome.answer.job.id)).size,
    ).toBe(1);
  });

  it('gives whoever starts a job with a key twice at once the same answer twice', async () => {
    const ask = (jobs: Jobs) =>
      jobs.start(kit.tenant, {
        workflow: 'counter',
        input: {},
        key: 'order-at-once',
        actor: 'test',
        ...keyed('start with a key'),
      });
    const answers = await Promise.all([ask(kit.jobs), ask(others), ask(kit.jobs), ask(others)]);
    expect(
      new Set(answers.map((outcome) => outcome.kind === 'committed' && outcome.answer.job.id)).size,
    ).toBe(1);
    expect(answers.filter((outcome) => outcome.kind === 'committed' && !outcome.replayed)).toHaveLength(1);
  });

  it('of a start gets its answer also when the workflow has been archived since', async () => {
    const workflowId = await kit.publish('soon archived', counter);
    const ask = () =>
      kit.jobs.start(kit.tenant, {
        workflow: 'soon archived',
        input: {},
        key: null,
        actor: 'test',
        ...keyed('before'),
      });
    const first = await ask();
    await kit.admin`update workflows set archived_at = now() where id = ${workflowId}`;
    expect(await ask()).toEqual({ ...first, replayed: true });
  });
});

describe('a job key', () => {
  const startWith = (key: string, jobs = kit.jobs): Promise<Outcome> =>
    jobs.start(kit.tenant, { workflow: 'counter', input: {}, key, actor: 'test', idempotency: null });
  const idOf = (outcome: Outcome) => (outcome.kind === 'committed' ? outcome.answer.job.id : '');

  it('is held by one live job, and free again when that has ended or was cancelled', async () => {
    const first = idOf(await startWith('order-1'));
    await expect(startWith('order-1')).rejects.toMatchObject({
      code: 'job_key_taken',
      details: { job_id: first },
    });
    await send(kit.jobs, first, 'END');
    const second = idOf(await startWith('order-1'));
    await kit.jobs.cancel(kit.tenant, { jobId: second, actor: 'test', reason: 'x' });
    expect(idOf(await startWith('order-1'))).not.toBe('');
  });

  it('goes to one of many who ask for it at the same time', async () => {
    const answers = await Promise.allSettled(
      Array.from({ length: 10 }, (_, i) => startWith('order-2', i % 2 ? kit.jobs : others)),
    );
    const held = answers.filter((answer) => answer.status === 'fulfilled');
    const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason.code] : []));
    expect([held.length, ...refused]).toEqual([1, ...Array(9).fill('job_key_taken')]);
  });
});

const DAY_MS = 86_400_000;

describe('two timers of a job that are both overdue', () => {
  it('go off in the order they are due, also from processes that took one each', async () => {
    await kit.publish('overdue', {
      initial: 'waiting',
      states: {
        waiting: { after: { PT24H: 'escalated', PT1H: 'reminded' } },
        reminded: { after: { PT24H: 'escalated' } },
        escalated: {},
      },
    });
    const { job } = await kit.start('overdue');
    const set = await kit.admin`select id, due_at from timers where job_id = ${job.id}`;
    for (const { id, due_at: at } of set) {
      const overdue = new Date(at.getTime() - 2 * DAY_MS);
      await kit.admin`update timers set due_at = ${overdue} where id = ${id}`;
    }
    const [first, second] = (await kit.api.once<DueTimer[]>(
      [kit.tenant.id],
      (sql) => sql`
        select shard, tenant_id, job_id, id, send_id, entry, event from timers
        where shard = ${kit.tenant.shard} and tenant_id = ${kit.tenant.id} and job_id = ${job.id} order by due_at`,
    )) as [DueTimer, DueTimer];
    await others.fire(second);
    expect(await kit.jobOf(job.id)).toMatchObject({ currentState: 'waiting', revision: 1 });
    await kit.jobs.fire(first);
    await others.fire(second);
    expect(await kit.jobOf(job.id)).toMatchObject({ currentState: 'reminded', revision: 2 });
  });
});

describe('a job that was cancelled', () => {
  const cancel = (jobId: string) => kit.jobs.cancel(kit.tenant, { jobId, actor: 'test', reason: 'enough' });

  it('stands where it stood, one revision further, and takes no more events from any process', async () => {
    const jobId = await started();
    await send(others, jobId, 'ADD', { by: 1 });
    expect(await cancel(jobId)).toMatchObject({ status: 'CANCELLED', currentState: 'open', revision: 3 });
    for (const jobs of [kit.jobs, others]) {
      expect(await send(jobs, jobId, 'ADD', { by: 1 })).toMatchObject({
        kind: 'refused',
        refused: { code: 'job_not_active' },
      });
    }
    await expect(cancel(jobId)).rejects.toMatchObject({ code: 'job_not_active' });
    expect((await kit.logOf(jobId)).at(-1)).toMatchObject({
      kind: 'cancelled',
      seq: 3,
      data: { reason: 'enough' },
    });
  });

  it('throws away the outcome of an action it waited for', async () => {
    const held = gate();
    kit.receiver.script('/cancelled', () => held.promise);
    await kit.publish('asks', {
      initial: 'asking',
      states: {
        asking: {
          invoke: {
            src: 'webhook',
            input: { connection_id: kit.connection, path: '/cancelled' },
            onDone: 'answered',
          },
        },
        answered: { type: 'final' },
      },
    });
    const { stop } = await kit.startWorker();
    const { job } = await kit.start('asks');
    await kit.receiver.arrival('/cancelled');
    await cancel(job.id);
    held.resolve({});
    await kit.settled(job.id);
    await until('the outcome is thrown away', async () => {
      const [row] = await kit.admin`select count(*)::integer as rows from timers where job_id = ${job.id}`;
      return row?.rows === 0;
    });
    await stop();
    expect(await kit.jobOf(job.id)).toMatchObject({ status: 'CANCELLED', revision: 2 });
  });
});
