// Durable `after` timers, and states that wait for the outcome of an action.
import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DueTimer } from '../db/statements/timers.ts';
import type { Definition, InvokeConfig, StateNode } from '../engine/definition.ts';
import { gate, type ScriptedAnswer } from './receiver.testkit.ts';
import { AT_ONCE, type Kit, setup, statuses, until } from './worker.testkit.ts';

let kit: Kit;

beforeAll(async () => {
  kit = await setup();
  // Two, so that whatever must happen once could happen twice.
  await kit.startWorker();
  await kit.startWorker();
});
afterAll(() => kit?.close());

let workflows = 0;
async function start(definition: Definition): Promise<string> {
  const name = `w${++workflows}`;
  await kit.publish(name, definition);
  return (await kit.start(name)).job.id;
}

const reached = (jobId: string, state: string) =>
  until(
    `the job is in ${state}`,
    async () => (await kit.jobOf(jobId)).currentState === state && kit.jobOf(jobId),
  );

const timersOf = (jobId: string) =>
  kit.api.once<(DueTimer & { dueInMs: number })[]>(
    [kit.tenant.id],
    (sql) => sql`
      select shard, tenant_id, job_id, id, send_id, entry, event,
        extract(epoch from due_at - now())::float8 * 1000 as due_in_ms
      from timers where shard = ${kit.tenant.shard} and tenant_id = ${kit.tenant.id} and job_id = ${jobId}`,
  );

const isDue = (jobId: string) => kit.admin`update timers set due_at = now() where job_id = ${jobId}`;

describe('an "after" timer', () => {
  const LATER = 86_400_000;
  const waiting: Definition = {
    context: { escalations: 0 },
    initial: 'waiting',
    states: {
      waiting: {
        after: {
          [LATER]: {
            target: 'escalated',
            actions: { action_type: 'ASSIGN', params: { escalations: 'context.escalations + 1' } },
          },
        },
        on: { LEAVE: 'left' },
      },
      escalated: { on: { BACK: 'waiting' } },
      left: { on: { BACK: 'waiting' } },
    },
  };

  it('moves the job once when it is due, and the log says that nobody sent it', async () => {
    const jobId = await start(waiting);
    expect(await timersOf(jobId)).toMatchObject([{ entry: 1, sendId: expect.any(String) }]);
    await isDue(jobId);
    expect(await reached(jobId, 'escalated')).toMatchObject({ revision: 2, context: { escalations: 1 } });
    expect(await timersOf(jobId)).toEqual([]);
    const [, moved] = await kit.logOf(jobId);
    expect(moved).toMatchObject({ kind: 'transition', seq: 2, actor: 'timer', data: { internal: true } });
  });

  it('goes off before those of the same moment that were set after it', async () => {
    const nested: Definition = {
      initial: 'outer',
      states: {
        outer: {
          initial: 'inner',
          states: { inner: { after: { [LATER]: '#workflow.late' } } },
          after: { [LATER]: 'escalated' },
        },
        escalated: {},
        late: {},
      },
    };
    const jobs = await Promise.all(Array.from({ length: 12 }, () => start(nested)));
    await kit.admin`update timers set due_at = now() where job_id = any (${jobs}::uuid[])`;
    for (const jobId of jobs) {
      await until('its timers are gone', async () => (await timersOf(jobId)).length === 0);
      expect(await kit.jobOf(jobId)).toMatchObject({ currentState: 'escalated', revision: 2 });
    }
  });

  it('is due after as long as the definition says, by the database’s clock', async () => {
    const jobId = await start(waiting);
    const [timer] = await timersOf(jobId);
    expect(timer?.dueInMs).toBeGreaterThan(LATER - 60_000);
    expect(timer?.dueInMs).toBeLessThan(LATER + 60_000);
  });

  it('is gone when its state is left', async () => {
    const jobId = await start(waiting);
    await kit.send(jobId, 'LEAVE');
    expect(await timersOf(jobId)).toEqual([]);
  });

  it('does not fire into a state that was left and entered again', async () => {
    const jobId = await start(waiting);
    const [stale] = await timersOf(jobId);
    await kit.send(jobId, 'LEAVE');
    await kit.send(jobId, 'BACK');
    // A worker that had taken it before the job moved comes too late.
    await kit.jobs.fire(stale as DueTimer);
    expect(await kit.jobOf(jobId)).toMatchObject({ currentState: 'waiting', revision: 3 });
    expect(await timersOf(jobId)).toMatchObject([{ entry: 3 }]);
  });

  it('is gone when the job is cancelled', async () => {
    const jobId = await start(waiting);
    await kit.jobs.cancel(kit.tenant, { jobId, actor: 'test', reason: 'enough' });
    expect(await timersOf(jobId)).toEqual([]);
    expect(await kit.jobOf(jobId)).toMatchObject({
      status: 'CANCELLED',
      currentState: 'waiting',
      revision: 2,
    });
  });
});

describe('a state that waits for an action', () => {
  const call = (path: string, options: Partial<InvokeConfig> = {}): InvokeConfig => ({
    id: 'call',
    src: 'webhook',
    input: { connection_id: kit.connection, path },
    retry: AT_ONCE,
    ...options,
  });
  const assign = (key: string, cel: string) => ({ action_type: 'ASSIGN' as const, params: { [key]: cel } });
  const asking = (invoke: InvokeConfig, rest: StateNode = {}): Definition => ({
    context: { got: null, why: null },
    initial: 'asking',
    states: {
      asking: { invoke, ...rest },
      answered: { on: { AGAIN: 'asking' } },
      refused: {},
      aside: { on: { BACK: 'asking' } },
    },
  });
  const onDone = { target: 'answered', actions: assign('got', 'event.output') };
  const onError = { target: 'refused', actions: assign('why', 'event.error') };

  it('gets the response as the output of its done event', async () => {
    kit.receiver.script('/done', { status: 201, body: { id: 7 } });
    const jobId = await start(asking(call('/done', { onDone, onError })));
    expect((await reached(jobId, 'answered')).context.got).toEqual({ status: 201, body: { id: 7 } });
    const [run] = await kit.runsOf(jobId);
    const log = await kit.logOf(jobId);
    expect(log.find(({ seq }) => seq === 2)).toMatchObject({
      actor: `action:${run?.id}`,
      data: { internal: true },
    });
  });

  it('gets the failure as its error event, once all attempts are made', async () => {
    kit.receiver.script('/error', { status: 503 });
    const jobId = await start(asking(call('/error', { onDone, onError, idempotent: true })));
    expect((await reached(jobId, 'refused')).context.why).toMatchObject({ code: 'http_503' });
    expect(kit.receiver.at('/error')).toHaveLength(3);
  });

  it('gets an error event when the action is skipped', async () => {
    const jobId = await start(asking(call('/never', { onDone, onError, when: 'false' })));
    expect((await reached(jobId, 'refused')).context.why).toMatchObject({ code: 'when_false' });
  });

  it('ends the job in ERROR when nobody handles the failure', async () => {
    kit.receiver.script('/unhandled', { status: 400 });
    const jobId = await start(asking(call('/unhandled', { onDone })));
    await until('the job has ended', async () => (await kit.jobOf(jobId)).status === 'ERROR');
  });

  it('reads all of an answer that is longer than what the log keeps of it', async () => {
    const items = Array.from({ length: 4_000 }, (_, n) => `item number ${n}`);
    kit.receiver.script('/long', { body: { id: 7, items } });
    const read = { target: 'answered', actions: assign('got', 'event.output.body.items[3999]') };
    const jobId = await start(asking(call('/long', { onDone: read, onError })));
    expect((await reached(jobId, 'answered')).context.got).toBe('item number 3999');
    const [run] = await kit.runsOf(jobId);
    expect(run?.response).toMatchObject({ status: 200, body: { id: 7, items } });
    const [attempt] = (await kit.logOf(jobId)).filter(({ kind }) => kind === 'attempt');
    const beginning = JSON.stringify({ id: 7, items }).slice(0, 16_384);
    expect(attempt?.data.response).toMatchObject({ body: beginning, truncated: true });
  });

  it('takes an answer that is too deep for a value as text', async () => {
    const deep = `${'['.repeat(3_000)}${']'.repeat(3_000)}`;
    kit.receiver.script('/deep', { headers: { 'content-type': 'application/json' }, body: deep });
    const jobId = await start(asking(call('/deep', { onDone, onError })));
    expect((await reached(jobId, 'answered')).context.got).toEqual({ status: 200, body: deep });
  });

  it('is told when an answer is too long to be read whole', async () => {
    kit.receiver.script('/too-long', { body: { text: 'x'.repeat(300_000) } });
    const jobId = await start(asking(call('/too-long', { onDone, onError })));
    const { context } = await reached(jobId, 'answered');
    expect(context.got).toMatchObject({ body: expect.stringMatching(/^\{"text":"x+$/), truncated: true });
  });

  it('gets an error event when its done event cannot be taken', async () => {
    kit.receiver.script('/odd', { body: { no: 'id' } });
    const read = { target: 'answered', actions: assign('got', 'event.output.body.id') };
    const jobId = await start(asking(call('/odd', { onDone: read, onError })));
    expect((await reached(jobId, 'refused')).context.why).toMatchObject({ code: 'evaluation_failed' });
    const log = await kit.logOf(jobId);
    expect(log.map(({ kind }) => kind)).toEqual(['transition', 'attempt', 'event_failed', 'transition']);
    expect(statuses(await kit.runsOf(jobId))).toEqual(['SUCCEEDED']);
  });

  it('ends the job in ERROR when its error event cannot be taken either', async () => {
    kit.receiver.script('/worse', { status: 404 });
    const wrong = { target: 'refused', actions: assign('why', 'event.error.response.body') };
    const jobId = await start(asking(call('/worse', { onDone, onError: wrong })));
    await until('the job has ended', async () => (await kit.jobOf(jobId)).status === 'ERROR');
    const log = await kit.logOf(jobId);
    expect(log.map(({ kind }) => kind)).toEqual(['transition', 'attempt', 'event_failed', 'transition']);
    expect(log.at(-1)?.data).toMatchObject({
      event: {
        payload: { error: { code: 'evaluation_failed', message: expect.stringContaining('response') } },
      },
    });
  });

  it('leaves a word in the log where every guard refuses its done event', async () => {
    kit.receiver.script('/unwanted', { body: { ok: false } });
    const wanted = { target: 'answered', guard: 'event.output.body.ok == true' };
    const jobId = await start(asking(call('/unwanted', { onDone: wanted, onError })));
    await until('the outcome was told', async () => {
      const log = await kit.logOf(jobId);
      return log.some(({ kind, data }) => kind === 'event_refused' && data.code === 'guard_refused');
    });
    expect((await kit.logOf(jobId)).at(-1)?.data).toMatchObject({
      verdicts: [{ guard: 'event.output.body.ok == true', verdict: 'false' }],
    });
    expect(await kit.jobOf(jobId)).toMatchObject({ currentState: 'asking', status: 'ACTIVE' });
  });

  it('does not take the outcome of an action it asked for before it was left and entered again', async () => {
    const answers = [gate<ScriptedAnswer>(), gate<ScriptedAnswer>()] as const;
    kit.receiver.script('/stale', ({ nth }) => (answers[nth - 1] as (typeof answers)[0]).promise);
    const jobId = await start(asking(call('/stale', { onDone, onError }), { on: { ASIDE: 'aside' } }));
    await kit.receiver.arrival('/stale', 1);
    await kit.send(jobId, 'ASIDE');
    await kit.send(jobId, 'BACK');
    await kit.receiver.arrival('/stale', 2);

    answers[0].resolve({ body: 'first' });
    await until('the first outcome was told and thrown away', async () => {
      const [first] = await kit.runsOf(jobId);
      return first?.status === 'SUCCEEDED' && (await timersOf(jobId)).length === 0;
    });
    expect(await kit.jobOf(jobId)).toMatchObject({ currentState: 'asking', revision: 3 });

    answers[1].resolve({ body: 'second' });
    expect((await reached(jobId, 'answered')).context.got).toMatchObject({ body: 'second' });
    expect(statuses(await kit.runsOf(jobId))).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  });

  it('takes that of the action it asked for last, also from a process whose clock is behind that of the one before', async () => {
    let nth = 0;
    const behind = await kit.anotherJobs({ next: () => v7({ msecs: Date.now() - 5_000, seq: ++nth }) });
    const answers = [gate<ScriptedAnswer>(), gate<ScriptedAnswer>()] as const;
    kit.receiver.script('/skewed', ({ nth }) => (answers[nth - 1] as (typeof answers)[0]).promise);
    const jobId = await start(asking(call('/skewed', { onDone, onError }), { on: { ASIDE: 'aside' } }));
    await kit.receiver.arrival('/skewed', 1);
    await kit.send(jobId, 'ASIDE');
    const back = { event: { type: 'BACK', payload: {} }, idempotency: null, expectedRevision: null };
    await behind.send(kit.tenant, { jobId, actor: 'test', ...back });
    await kit.receiver.arrival('/skewed', 2);

    answers[0].resolve({ body: 'first' });
    await until('the first outcome was told and thrown away', async () => {
      const isOver = (await kit.runsOf(jobId)).some(({ status }) => status === 'SUCCEEDED');
      return isOver && (await timersOf(jobId)).length === 0;
    });
    expect(await kit.jobOf(jobId)).toMatchObject({ currentState: 'asking', revision: 3 });

    answers[1].resolve({ body: 'second' });
    expect((await reached(jobId, 'answered')).context.got).toMatchObject({ body: 'second' });
  });

  it('takes each outcome once, whichever worker finds it', async () => {
    kit.receiver.script('/round', ({ nth }) => ({ body: nth }));
    const jobId = await start(
      asking(
        call('/round', {
          onDone: { target: 'answered', actions: assign('got', 'event.output.body') },
          onError,
        }),
      ),
    );
    for (let round = 1; round <= 5; round++) {
      const { revision, context } = await reached(jobId, 'answered');
      expect([revision, context.got]).toEqual([round * 2, round]);
      if (round < 5) await kit.send(jobId, 'AGAIN');
    }
  });
});
