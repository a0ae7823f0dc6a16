// Test calls that somebody asked for: made here, because only workers open credentials.
import type { Database } from '../db/client.ts';
import {
  answerTest,
  type SealedConnection,
  takeTests,
  type WaitingTest,
} from '../db/statements/worker-connections.ts';
import type { Tenant, Tenants } from '../db/tenants.ts';
import type { SendResult } from '../egress/request.ts';
import type { Sender } from '../egress/sender.ts';
import { isPawlError } from '../engine/errors.ts';
import type { JsonObject } from '../engine/json.ts';
import { buildTestRequest } from '../integrations/build-request.ts';
import { getProvider } from '../integrations/catalogue.ts';
import { isSecretField } from '../integrations/credential-fields.ts';
import type { Provider } from '../integrations/provider.ts';
import type { Decrypt } from '../vault/decrypt.ts';
import { createScrubber, type Scrubber } from '../vault/scrub.ts';
import { keptWords } from './evidence.ts';
import { createLoop, type Loop } from './loop.ts';
import { openCredentials } from './open-credentials.ts';
import type { SealedConnections } from './sealed-connections.ts';

export interface ConnectionTestsOptions {
  db: Database;
  tenants: Tenants;
  connections: SealedConnections;
  decrypt: Decrypt;
  sender: Sender;
  userAgent: string;
  intervalMs: number;
  now(): Date;
  onError(error: unknown): void;
}

type Report = JsonObject & {
  ok: boolean;
  code: string;
  message: string;
  status: number | null;
  duration_ms: number | null;
  answer: string | null;
};

/** What was tested, and what came of it. */
interface Tested {
  /** Of the connection; null where there is none. */
  version: number | null;
  result: Report;
}

const TAKEN_AT_ONCE = 10;
/** Somebody waits at a screen. */
const TEST_TIMEOUT_MS = 10_000;
const TEST_RESPONSE_BYTES = 256 * 1024;
/** Of what a provider says when it refuses: enough for its sentence, no more than a screen has room for. */
const ANSWER_KEPT_BYTES = 1024;

export function createConnectionTests(options: ConnectionTestsOptions): Loop {
  const { db, onError } = options;
  return createLoop({
    intervalMs: options.intervalMs,
    onError,
    async run() {
      const tests = await takeTests(db, TAKEN_AT_ONCE);
      await Promise.all(
        tests.map(async (test) => {
          const answered = await makeTest(test, options);
          await db.once([test.tenantId], (sql) =>
            answerTest(sql, { ...test, shard: db.shardOf(test) }, answered),
          );
        }),
      );
      return tests.length === TAKEN_AT_ONCE;
    },
  });
}

async function makeTest(test: WaitingTest, options: ConnectionTestsOptions): Promise<Tested> {
  const { tenants, connections } = options;
  const tenant = await tenants.get(test.tenantId);
  // A test asks about the connection as it is this moment, so nothing remembered will do.
  connections.forget(test.connectionId);
  const connection = tenant && (await connections.get(tenant, test.connectionId, 0));
  if (!connection) {
    const result = unanswered('connection_not_found', 'The connection does not exist any more.');
    return { version: null, result };
  }
  return { version: connection.version, result: await call(test, tenant, connection, options) };
}

async function call(
  test: WaitingTest,
  tenant: Tenant,
  connection: SealedConnection,
  { connections, decrypt, sender, userAgent, now }: ConnectionTestsOptions,
): Promise<Report> {
  const provider = getProvider(connection.provider);
  if (!provider) return unanswered('unknown_provider', `There is no provider "${connection.provider}".`);
  let credentials: JsonObject;
  try {
    const reread = () => connections.reread(tenant, connection.id);
    credentials = await openCredentials(tenant.id, connection, { decrypt, reread });
  } catch (error) {
    if (!isPawlError(error)) throw error;
    return unanswered(error.code, error.message);
  }
  const built = buildTestRequest(provider, credentials, { now: now(), idempotencyKey: test.id, userAgent });
  if (!built.ok) return unanswered(built.code, built.message);
  const answered = await sender.send(built.request, {
    timeoutMs: TEST_TIMEOUT_MS,
    maxResponseBytes: TEST_RESPONSE_BYTES,
  });
  const scrubber = createScrubber(credentials, (field) => isSecretField(provider, field));
  return reportOf(provider, answered, scrubber);
}

function reportOf({ test }: Provider, result: SendResult, scrubber: Scrubber): Report {
  const durationMs = Math.round(result.durationMs);
  if (result.phase !== 'answered') {
    return { ...unanswered(result.code, result.message), duration_ms: durationMs };
  }
  if ('unavailable' in test) return unanswered('test_unavailable', test.unavailable);
  const { ok, code, message } = test.describe(result);
  return {
    ok,
    code: keptWords(code, scrubber),
    message: keptWords(message, scrubber),
    status: result.status,
    duration_ms: durationMs,
    answer: ok ? null : scrubber.excerpt(result.body, ANSWER_KEPT_BYTES, result.truncated),
  };
}

const unanswered = (code: string, message: string): Report => ({
  ok: false,
  code,
  message,
  status: null,
  duration_ms: null,
  answer: null,
});
