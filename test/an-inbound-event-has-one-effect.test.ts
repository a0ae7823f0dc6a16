// From a signed request to the job it moves: through HTTP, stored, processed by a worker.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ReservedSql, Row } from '../db/client.ts';
import { storeRedeliveries } from '../db/statements/store-inbound.ts';
import type { JsonObject } from '../engine/json.ts';
import { checkInvariants } from '../invariants/check-invariants.ts';
import type { StartedWorker } from '../worker/worker.testkit.ts';
import { ADDS, type InboundKit, OPENS, setupInbound, type TestSource } from './inbound.testkit.ts';
import { waitsForLock } from './lock-waits.testkit.ts';
import { redelivery } from './records.testkit.ts';

let kit: InboundKit;
let worker: StartedWorker;
let source: TestSource;
let tickets = 0;

beforeAll(async () => {
  kit = await setupInbound();
  worker = await kit.workers.startWorker();
  source = await kit.addSource(kit.api.a);
  await kit.addTrigger(kit.api.a, source, OPENS);
  await kit.addTrigger(kit.api.a, source, ADDS);
});
afterEach(async () => {
  const { a, b, operator: db } = kit.api;
  expect(await checkInvariants({ db, tenants: [a.tenant, b.tenant], arrivals: [] })).toEqual([]);
});
afterAll(() => kit?.close());

const ticket = () => `ticket-${++tickets}`;
let deliveries = 0;
async function deliver(event: JsonObject, to = source): Promise<void> {
  const { status } = await kit.api.a.deliver(to, { id: `d-${++deliveries}`, ...event });
  expect(status).toBe(200);
}
const last = async (to = source) => (await kit.processed(kit.api.a, to)).at(-1) as JsonObject;
const jobWithKey = async (key: string): Promise<JsonObject> => {
  const { body } = await kit.api.a.call('GET', `/jobs?workflow=ticket&key=${key}`);
  expect(body.items).toHaveLength(1);
  return (await kit.api.a.call('GET', `/jobs/${body.items[0].id}`)).body;
};

describe('an event that a trigger is for', () => {
  it('starts a job with the mapped input, and both say so of each other', async () => {
    const key = ticket();
    await deliver({ type: 'opened', ticket: key, title: 'It broke' });
    const event = await last();
    const job = await jobWithKey(key);
    expect(job).toMatchObject({ current_state: 'open', key, context: { title: 'It broke' } });
    expect(event).toMatchObject({
      status: 'PROCESSED',
      error: null,
      attempts: 1,
      effects: [
        {
          effect: 'job_started',
          job_id: job.id,
          workflow_id: job.workflow_id,
          state: 'open',
          trigger_name: 'opens',
        },
      ],
    });
    const { body: log } = await kit.api.a.call('GET', `/jobs/${job.id}/log`);
    expect(log.items[0]).toMatchObject({
      actor: `source:${source.id}`,
      data: { inbound_event_id: event.id },
    });
  });

  it('sends an event to the job that holds the key', async () => {
    const key = ticket();
    await deliver({ type: 'opened', ticket: key, title: '' });
    await deliver({ type: 'added', ticket: key, what: 'x' });
    const event = await last();
    const job = await jobWithKey(key);
    expect(job).toMatchObject({ revision: 2, context: { n: 1, seen: 'x' } });
    expect(event.effects).toMatchObject([
      { effect: 'event_sent', job_id: job.id, event: 'ADD', from: 'open' },
    ]);
  });

  it('ends a job with one trigger, and with the next starts another that takes over its key', async () => {
    const renewing = await kit.addSource(kit.api.a);
    await kit.addTrigger(kit.api.a, renewing, {
      name: 'ends the old one',
      event_types: ['*'],
      position: 1,
      action: { type: 'send_event', workflow: 'ticket', key: 'event.ticket', event_type: 'END' },
    });
    await kit.addTrigger(kit.api.a, renewing, { ...OPENS, event_types: ['*'], position: 2 });
    await kit.addTrigger(kit.api.a, renewing, { ...ADDS, event_types: ['*'], position: 3 });
    const key = ticket();
    await deliver({ type: 'opened', ticket: key, title: '' });
    await kit.processed(kit.api.a, source);
    const old = await jobWithKey(key);
    await deliver({ ticket: key, title: '', what: 'new' }, renewing);
    const { effects } = (await last(renewing)) as { effects: { job_id: string }[] };
    expect(effects).toMatchObject([
      { effect: 'event_sent', job_id: old.id, event: 'END' },
      { effect: 'job_started' },
      { effect: 'event_sent', event: 'ADD', job_id: effects[1]?.job_id },
    ]);
    expect(effects[1]?.job_id).not.toBe(old.id);
  });

  it('acts in the order of receipt on one job', async () => {
    const key = ticket();
    await deliver({ type: 'opened', ticket: key, title: '' });
    for (const what of 'abcdefghij') await deliver({ type: 'added', ticket: key, what });
    await kit.processed(kit.api.a, source);
    expect(await jobWithKey(key)).toMatchObject({ context: { seen: 'abcdefghij' } });
  });

  it('is metered once', async () => {
    const other = await kit.addSource(kit.api.a);
    await deliver({ type: 'opened', id: 'same' }, other);
    await deliver({ type: 'opened', id: 'same' }, other);
    const rows = await kit.api.operator.sql`
      select kind, quantity, outcome, provider, connection_id, request_bytes::integer from utility_ledger
      where source_id = ${other.id}`;
    expect(rows.map((row) => ({ ...row }))).toEqual([
      {
        kind: 'WebhookIngress',
        quantity: 1,
        outcome: 'succeeded',
        provider: 'generic',
        connectionId: null,
        requestBytes: 29,
      },
    ]);
  });
});

describe('an event that has no effect is PROCESSED, and says why', () => {
  it('when no trigger is for it', async () => {
    await deliver({ type: 'edited' });
    expect(await last()).toMatchObject({ status: 'PROCESSED', event_type: 'edited', effects: [] });
  });

  it.each([
    ['no live job holds the key', { type: 'added', ticket: 'nobody', what: '' }, 'job_not_found'],
    ['a live job holds the key already', { type: 'opened', ticket: 'taken', title: '' }, 'job_key_taken'],
  ])('when %s', async (_, event, code) => {
    if (event.ticket === 'taken') await deliver(event);
    await deliver(event);
    expect(await last()).toMatchObject({
      status: 'PROCESSED',
      effects: [{ effect: 'no_effect', code }],
    });
  });

  it('when the job is over', async () => {
    const key = ticket();
    await deliver({ type: 'opened', ticket: key, title: '' });
    await kit.processed(kit.api.a, source);
    const { id } = await jobWithKey(key);
    await kit.api.a.call('POST', `/jobs/${id}/events`, { body: { type: 'END' } });
    await deliver({ type: 'added', ticket: key, what: '' });
    expect(await last()).toMatchObject({ status: 'PROCESSED', effects: [{ code: 'job_not_found' }] });
  });

  it('when the job takes no such event now', async () => {
    const to = await kit.addSource(kit.api.a);
    const action = { type: 'send_event', key: 'event.ticket', event_type: 'NEVER' };
    await kit.addTrigger(kit.api.a, to, { name: 'never', event_types: ['*'], action });
    const key = ticket();
    await deliver({ type: 'opened', ticket: key, title: '' });
    await kit.processed(kit.api.a, source);
    await deliver({ ticket: key }, to);
    expect(await last(to)).toMatchObject({
      status: 'PROCESSED',
      effects: [{ effect: 'no_effect', code: 'no_transition' }],
    });
  });

  it('when a filter cannot be told', async () => {
    const to = await kit.addSource(kit.api.a);
    await kit.addTrigger(kit.api.a, to, { ...OPENS, event_types: ['*'], filter: 'event.missing' });
    await deliver({ type: 'opened' }, to);
    expect(await last(to)).toMatchObject({ status: 'PROCESSED', effects: [{ code: 'filter_failed' }] });
  });
});

describe('several triggers', () => {
  it('all act in their order, in one commit, the second on the job that the first started', async () => {
    const to = await kit.addSource(kit.api.a);
    await kit.addTrigger(kit.api.a, to, { ...ADDS, event_types: ['*'], position: 2 });
    await kit.addTrigger(kit.api.a, to, { ...OPENS, event_types: ['*'], position: 1 });
    const key = ticket();
    await deliver({ ticket: key, title: 't', what: 'w' }, to);
    expect((await last(to)).effects).toMatchObject([
      { trigger_name: 'opens', effect: 'job_started' },
      { trigger_name: 'adds', effect: 'event_sent' },
    ]);
    expect(await jobWithKey(key)).toMatchObject({ revision: 2, context: { n: 1 } });
  });

  it('do nothing at all when one of them cannot be carried out; the event FAILED and names it', async () => {
    const to = await kit.addSource(kit.api.a);
    await kit.addTrigger(kit.api.a, to, { ...OPENS, event_types: ['*'] });
    const breaks = { type: 'send_event', workflow: 'ticket', key: 'event.ticket', event_type: 'BREAK' };
    const trigger = await kit.addTrigger(kit.api.a, to, {
      name: 'breaks',
      event_types: ['*'],
      action: breaks,
    });
    const key = ticket();
    await deliver({ ticket: key, title: 't' }, to);
    expect(await last(to)).toMatchObject({
      status: 'FAILED',
      effects: [],
      error: { code: 'evaluation_failed', trigger_id: trigger, trigger_name: 'breaks' },
    });
    const { body } = await kit.api.a.call('GET', `/jobs?key=${key}`);
    expect(body.items).toEqual([]);
  });

  it('pass over those that are switched off', async () => {
    const to = await kit.addSource(kit.api.a);
    await kit.addTrigger(kit.api.a, to, { ...OPENS, event_types: ['*'], enabled: false });
    await deliver({ ticket: ticket(), title: '' }, to);
    expect(await last(to)).toMatchObject({ status: 'PROCESSED', effects: [] });
  });
});

describe('an event FAILED', () => {
  it('when its template names something that is not there', async () => {
    await deliver({ type: 'opened', ticket: ticket() });
    expect(await last()).toMatchObject({
      status: 'FAILED',
      error: { code: 'missing_variable', pointer: '/action/input', trigger_name: 'opens' },
    });
  });

  it('when the workflow starts no jobs', async () => {
    const { call } = kit.api.a;
    await call('POST', '/workflows', {
      body: { name: 'draft', definition: { initial: 's', states: { s: {} } } },
    });
    const to = await kit.addSource(kit.api.a);
    const action = { type: 'start_job', workflow: 'draft' };
    await kit.addTrigger(kit.api.a, to, { name: 'drafts', event_types: ['*'], action });
    await deliver({}, to);
    expect(await last(to)).toMatchObject({ status: 'FAILED', error: { code: 'workflow_not_published' } });
  });

  it('when the key alone does not tell which job', async () => {
    const { call } = kit.api.a;
    const key = ticket();
    for (const name of ['one', 'two']) {
      const definition = { initial: 's', states: { s: { on: { GO: 's' } } } };
      await call('POST', '/workflows', { body: { name, definition } });
      await call('POST', `/workflows/${name}/publish`, { body: { version: 1 } });
      await call('POST', '/jobs', { body: { workflow: name, key } });
    }
    const to = await kit.addSource(kit.api.a);
    const action = { type: 'send_event', key: 'event.ticket', event_type: 'GO' };
    const trigger = await kit.addTrigger(kit.api.a, to, { name: 'go', event_types: ['*'], action });
    await deliver({ ticket: key }, to);
    expect(await last(to)).toMatchObject({ status: 'FAILED', error: { code: 'job_key_ambiguous' } });
    // With the workflow's name it is found, and a replay does what could not be done.
    await call('PATCH', `/triggers/${trigger}`, { body: { action: { ...action, workflow: 'two' } } });
    const failed = await last(to);
    const replayed = await call('POST', `/inbound-events/${failed.id}/replay`);
    expect(replayed).toMatchObject({ status: 202, body: { status: 'RECEIVED', replay_of: failed.id } });
    expect(await last(to)).toMatchObject({
      id: replayed.body.id,
      status: 'PROCESSED',
      effects: [{ effect: 'event_sent', event: 'GO' }],
    });
    expect((await kit.processed(kit.api.a, to))[0]).toMatchObject({ id: failed.id, status: 'FAILED' });
  });

  it('when its source was deleted before it was processed', async () => {
    await worker.stop();
    const to = await kit.addSource(kit.api.a);
    await deliver({ type: 'x' }, to);
    expect((await kit.api.a.call('DELETE', `/sources/${to.id}`)).status).toBe(204);
    worker = await kit.workers.startWorker();
    expect(await last(to)).toMatchObject({ status: 'FAILED', error: { code: 'source_deleted' } });
  });
});

describe('a delivery that comes again', () => {
  it('has one effect, however often and at once', async () => {
    const [deliveries, copies] = [Number(process.env.INBOUND_DELIVERIES ?? 100), 10];
    const to = await kit.addSource(kit.api.a);
    await kit.addTrigger(kit.api.a, to, {
      ...OPENS,
      event_types: ['*'],
      action: { type: 'start_job', workflow: 'ticket', input: { title: '<<event.id>>' } },
    });
    const before = (await kit.api.operator.sql`select from jobs`).length;
    const requests = Array.from({ length: deliveries * copies }, (_, i) => `bar-${i % deliveries}`);
    const answers = await Promise.all(requests.map((id) => kit.api.a.deliver(to, { id, type: 'x' })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const events = await kit.processed(kit.api.a, to);
    expect(events).toHaveLength(deliveries);
    expect(events.every(({ status }) => status === 'PROCESSED')).toBe(true);
    expect((await kit.api.operator.sql`select from jobs`).length - before).toBe(deliveries);
    const titles = await kit.api.operator.sql`
      select distinct snapshot -> 'context' ->> 'title' as title from jobs
      where snapshot -> 'context' ->> 'title' like 'bar-%'`;
    expect(titles).toHaveLength(deliveries);
    const ledger = await kit.api.operator.sql`select from utility_ledger where source_id = ${to.id}`;
    expect(ledger).toHaveLength(deliveries);
  });

  it('is the next try when the last one FAILED, once however many come at once, and repeats when that succeeded', async () => {
    const { call, deliver, tenant } = kit.api.a;
    const to = await kit.addSource(kit.api.a);
    const key = 'inbound_event.delivery_id';
    const action = { type: 'start_job', workflow: 'ticket', key, input: { title: '<<event.missing>>' } };
    const trigger = await kit.addTrigger(kit.api.a, to, { name: 'late', event_types: ['*'], action });
    const event = { id: ticket(), type: 'x' };
    const send = async (times: number) => {
      const answers = await Promise.all(Array.from({ length: times }, () => deliver(to, event)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      return kit.processed(kit.api.a, to);
    };
    const [failed] = await send(1);
    expect(failed).toMatchObject({ status: 'FAILED', delivery_id: event.id, replay_of: null });
    const [, second, ...others] = await send(12);
    expect(others.length).toBeLessThan(12);
    for (const one of [second, ...others])
      expect(one).toMatchObject({ status: 'FAILED', replay_of: failed?.id, attempts: 1 });
    await call('PATCH', `/triggers/${trigger}`, { body: { action: { ...action, input: { title: 'ok' } } } });
    const tries = (await send(12)).slice(2 + others.length);
    expect(tries).toMatchObject([
      { status: 'PROCESSED', replay_of: failed?.id, effects: [{ effect: 'job_started' }] },
    ]);
    expect((await send(3)).slice(2 + others.length)).toEqual(tries);
    expect(await jobWithKey(event.id)).toMatchObject({ context: { title: 'ok' } });
    expect((await kit.processed(kit.api.a, to))[0]).toEqual(failed);
    const { sql } = kit.api.operator;
    expect(await sql`select from utility_ledger where source_id = ${to.id}`).toHaveLength(1);
    const logged = await sql`
      select subject_id, actor, data ->> 'redelivery_id' as event_id from event_log
      where tenant_id = ${tenant.id} and kind = 'inbound_event.redelivered' and actor = ${`source:${to.id}`}
      order by position`;
    expect(logged[0]).toMatchObject({ subjectId: failed?.id, eventId: second?.id });
    expect(logged.at(-1)).toMatchObject({ eventId: tries[0]?.id });
    expect(logged).toHaveLength(2 + others.length);
  });

  it('is one try for two that store it at once: the other waits, and finds that it is stored', async () => {
    const { db, a, asOwner } = kit.api;
    const to = await kit.addSource(a);
    await kit.addTrigger(a, to, { ...OPENS, event_types: ['*'] });
    const deliveryId = ticket();
    await a.deliver(to, { id: deliveryId });
    const [failed] = await kit.processed(a, to);
    expect(failed).toMatchObject({ status: 'FAILED' });
    const { id: tenantId, shard } = a.tenant;
    const store = (sql: ReservedSql) =>
      storeRedeliveries(sql, shard, [redelivery({ tenantId, sourceId: to.id, deliveryId })]);
    let other: Promise<readonly { id: string }[]> | undefined;
    const one = await db.forTenants([tenantId], async (sql) => {
      const stored = await store(sql);
      other = db.once<(Row & { id: string })[]>([tenantId], store);
      await asOwner((admin) => waitsForLock(admin, 'test api', 'with given as materialized'));
      return stored;
    });
    expect(one).toHaveLength(1);
    expect(await other).toEqual([]);
    expect(await kit.processed(a, to)).toMatchObject([failed, { id: one[0]?.id, replay_of: failed?.id }]);
  });

  it.each([
    ['no new try once a replay succeeded', 1],
    ['no new try once the second of two replays succeeded', 2],
  ])('is %s', async (_, replays) => {
    const { call } = kit.api.a;
    const to = await kit.addSource(kit.api.a);
    const action = { type: 'start_job', workflow: 'ticket', input: { title: '<<event.missing>>' } };
    const trigger = await kit.addTrigger(kit.api.a, to, { name: 'late', event_types: ['*'], action });
    const event = { id: ticket(), type: 'x' };
    await deliver(event, to);
    const [failed] = await kit.processed(kit.api.a, to);
    for (let nth = 1; nth <= replays; nth++) {
      const input = nth === replays ? {} : action.input;
      await call('PATCH', `/triggers/${trigger}`, { body: { action: { ...action, input } } });
      expect((await call('POST', `/inbound-events/${failed?.id}/replay`)).status).toBe(202);
      await kit.processed(kit.api.a, to);
    }
    const before = await kit.processed(kit.api.a, to);
    expect(before.at(-1)).toMatchObject({ status: 'PROCESSED', replay_of: failed?.id });
    await deliver(event, to);
    expect(await kit.processed(kit.api.a, to)).toEqual(before);
  });

  it('is a different one for another source, and for another tenant', async () => {
    const { a, b } = kit.api;
    const sources = [
      [a, await kit.addSource(a)],
      [a, await kit.addSource(a)],
      [b, await kit.addSource(b)],
    ] as const;
    const key = ticket();
    for (const [of, to] of sources) {
      await kit.addTrigger(of, to, {
        ...OPENS,
        action: { type: 'start_job', workflow: 'ticket', input: { title: key } },
      });
      expect((await of.deliver(to, { id: 'one', type: 'opened' })).status).toBe(200);
    }
    for (const [of, to] of sources) {
      expect(await kit.processed(of, to)).toMatchObject([{ effects: [{ effect: 'job_started' }] }]);
    }
    const rows = await kit.api.operator.sql`
      select tenant_id, count(*)::integer as jobs from jobs where snapshot -> 'context' ->> 'title' = ${key}
      group by tenant_id`;
    expect(new Map(rows.map((row) => [row.tenantId, row.jobs]))).toEqual(
      new Map([
        [a.tenant.id, 2],
        [b.tenant.id, 1],
      ]),
    );
  });
});
