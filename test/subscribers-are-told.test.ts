// What happens to jobs reaches those who subscribed to it: through the API, and sent by a worker.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { checkInvariants } from '../invariants/check-invariants.ts';
import { until } from '../worker/worker.testkit.ts';
import { AT_ONCE, type Notifications, SHORT, setupNotifications } from './notifications.testkit.ts';

let n: Notifications;
let everywhere: string;

beforeAll(async () => {
  n = await setupNotifications();
  everywhere = await n.connection('everywhere', { supplied_to_all: true });
  await n.workflow('short', SHORT);
  await n.startWorker();
});
afterEach(async () => {
  const { items } = await n.ask('GET', '/subscriptions?limit=200');
  for (const { id } of items) await n.ask('DELETE', `/subscriptions/${id}`);
});
afterAll(async () => {
  const { operator: db, a } = n.api;
  expect(await checkInvariants({ db, tenants: [a.tenant], arrivals: n.receiver.requests })).toEqual([]);
  await n.stop();
});

const subscribe = (name: string, trigger: { kind: string; [key: string]: string }, more = {}) =>
  n.subscribe(name, everywhere, { trigger, ...more });
/** Ids of the entries of the log a subscription was told of. */
const occurrences = async (subscription: string) =>
  (await n.deliveries(`&subscription=${subscription}`)).map(({ occurrence_id: id }) => id);
const logOf = async (jobId: string): Promise<{ id: string; kind: string; seq: number }[]> =>
  (await n.ask('GET', `/jobs/${jobId}/log?limit=200`)).items;
const transitionsOf = async (jobId: string) => {
  const entries = (await logOf(jobId)).filter(({ kind }) => kind === 'transition' || kind === 'cancelled');
  return entries.sort((a, b) => a.seq - b.seq).map(({ id }) => id);
};

describe('a trigger', () => {
  it('of each kind is told of exactly those transitions', async () => {
    const all = {
      started: await subscribe('started', { kind: 'job_started' }),
      taken: await subscribe('taken', { kind: 'transition_taken' }),
      back: await subscribe('back', {
        kind: 'transition_taken',
        event: 'BACK',
        from: 'going',
        to: 'waiting',
      }),
      waiting: await subscribe('waiting', { kind: 'state_entered', state: 'waiting' }),
      milestone: await subscribe('milestone', { kind: 'milestone_reached' }),
      done: await subscribe('done', { kind: 'job_done' }),
    };
    const job = await n.start('short');
    for (const event of ['GO', 'BACK', 'GO', 'STOP']) await n.send(job, event);
    await n.settled(`&job=${job}`);
    const [started, go, back, again, stop] = await transitionsOf(job);
    expect(await occurrences(all.started)).toEqual([started]);
    expect(await occurrences(all.taken)).toEqual([go, back, again, stop]);
    expect(await occurrences(all.back)).toEqual([back]);
    expect(await occurrences(all.waiting)).toEqual([started, back]);
    expect(await occurrences(all.milestone)).toEqual([go, again]);
    expect(await occurrences(all.done)).toEqual([stop]);
  });

  it('of a job that is done is told of one that was cancelled too, and of no transition', async () => {
    const done = await subscribe('cancelled', { kind: 'job_done' }, { filter: "job.status == 'CANCELLED'" });
    const taken = await subscribe('not-taken', { kind: 'transition_taken' });
    const job = await n.start('short');
    await n.ask('POST', `/jobs/${job}/cancel`, { reason: 'not needed' });
    const [delivery] = await n.settled(`&job=${job}`);
    expect(delivery).toMatchObject({ subscription_id: done, status: 'SUCCEEDED', kind: 'job_done' });
    expect(await occurrences(done)).toEqual([(await transitionsOf(job))[1]]);
    expect(await occurrences(taken)).toEqual([]);
  });

  it('of an action that failed for good is told once it has, of another job than that of a delivery', async () => {
    const params = { connection_id: everywhere, path: '/failing', body: {} };
    const action = { action_type: 'WEBHOOK', name: 'notify', params, retry: AT_ONCE };
    await n.workflow('calls', {
      id: 'calls',
      initial: 'ready',
      context: { order: 7 },
      states: {
        ready: { on: { GO: { target: 'gone', actions: [action, { ...action, name: 'later' }] } } },
        gone: {},
      },
    });
    n.receiver.script('/failing', { status: 400, body: { why: 'no' } });
    const body = {
      order: '<<context.order>>',
      failed: '<<event.payload.name>>',
      code: '<<event.code>>',
      to: '<<transition.to>>',
      attempts: '<<event.attempts>>',
    };
    const message = { action_type: 'WEBHOOK', params: { connection_id: everywhere, path: '/told', body } };
    const failed = await subscribe('failures', { kind: 'action_failed' }, { action: message });
    const other = await subscribe('other-failures', { kind: 'action_failed', action: 'later' });
    n.receiver.script('/told', { status: 404 });
    const job = await n.start('calls');
    await n.send(job, 'GO');
    const [delivery, ...more] = await n.settled(`&job=${job}`);
    expect(more).toEqual([]);
    // The delivery fails as well, and nobody is told of that.
    expect(delivery).toMatchObject({ subscription_id: failed, status: 'FAILED', kind: 'action_failed' });
    expect(n.receiver.at('/told').map((request) => JSON.parse(request.body))).toEqual([
      { order: 7, failed: 'notify', code: 'http_400', to: 'gone', attempts: 1 },
    ]);
    expect(await occurrences(other)).toEqual([]);
    const attempt = (await logOf(job)).find(({ kind }) => kind === 'attempt');
    expect(delivery?.occurrence_id).toBe(attempt?.id);
    // Failing once more, after a person tried again, is another occurrence.
    const [run] = (await n.ask('GET', `/actions?job=${job}&name=notify`)).items;
    await n.ask('POST', `/actions/${run.id}/retry`, {});
    await n.receiver.arrival('/told', 2);
    expect(new Set(await occurrences(failed)).size).toBe(2);
  });

  it('is told of every job that one event moves or starts', async () => {
    await n.workflow('child', { id: 'child', initial: 'over', states: { over: { type: 'final' } } });
    await n.workflow('parent', {
      id: 'parent',
      initial: 'ready',
      states: {
        ready: {
          on: {
            GO: { target: 'gone', actions: [{ action_type: 'START_JOB', params: { workflow: 'child' } }] },
          },
        },
        gone: {},
      },
    });
    const done = await subscribe('children', { kind: 'job_done' });
    const job = await n.start('parent');
    await n.send(job, 'GO');
    const [delivery] = await n.settled(`&subscription=${done}`);
    expect(await n.ask('GET', `/jobs/${delivery?.job_id}`)).toMatchObject({
      parent_job_id: job,
      status: 'DONE',
    });
  });
});

describe('a message', () => {
  it('says what the job was when it happened, whatever it is by the time it is sent', async () => {
    const body = { state: '<<job.current_state>>', event: '<<event.type>>', from: '<<transition.from>>' };
    const message = { action_type: 'WEBHOOK', params: { connection_id: everywhere, path: '/said', body } };
    await subscribe('said', { kind: 'transition_taken' }, { action: message });
    const job = await n.start('short');
    await n.send(job, 'GO', { amount: 1 });
    await n.send(job, 'STOP');
    await n.settled(`&job=${job}`);
    const said = n.receiver.at('/said').map((request) => JSON.parse(request.body));
    expect(said).toContainEqual({ state: 'going', event: 'GO', from: 'waiting' });
    expect(said).toContainEqual({ state: 'over', event: 'STOP', from: 'going' });
  });

  it('that is changed is what later occurrences are told; what was due says what it was to say', async () => {
    const held = Promise.withResolvers<object>();
    n.receiver.script('/changing', ({ nth }) =>
      nth === 1 ? held.promise.then(() => ({ status: 503 })) : {},
    );
    const say = (text: string) => ({
      action_type: 'WEBHOOK',
      params: { connection_id: everywhere, path: '/changing', body: { text } },
      retry: AT_ONCE,
      idempotent: true,
    });
    const id = await subscribe('changing', { kind: 'job_started' }, { action: say('before') });
    await n.start('short');
    await n.receiver.arrival('/changing');
    await n.ask('PATCH', `/subscriptions/${id}`, { action: say('after') });
    held.resolve({});
    await n.settled(`&subscription=${id}`);
    await n.start('short');
    await n.settled(`&subscription=${id}`);
    expect(n.receiver.at('/changing').map((request) => JSON.parse(request.body).text)).toEqual([
      'before',
      'before',
      'after',
    ]);
  });

  it('whose filter cannot be evaluated is a delivery that failed, and says which variable is missing', async () => {
    const id = await subscribe('unfiltered', { kind: 'job_started' }, { filter: 'context.amount > 3' });
    await n.start('short');
    const [without] = await n.settled(`&subscription=${id}`);
    expect(without).toMatchObject({ status: 'FAILED', attempts: 0, error: { code: 'when_failed' } });
    await n.start('short', { amount: 2 });
    await n.start('short', { amount: 4 });
    const all = await n.settled(`&subscription=${id}`);
    expect(all.map(({ status }) => status)).toEqual(['FAILED', 'SUCCEEDED']);
  });
});

describe('a subscription', () => {
  it('holds from the moment its request is answered, in a process that had just looked', async () => {
    const job = await n.start('short');
    const id = await subscribe('at-once', { kind: 'transition_taken' });
    await n.send(job, 'GO');
    expect(await occurrences(id)).toHaveLength(1);
    await n.ask('PATCH', `/subscriptions/${id}`, { enabled: false });
    await n.send(job, 'BACK');
    expect(await occurrences(id)).toHaveLength(1);
    await n.ask('PATCH', `/subscriptions/${id}`, { enabled: true });
    await n.ask('DELETE', `/subscriptions/${id}`);
    await n.send(job, 'GO');
    expect(await n.deliveries(`&job=${job}`)).toHaveLength(1);
  });

  it('made by one process is seen at once by another, which remembers that there was none', async () => {
    const { api } = n;
    // A worker's own jobs: another process, as far as memory goes.
    const { jobs } = await n.startWorker();
    const job = await n.start('short');
    const send = (type: string) =>
      jobs.send(api.a.tenant, {
        jobId: job,
        event: { type, payload: {} },
        actor: 'test',
        idempotency: null,
        expectedRevision: null,
      });
    await send('GO');
    const id = await subscribe('elsewhere', { kind: 'transition_taken' });
    await send('BACK');
    expect(await occurrences(id)).toEqual([(await transitionsOf(job))[2]]);
  });

  it('follows the tree: moving a module moves what is told of its workflows', async () => {
    const [left, right] = [await n.scope('stack', 'left'), await n.scope('stack', 'right')];
    const namespace = await n.scope('namespace', 'shop', left);
    const module = await n.scope('module', 'cart', namespace);
    await n.workflow('placed', SHORT, module);
    const onLeft = await subscribe('on-left', { kind: 'job_started' }, { scope_id: left });
    const onRight = await subscribe('on-right', { kind: 'job_started' }, { scope_id: right });
    await n.start('placed');
    await n.ask('PATCH', `/scopes/${namespace}`, { parent_id: right });
    await n.start('placed');
    await n.start('placed');
    const told = [await occurrences(onLeft), await occurrences(onRight)];
    expect(told.map((list) => list.length)).toEqual([1, 2]);
  });
});

describe('what was due and may not go out any more is skipped, with the reason, and nothing crashes', () => {
  /** A delivery whose first attempt is under way; it fails once `then` is done, and is tried again at once. */
  async function underWay(
    name: string,
    connection: string,
    then: (subscription: string) => Promise<unknown>,
  ) {
    const held = Promise.withResolvers<void>();
    n.receiver.script(`/${name}`, () => held.promise.then(() => ({ status: 429 })));
    const id = await n.subscribe(name, connection, { trigger: { kind: 'job_started' } });
    const job = await n.start('short');
    await n.receiver.arrival(`/${name}`);
    await then(id);
    held.resolve();
    const [delivery] = await n.settled(`&job=${job}&subscription=${id}`);
    const entries = (await logOf(job)).filter(({ kind }) => kind === 'action_skipped');
    expect([delivery?.status, entries.length]).toEqual(['SKIPPED', 1]);
    await n.api.a.call('DELETE', `/subscriptions/${id}`);
    return (delivery?.error as { code: string } | null)?.code;
  }

  it('because the connection is disabled, or gone', async () => {
    const first = await n.connection('to-be-disabled', { supplied_to_all: true });
    const disable = () => n.ask('PATCH', `/tenant/connections/${first}`, { enabled: false });
    expect(await underWay('disabled', first, disable)).toBe('connection_disabled');
    const second = await n.connection('to-be-deleted', { supplied_to_all: true });
    const remove = () => n.ask('DELETE', `/tenant/connections/${second}?force=true`);
    expect(await underWay('gone', second, remove)).toBe('connection_not_found');
  });

  it('because the connection is no longer supplied there', async () => {
    const connection = await n.connection('to-be-withdrawn', { supplied_to_all: true });
    const withdraw = () => n.ask('PATCH', `/tenant/connections/${connection}`, { supplied_to_all: false });
    expect(await underWay('withdrawn', connection, withdraw)).toBe('not_supplied');
  });

  it('because nobody subscribes any more', async () => {
    const remove = (id: string) => n.ask('DELETE', `/subscriptions/${id}`);
    expect(await underWay('unsubscribed', everywhere, remove)).toBe('subscription_deleted');
    const disable = (id: string) => n.ask('PATCH', `/subscriptions/${id}`, { enabled: false });
    expect(await underWay('silenced', everywhere, disable)).toBe('subscription_disabled');
  });
});

describe('an event of a source', () => {
  it('tells who subscribed to the job it starts, also who did after the worker last looked', async () => {
    const source = await n.ask('POST', '/sources', {
      kind: 'generic',
      name: 'outside',
      config: { delivery_id_path: 'id' },
    });
    const action = { type: 'start_job', workflow: 'short', key: 'event.id' };
    await n.ask('POST', '/triggers', { source_id: source.id, name: 'starts', event_types: ['*'], action });
    const startedBy = async (id: string): Promise<string> => {
      const of = { type: 'opened', id };
      expect((await n.api.a.deliver(source, of)).status).toBeLessThan(300);
      const [event] = await until('the event is processed', async () => {
        const { items } = await n.ask('GET', `/inbound-events?source=${source.id}&limit=1`);
        return items[0].status === 'PROCESSED' ? items : null;
      });
      expect(event.effects).toMatchObject([{ effect: 'job_started' }]);
      return event.effects[0].job_id;
    };
    const first = await subscribe('first', { kind: 'job_started' });
    const told = await n.settled(`&job=${await startedBy('one')}`);
    expect(told.map(({ subscription_id: id }) => id)).toEqual([first]);

    // The worker remembers rules without it; what it decides by them does not hold.
    const second = await subscribe('second', { kind: 'job_started' });
    const job = await startedBy('two');
    const both = await n.settled(`&job=${job}`);
    expect(new Set(both.map(({ subscription_id: id }) => id))).toEqual(new Set([first, second]));
    expect(both.map(({ occurrence_id: of }) => of)).toEqual([
      ...(await transitionsOf(job)),
      ...(await transitionsOf(job)),
    ]);
  });
});
