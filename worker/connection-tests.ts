// Test calls that somebody asked for: made here, because only workers open credentials.
import type { Database } from '../db/client.ts';
import { answerTest, takeTests, type WaitingTest } from '../db/statements/worker-connections.ts';
import type { Tenants } from '../db/tenants.ts';
import type { Sender } from '../egress/sender.ts';
import { isPawlError } from '../engine/errors.ts';
import type { JsonObject } from '../engine/json.ts';
import { buildTestRequest } from '../integrations/build-request.ts';
import { getProvider } from '../integrations/catalogue.ts';
import { isSecretField } from '../integrations/credential-fields.ts';
import type { Decrypt } from '../vault/decrypt.ts';
import { createScrubber } from '../vault/scrub.ts';
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

type Report = JsonObject & { ok: boolean; code: string; message: string };

const TAKEN_AT_ONCE = 10;
/** Somebody waits at a screen. */
const TEST_TIMEOUT_MS = 10_000;
const TEST_RESPONSE_BYTES = 256 * 1024;

export function createConnectionTests(options: ConnectionTestsOptions): Loop {
  const { db, onError } = options;
  return createLoop({
    intervalMs: options.intervalMs,
    onError,
    async run() {
      const tests = await takeTests(db.sql, TAKEN_AT_ONCE);
      await Promise.all(
        tests.map(async (test) => {
          const report = await makeTest(test, options);
          await db.once([test.tenantId], (sql) => answerTest(sql, test, report));
        }),
      );
      return tests.length === TAKEN_AT_ONCE;
    },
  });
}

async function makeTest(test: WaitingTest, options: ConnectionTestsOptions): Promise<Report> {
  const { tenants, connections, decrypt, sender, userAgent, now } = options;
  const tenant = await tenants.get(test.tenantId);
  // A test asks about the connection as it is this moment, so nothing remembered will do.
  connections.forget(test.connectionId);
  const connection = tenant && (await connections.get(tenant, test.connectionId, 0));
  const provider = connection && getProvider(connection.provider);
  if (!connection || !provider)
    return report(false, 'connection_not_found', 'The connection does not exist any more.');
  let credentials: JsonObject;
  try {
    const reread = () => connections.reread(tenant, test.connectionId);
    credentials = await openCredentials(test.tenantId, connection, { decrypt, reread });
  } catch (error) {
    if (!isPawlError(error)) throw error;
    return report(false, error.code, error.message);
  }
  const built = buildTestRequest(provider, credentials, { now: now(), idempotencyKey: test.id, userAgent });
  if (!built.ok) return report(false, built.code, built.message);
  const result = await sender.send(built.request, {
    timeoutMs: TEST_TIMEOUT_MS,
    maxResponseBytes: TEST_RESPONSE_BYTES,
  });
  const latency = { duration_ms: Math.round(result.durationMs) };
  if (result.phase !== 'answered') return { ...report(false, result.code, result.message), ...latency };
  if ('unavailable' in provider.test) return report(false, 'test_unavailable', provider.test.unavailable);
  const { ok, code, message } = provider.test.describe(result);
  const scrubber = createScrubber(credentials, (field) => isSecretField(provider, field));
  return { ...report(ok, code, scrubber.text(message)), status: result.status, ...latency };
}

const report = (ok: boolean, code: string, message: string): Report => ({ ok, code, message });
