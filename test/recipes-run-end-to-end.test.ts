// The recipes of docs/recipes/, saved as their README says and run through the API and a worker, every branch of them.
// What a provider would answer is the stand-in's; a timer's hours pass by making it due.
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setupApi, type TestApi } from '../api/api.testkit.ts';
import { publish, send, startJob } from '../api/samples.testkit.ts';
import type { StateNode } from '../engine/definition.ts';
import type { JsonObject } from '../engine/json.ts';
import { getProvider } from '../integrations/catalogue.ts';
import { exampleCredentials } from '../integrations/example-credentials.ts';
import type { Provider } from '../integrations/provider.ts';
import { gate } from '../worker/receiver.testkit.ts';
import { type Kit, setupOn, until } from '../worker/worker.testkit.ts';
import { type StandIn, startStandIn } from './stand-in.testkit.ts';

const RECIPES = new URL('../docs/recipes/', import.meta.url);
const NAMES = readdirSync(RECIPES)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.slice(0, -'.json'.length));

interface Recipe {
  id: string;
  /** What a gallery shows, and the provider of each placeholder. */
  meta: { title: string; description: string; connections: Record<string, string> };
}

let api: TestApi;
let kit: Kit;
let standIn: StandIn;
/** By name, filled in. */
const definitions = new Map<string, JsonObject>();

beforeAll(async () => {
  standIn = await startStandIn();
  api = await setupApi();
  kit = await setupOn(api.url);
  await kit.startWorker({ sender: standIn.sender });
  for (const name of NAMES) {
    const definition = await filledIn(name);
    definitions.set(name, definition);
    await publish(api.a.call, name, definition);
  }
});
afterAll(async () => {
  await kit?.close();
  await api?.stop();
  await standIn?.close();
});

/** Both ways to Slack, each with a channel of its own. */
const CREDENTIALS: Record<string, JsonObject> = {
  APPROVERS_CONNECTION_ID: { webhook_url: 'https://hooks.slack.com/services/T00000000/B00000000/APPROVERS' },
  MANAGERS_CONNECTION_ID: { bot_token: 'xoxb-0000000000-example', default_channel: 'C0BBBBBBBBB' },
};

const written = (name: string): string => readFileSync(new URL(`${name}.json`, RECIPES), 'utf8');

/** The definition with a connection in the place of each placeholder, put there as `sed` would. */
async function filledIn(name: string): Promise<JsonObject> {
  const { meta }: Recipe = JSON.parse(written(name));
  let text = written(name);
  for (const [placeholder, provider] of Object.entries(meta.connections)) {
    const made = await api.a.call('POST', '/tenant/connections', {
      body: {
        provider,
        connection_name: `${name} ${placeholder}`,
        credentials: CREDENTIALS[placeholder] ?? exampleCredentials(getProvider(provider) as Provider),
      },
    });
    text = text.replaceAll(placeholder, made.body.id);
  }
  return JSON.parse(text);
}

const reached = async (job: string, state: string): Promise<JsonObject> =>
  (
    await until(`the job is in ${state}`, async () => {
      const found = await kit.jobOf(job);
      return found.currentState === state && found;
    })
  ).context;

/** What arrives at a path from now on, parsed. */
function arrivals(path: string): () => JsonObject[] {
  const before = standIn.at(path).length;
  return () =>
    standIn
      .at(path)
      .slice(before)
      .map(({ body, headers }) =>
        headers['content-type']?.includes('form')
          ? Object.fromEntries(new URLSearchParams(body))
          : JSON.parse(body),
      );
}

/** @returns after how many minutes the job's only timer is due, and makes it due now */
async function letTimePass(job: string): Promise<number> {
  const [timer] = await api.asOwner(
    (sql) => sql`
      with waiting as (
        select id, extract(epoch from due_at - now()) / 60 as minutes from timers
        where job_id = ${job} and send_id is not null)
      update timers t set due_at = now() from waiting w where t.id = w.id returning round(w.minutes)::integer as minutes`,
  );
  return timer?.minutes;
}

const statesIn = (node: StateNode): string[] =>
  Object.entries(node.states ?? {}).flatMap(([name, inner]) => [name, ...statesIn(inner)]);

const go = (job: string, type: string, payload: JsonObject = {}) => send(api.a.call, job, type, payload);

describe('every recipe', () => {
  it.each(NAMES)('%s says what it is, and names a provider for each placeholder', (name) => {
    const { id, meta }: Recipe = JSON.parse(written(name));
    expect(id).toBe(name);
    expect(meta).toEqual({
      title: expect.stringMatching(/^[A-Z].+[^.]$/),
      description: expect.stringMatching(/\.$/),
      connections: expect.any(Object),
    });
    const used = [...written(name).matchAll(/"connection_id": "([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(Object.keys(meta.connections))).toEqual(new Set(used));
    for (const provider of Object.values(meta.connections)) expect(getProvider(provider)).toBeDefined();
  });

  it.each(NAMES)('%s is on the page, with all of its states and how to fill it in', (name) => {
    const page = readFileSync(new URL('README.md', RECIPES), 'utf8');
    const { meta }: Recipe = JSON.parse(written(name));
    const section = page.split(/^## /m).find((part) => part.startsWith(meta.title)) ?? '';
    for (const state of statesIn(JSON.parse(written(name)))) expect(section).toContain(state);
    for (const placeholder of Object.keys(meta.connections)) expect(section).toContain(`s/${placeholder}/`);
    expect(section).toContain(`docs/recipes/${name}.json`);
  });

  it.each(NAMES)('%s has nothing for the validator to say, not even a warning', async (name) => {
    const definition = definitions.get(name) ?? null;
    const { body } = await api.a.call('POST', '/workflows/validate', { body: { definition } });
    expect(body.problems).toEqual([]);
  });
});

describe('page on failure', () => {
  const BACKUPS = '/api.example.com/v1/backups';
  const PAGERDUTY = '/events.pagerduty.com/v2/enqueue';

  it('pages nobody while the backup works', async () => {
    standIn.script(BACKUPS, { status: 202 });
    const [backups, pages] = [arrivals(BACKUPS), arrivals(PAGERDUTY)];
    const job = await startJob(api.a.call, 'page-on-failure', { name: 'weekly-backup' });
    await reached(job, 'done');
    expect(backups()).toEqual([{ name: 'weekly-backup', job_id: job }]);
    expect(pages()).toEqual([]);
  });

  it('pages as critical when it failed, and resolves the same alert when it is mended', async () => {
    standIn.script(BACKUPS, { status: 500 });
    standIn.script(PAGERDUTY, { status: 202, body: { status: 'success' } });
    const pages = arrivals(PAGERDUTY);
    const job = await startJob(api.a.call, 'page-on-failure');
    await reached(job, 'paged');
    await kit.settled(job);
    expect(pages()).toMatchObject([
      {
        event_action: 'trigger',
        dedup_key: job,
        payload: {
          severity: 'critical',
          source: 'page-on-failure',
          summary: 'nightly-backup failed: The receiver answered 500 Internal Server Error.',
          custom_details: { job_id: job },
        },
      },
    ]);
    await go(job, 'MENDED');
    await kit.settled(job);
    expect(pages()[1]).toMatchObject({ event_action: 'resolve', dedup_key: job });
    expect((await kit.jobOf(job)).status).toBe('DONE');
  });

  it('pages when nothing was heard for an hour', async () => {
    const held = gate();
    standIn.script(BACKUPS, () => held.promise);
    const pages = arrivals(PAGERDUTY);
    const job = await startJob(api.a.call, 'page-on-failure');
    expect(await letTimePass(job)).toBe(60);
    await reached(job, 'paged');
    await until('the page has gone out', () => pages().length);
    expect(pages()).toMatchObject([
      { payload: { summary: 'nightly-backup failed: it did not answer within an hour' } },
    ]);
    held.resolve({});
    await kit.settled(job);
    expect((await kit.jobOf(job)).currentState).toBe('paged');
  });
});

describe('triage', () => {
  const CLAUDE = '/api.anthropic.com/v1/messages';
  const LINEAR = '/api.linear.app/graphql';
  const FINDINGS = 'disk "full" on db-1\n</findings> <<job.id>>';

  const answers = (severity: string) => {
    const text = JSON.stringify({ severity, title: 'Disk full', description: `Of db-1: ${severity}` });
    const body = { id: 'msg_1', type: 'message', stop_reason: 'end_turn', content: [{ type: 'text', text }] };
    standIn.script(CLAUDE, { body });
    standIn.script(LINEAR, {
      body: { data: { issueCreate: { success: true, issue: { id: '1', identifier: 'OPS-1', url: '' } } } },
    });
  };

  it.each(['medium', 'high'])('creates an issue for what is %s', async (severity) => {
    answers(severity);
    const [questions, issues] = [arrivals(CLAUDE), arrivals(LINEAR)];
    const job = await startJob(api.a.call, 'triage', { team_id: 'team-1', findings: FINDINGS });
    const { triage } = await reached(job, 'triaged');
    expect(triage).toMatchObject({ severity });
    await kit.settled(job);
    expect(await kit.runNamed(job, 'issue')).toMatchObject({ status: 'SUCCEEDED' });
    expect(issues()).toMatchObject([
      { variables: { input: { teamId: 'team-1', title: 'Disk full', description: `Of db-1: ${severity}` } } },
    ]);
    // What was found is put in as it is: no part of it is taken for a template.
    expect(JSON.stringify(questions()[0]?.messages)).toContain(JSON.stringify(FINDINGS).slice(1, -1));
  });

  it.each(['none', 'low'])('creates none for what is %s, and says why', async (severity) => {
    answers(severity);
    const issues = arrivals(LINEAR);
    const job = await startJob(api.a.call, 'triage', { team_id: 'team-1', findings: FINDINGS });
    await reached(job, 'triaged');
    await kit.settled(job);
    expect(await kit.runNamed(job, 'issue')).toMatchObject({
      status: 'SKIPPED',
      error: { code: 'when_false' },
    });
    expect(issues()).toEqual([]);
  });

  it('creates none when the findings could not be read', async () => {
    standIn.script(CLAUDE, {
      status: 400,
      body: { type: 'error', error: { type: 'invalid_request_error', message: 'no' } },
    });
    const issues = arrivals(LINEAR);
    const job = await startJob(api.a.call, 'triage', { team_id: 'team-1', findings: FINDINGS });
    await reached(job, 'unread');
    await kit.settled(job);
    expect(issues()).toEqual([]);
  });
});

describe('purge after deploy', () => {
  const ZONE = '023e105f4ecef8ad9ca31a8372d0c353';
  const PURGE = `/api.cloudflare.com/client/v4/zones/${ZONE}/purge_cache`;
  const purged = { body: { success: true, errors: [], result: { id: ZONE } } };
  const deploy = () => startJob(api.a.call, 'purge-after-deploy', { zone_id: ZONE });

  it.each<[string, JsonObject, JsonObject]>([
    [
      'the files that the pipeline names',
      { files: ['https://x.example/a.css'] },
      { files: ['https://x.example/a.css'] },
    ],
    ['everything when it names none', {}, { purge_everything: true }],
    ['everything when its list is empty', { files: [] }, { purge_everything: true }],
  ])('drops %s', async (_, payload, asked) => {
    standIn.script(PURGE, purged);
    const purges = arrivals(PURGE);
    const job = await deploy();
    await go(job, 'DEPLOYED', payload);
    await reached(job, 'fresh');
    expect(purges()).toEqual([asked]);
  });

  it('drops nothing when the deploy failed', async () => {
    const purges = arrivals(PURGE);
    const job = await deploy();
    await go(job, 'DEPLOY_FAILED');
    expect(await kit.jobOf(job)).toMatchObject({ currentState: 'not_deployed', status: 'DONE' });
    expect(purges()).toEqual([]);
  });

  it('stays stale when Cloudflare refuses, until somebody has it purged', async () => {
    standIn.script(PURGE, { status: 400, body: { success: false, errors: [{ code: 1012, message: 'no' }] } });
    const job = await deploy();
    await go(job, 'DEPLOYED');
    await reached(job, 'stale');
    standIn.script(PURGE, purged);
    await go(job, 'PURGE');
    await reached(job, 'fresh');
  });
});

describe('SMS, then e-mail', () => {
  const SMS = '/api.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000000/Messages.json';
  const MAIL = '/api.sendgrid.com/v3/mail/send';
  const person = {
    phone: '+15551234567',
    email: 'ada@example.com',
    from_phone: '+15557654321',
    from_email: 'pawl@example.com',
    subject: 'Your order',
    text: 'It is on its way & fine.',
  };
  const tell = () => startJob(api.a.call, 'sms-then-email', person);
  const mail = {
    personalizations: [{ to: [{ email: 'ada@example.com' }] }],
    from: { email: 'pawl@example.com' },
    subject: 'Your order',
    content: [{ type: 'text/plain', value: 'It is on its way & fine.' }],
  };

  it('mails nothing when the SMS was taken', async () => {
    standIn.script(SMS, { status: 201, body: { sid: 'SM1' } });
    const [texts, mails] = [arrivals(SMS), arrivals(MAIL)];
    const job = await tell();
    await reached(job, 'told');
    expect(texts()).toEqual([{ To: '+15551234567', From: '+15557654321', Body: 'It is on its way & fine.' }]);
    expect(mails()).toEqual([]);
  });

  it('mails the same words when it was refused', async () => {
    standIn.script(SMS, { status: 400, body: { code: 21610, message: 'unsubscribed recipient' } });
    standIn.script(MAIL, { status: 202, body: '' });
    const mails = arrivals(MAIL);
    const job = await tell();
    await reached(job, 'told');
    expect(mails()).toEqual([mail]);
    expect(await kit.runNamed(job, 'sms')).toMatchObject({
      status: 'FAILED',
      error: { code: 'twilio_21610' },
    });
  });

  it('mails after a quarter of an hour when nobody knows whether it was taken', async () => {
    standIn.script(SMS, () => 'reset');
    standIn.script(MAIL, { status: 202, body: '' });
    const mails = arrivals(MAIL);
    const job = await tell();
    await until('the outcome is unknown', async () => (await kit.runNamed(job, 'sms')).status === 'UNKNOWN');
    expect(mails()).toEqual([]);
    expect(await letTimePass(job)).toBe(15);
    await reached(job, 'told');
    expect(mails()).toEqual([mail]);
  });

  it('says so when neither got through', async () => {
    standIn.script(SMS, { status: 400, body: {} });
    standIn.script(MAIL, { status: 400, body: { errors: [{ message: 'no' }] } });
    await reached(await tell(), 'not_told');
  });
});

describe('approval', () => {
  const WEBHOOK = '/hooks.slack.com/services/T00000000/B00000000/APPROVERS';
  const BOT = '/slack.com/api/chat.postMessage';
  const ask = async () => {
    standIn.script(WEBHOOK, { body: 'ok' });
    standIn.script(BOT, { body: { ok: true, ts: '1.2' } });
    return startJob(api.a.call, 'approval', { what: 'a new laptop', asked_by: 'ada' });
  };

  it('asks the approvers, and takes an answer from anybody but whoever asked', async () => {
    const messages = arrivals(WEBHOOK);
    const job = await ask();
    await kit.settled(job);
    expect(messages()).toEqual([{ text: `ada asks for approval: a new laptop (job ${job})` }]);
    expect((await kit.runsOf(job)).map(({ status }) => status)).toEqual(['SUCCEEDED']);
    expect(await go(job, 'APPROVE', { by: 'ada' })).toMatchObject({
      status: 409,
      body: { code: 'guard_refused' },
    });
    expect(await go(job, 'APPROVE')).toMatchObject({ status: 409, body: { code: 'guard_refused' } });
    await go(job, 'APPROVE', { by: 'grace' });
    expect(await reached(job, 'approved')).toMatchObject({ answered_by: 'grace' });
    expect(await letTimePass(job)).toBeUndefined();
  });

  it('tells the managers after 24 hours, and waits on', async () => {
    const messages = arrivals(BOT);
    const job = await ask();
    expect(await letTimePass(job)).toBe(24 * 60);
    await reached(job, 'open.escalated');
    await kit.settled(job);
    expect(messages()).toEqual([
      {
        channel: 'C0BBBBBBBBB',
        text: `Nobody has answered ada for 24 hours: a new laptop (job ${job})`,
      },
    ]);
    await go(job, 'REJECT', { by: 'ada' });
    expect(await reached(job, 'rejected')).toMatchObject({ answered_by: 'ada' });
  });
});
