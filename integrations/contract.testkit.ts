// What every provider promises, as tests against a receiver on this machine that speaks for the vendor.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LOOPBACK_POLICY } from '../egress/receiver.testkit.ts';
import type { SendResult } from '../egress/request.ts';
import { createSender, type Sender } from '../egress/sender.ts';
import type { Json, JsonObject } from '../engine/json.ts';
import { buildRequest, buildTestRequest, type Call, isSafeToRepeat } from './build-request.ts';
import { answer, context, judging, now, operation, sent, webhook } from './integrations.testkit.ts';
import type { Answer, Provider, Verdict, WebhookInput } from './provider.ts';
import { type Behaviour, type Reply, startVendor, type Vendor, type Wire } from './vendor.testkit.ts';

export interface Contract {
  provider: Provider;
  credentials: JsonObject;
  /** By what they are called in the test's name. */
  calls: Record<string, Call>;
  /** The one host each request may go to, whatever the values of the connection's fields. */
  origins: RegExp;
  /** The vendor's answer to a call that it accepted. Its body is answered with 202 too. */
  accepted: Reply;
  /** 2xx that say in their body that it went wrong. */
  refusedWith2xx?: Record<string, Reply>;
  /** The vendor's answer to a wrong credential. */
  unauthorized: Reply;
  /** Every form in which the vendor asks to wait, and the milliseconds that means. */
  limits: Record<string, Reply & { waitMs: number | null }>;
  /** Names of `calls` that are sent again after a 5xx. */
  repeatable: string[];
}

export interface ContractRun {
  vendor: Vendor;
  /** Sends the call to the vendor and answers what the vendor read. */
  wireOf(call: Call, credentials?: JsonObject): Promise<Wire>;
  /** The same for the provider's test call. */
  testWire(credentials?: JsonObject): Promise<Wire>;
}

/** Declares the tests; the answer is for the file's own ones, inside `it`. */
export function describeContract(contract: Contract): ContractRun {
  const { provider, credentials, calls } = contract;
  const run = {} as ContractRun;
  let vendor: Vendor;
  let sender: Sender;
  beforeAll(async () => {
    vendor = await startVendor();
    sender = createSender({ policy: LOOPBACK_POLICY, userAgent: 'Pawl/test' });
    run.vendor = vendor;
  });
  afterAll(async () => {
    await sender.close();
    await vendor.close();
  });

  const toVendor = (url: string): string => vendor.origin + url.slice(new URL(url).origin.length);

  async function send(call: Call, behaviour: Behaviour, timeoutMs = 10_000): Promise<SendResult> {
    vendor.behaves(behaviour);
    const request = sent(buildRequest(provider, call, credentials, context));
    return sender.send({ ...request, url: toVendor(request.url) }, { timeoutMs });
  }

  async function outcome(call: Call, behaviour: Reply): Promise<Outcome> {
    const result = await send(call, behaviour);
    if (result.phase !== 'answered') throw new Error(`not answered: ${result.code}`);
    const operationId = call.kind === 'operation' ? call.operation : null;
    const safe = isSafeToRepeat(provider, call);
    return {
      verdict: provider.judge(result, judging(safe, operationId)),
      restMs: provider.rateLimit(result, now),
    };
  }

  run.wireOf = (call, given = credentials) =>
    vendor.catches(async () => {
      vendor.behaves(contract.accepted);
      const request = sent(buildRequest(provider, call, given, context));
      await sender.send({ ...request, url: toVendor(request.url) }, { timeoutMs: 10_000 });
    });
  run.testWire = (given = credentials) =>
    vendor.catches(async () => {
      vendor.behaves(contract.accepted);
      const request = sent(buildTestRequest(provider, given, context));
      await sender.send({ ...request, url: toVendor(request.url) }, { timeoutMs: 10_000 });
    });

  describe.each(Object.entries(calls))(`${provider.title}: %s`, (name, call) => {
    promisesOfCall(contract, name, (reply) => outcome(call, reply));

    it('ends unknown when it went out and the connection broke', async () => {
      expect(await send(call, 'hang up')).toMatchObject({ phase: 'unknown', code: 'reset' });
    });
  });

  it(`${provider.title}: ends unknown when it went out and no answer came in time`, async () => {
    for (const call of Object.values(calls).slice(0, 1)) {
      expect(await send(call, 'silence', 1_000)).toMatchObject({ phase: 'unknown', code: 'timeout' });
    }
  });

  it(`${provider.title}: judges whatever is answered`, () => {
    for (const status of [200, 400, 401, 429, 500]) {
      for (const body of NOBODYS_ANSWERS) {
        const answered = answer(status, body);
        const judged = [null, ...Object.keys(provider.operations)].map((name) =>
          provider.judge(answered, judging(false, name && `${provider.id}.${name}`)),
        );
        for (const verdict of judged) expect(verdict.outcome).toMatch(/^(?:succeeded|failed)$/);
        provider.rateLimit(answered, now);
        if ('describe' in provider.test) expect(provider.test.describe(answered)).toBeTypeOf('object');
      }
    }
  });

  it(`${provider.title}: no value of a field, a path or an input moves the host`, () => {
    stayHome(contract);
  });

  return run;
}

/** What came of one call, and how long the connection is to rest. */
interface Outcome {
  verdict: Verdict;
  restMs: number | null;
}

function promisesOfCall(contract: Contract, name: string, ask: (reply: Reply) => Promise<Outcome>): void {
  it('succeeds when it was accepted, with 202 too', async () => {
    expect((await ask(contract.accepted)).verdict).toMatchObject({ outcome: 'succeeded' });
    expect((await ask({ ...contract.accepted, status: 202 })).verdict).toMatchObject({
      outcome: 'succeeded',
    });
  });

  const refusals = Object.entries(contract.refusedWith2xx ?? {});
  it.each(refusals)('fails with a 2xx that says it went wrong: %s', async (_, refused) => {
    expect(refused.status).toBeLessThan(300);
    expect((await ask(refused)).verdict).toMatchObject({ outcome: 'failed' });
  });

  it('is not tried again with a credential that was refused, and the connection is flagged', async () => {
    expect((await ask(contract.unauthorized)).verdict).toMatchObject({
      outcome: 'failed',
      retry: false,
      flagConnection: true,
    });
  });

  const limits = Object.entries(contract.limits);
  it.each(limits)('is tried again when the vendor asks to wait: %s', async (_, { waitMs, ...limited }) => {
    const { verdict, restMs } = await ask(limited);
    expect(verdict).toMatchObject({ outcome: 'failed', retry: true });
    expect('retryAfterMs' in verdict ? verdict.retryAfterMs : null).toBe(waitMs);
    expect(verdict).not.toHaveProperty('flagConnection');
    expect(restMs).toBe(waitMs);
  });

  const repeatable = contract.repeatable.includes(name);
  it(`is ${repeatable ? '' : 'not '}tried again after a 5xx`, async () => {
    for (const status of [500, 502, 503, 504]) {
      const { verdict } = await ask({ status, body: 'upstream connect error' });
      expect(verdict).toMatchObject({ outcome: 'failed', retry: repeatable });
      expect(verdict).not.toHaveProperty('flagConnection');
    }
  });
}

/** Every name that a vendor's answer is read by, and under it what is nothing that a vendor says. */
const NOBODYS_ANSWERS: readonly Json[] = (() => {
  const names =
    'message messages error errors errorMessages code type status detail details title result results data success ok id sid name field reason response_metadata warning content text usage stop_reason extensions status_code dedup_key __type Message Command';
  const under = (value: Json): Json => Object.fromEntries(names.split(' ').map((name) => [name, value]));
  // What no text can be made of.
  const wordless: Json = { toString: null, valueOf: null };
  const values: Json[] = [
    wordless,
    [wordless],
    { a: wordless },
    { a: [wordless] },
    [[wordless]],
    null,
    7,
    '',
    'x',
  ];
  return values.flatMap((value) => [value, under(value), under(under(value)), under([under(value)])]);
})();

// What has moved hosts elsewhere, and what only looks as if it could.
const HOSTILE = [
  'evil.example',
  'evil.example/',
  'evil.example#',
  'evil.example?',
  'x.evil.example\\',
  'a@evil.example',
  '@evil.example',
  ':80@evil.example/',
  'https://evil.example',
  '//evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '../../../evil',
  '..%2f..%2fevil',
  '%2e%2e/evil',
  'a/../../b',
  'a\r\nhost: evil.example',
  'a\u0000b',
  'ⓔvil.example',
  '127.0.0.1',
  'us-east-1.evil.example',
  'datadoghq.com.evil.example',
  'acme.atlassian.net',
  '-x',
  '',
];

const hostile = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.webUrl(),
  fc.domain(),
);

/** Puts hostile texts into every field, path, query and input: what is built at all stays with the vendor. */
function stayHome({ provider, credentials, calls, origins }: Contract): void {
  const fields = provider.fields.map(({ name }) => name);
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.values(calls)),
      fc.constantFrom('field', 'part of a field', 'input', 'part of an input'),
      fc.constantFrom(...fields),
      fc.nat(),
      hostile,
      (call, where, field, position, text) => {
        const inField = where.endsWith('field');
        const old = credentials[field];
        const value =
          where === 'part of a field' && typeof old === 'string' ? inside(old, position, text) : text;
        const given = inField ? { ...credentials, [field]: value } : credentials;
        const changed = inField ? call : withText(call, position, text, where === 'part of an input');
        const built = buildRequest(provider, changed, given, context);
        // A base URL is the customer's own choice of host; any other field is not.
        if (!built.ok || field === 'base_url') return;
        const { origin, username, password } = new URL(built.request.url);
        expect(origin).toMatch(origins);
        expect(username + password).toBe('');
        expect(Object.values(built.request.headers).filter((header) => /[\r\n]/.test(header))).toEqual([]);
      },
    ),
    { numRuns: 500 },
  );
}

const inside = (old: string, position: number, text: string): string => {
  const cut = position % (old.length + 1);
  return old.slice(0, cut) + text + old.slice(cut);
};

function withText(call: Call, position: number, text: string, part: boolean): Call {
  const replace = (old: string): string => (part ? inside(old, position, text) : text);
  if (call.kind === 'operation') {
    return { ...call, input: replaceText(call.input, position, replace) };
  }
  const parts = ['path', 'query', 'method'] as const;
  const name = parts[position % parts.length] ?? 'path';
  const input: WebhookInput = { ...call.input, [name]: replace(call.input[name]) };
  return { ...call, input };
}

/** The JSON with one of its texts, the `position`-th round and round, replaced. */
function replaceText(value: Json, position: number, replace: (old: string) => string): Json {
  let count = 0;
  JSON.stringify(value, (_, item: unknown) => {
    if (typeof item === 'string') count += 1;
    return item;
  });
  if (count === 0) return value;
  let index = -1;
  return JSON.parse(
    JSON.stringify(value, (_, item: unknown) => {
      if (typeof item !== 'string') return item;
      index += 1;
      return index === position % count ? replace(item) : item;
    }),
  ) as Json;
}

/** The calls that a provider's own examples make: its WEBHOOK, and each of its operations by id. */
export function exampleCalls(provider: Provider): Record<string, Call> {
  const operations = Object.entries(provider.operations).map(([name, { example }]): [string, Call] => {
    if (example === undefined) throw new Error(`${provider.id}.${name} has no example`);
    return [`${provider.id}.${name}`, operation(`${provider.id}.${name}`, example)];
  });
  return { 'a webhook': webhook(provider.webhook?.example ?? {}), ...Object.fromEntries(operations) };
}

/** What the provider's test call reports of an answer. */
export function reportOf(provider: Provider, reply: Reply) {
  if ('unavailable' in provider.test) throw new Error(provider.test.unavailable);
  const made: Answer = answer(reply.status, reply.body, reply.headers);
  return provider.test.describe(made);
}
