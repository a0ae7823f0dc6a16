// A connection as the API takes and shows it. Credentials go in and never come back: secrets are shown as `***`.
import { z } from '@hono/zod-openapi';
import type { ConnectionRow, ConnectionTestRow, ConnectionUser } from '../../db/statements/connections.ts';
import type { JsonObject } from '../../engine/json.ts';
import { jsonObject } from '../routing.ts';
import { circuitState, pausedUntil } from './connection-limits.ts';

const CONCURRENCY_MAX = 1_000;
const PER_SECOND_MAX = 10_000;
/** One in almost three hours: who wants less wants a timer. */
const PER_SECOND_MIN = 0.0001;

const concurrency = z.int().min(1).max(CONCURRENCY_MAX);
const perSecond = z.number().min(PER_SECOND_MIN).max(PER_SECOND_MAX);
const burst = z.int().min(1).max(PER_SECOND_MAX);
const noRate = z.literal('none');
const RATE_ERROR = { error: 'must be `none`, or an object of `per_second` and perhaps `burst`' };
const RATE_DESCRIPTION = 'Exact over all workers. `none`: no rate, whatever the provider’s default is.';

/** What the connection may have at most. */
export const settingsSchema = z
  .strictObject({
    concurrency: concurrency.optional().openapi({
      description: 'Requests in flight at once, over all workers.',
    }),
    rate_limit: z
      .union([noRate, z.strictObject({ per_second: perSecond, burst: burst.optional() })], RATE_ERROR)
      .optional()
      .openapi({ description: RATE_DESCRIPTION }),
  })
  .openapi('ConnectionSettings', { description: 'Where it says nothing, the limits of the provider hold.' });

const settingsChangeSchema = z
  .strictObject({
    concurrency: concurrency.nullable().optional(),
    rate_limit: z
      .union(
        [noRate, z.strictObject({ per_second: perSecond, burst: burst.nullable() }).partial()],
        RATE_ERROR,
      )
      .nullable()
      .optional()
      .openapi({ description: RATE_DESCRIPTION }),
  })
  .openapi('ConnectionSettingsChange', {
    description: 'What it leaves out stays; what is null goes, and the limit of the provider holds again.',
  });

/** As the worker reads them: no rate is null. */
export const storedSettings = (settings: z.infer<typeof settingsSchema>): JsonObject =>
  (settings.rate_limit === 'none' ? { ...settings, rate_limit: null } : settings) as JsonObject;

export const presentSettings = (stored: JsonObject): JsonObject =>
  stored.rate_limit === null ? { ...stored, rate_limit: 'none' } : stored;

const connectionName = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .openapi({ description: 'Unique in the tenant.', example: 'orders-api' });

const suppliedToAll = z.boolean().openapi({
  description:
    'Supplied to the whole organisation: subscriptions on any scope may notify it. Else see `/supplies`.',
});

const credentials = jsonObject.openapi({
  description:
    'What the provider asks for: `credentials_schema` in `GET /api/v1/providers`. Stored encrypted, never shown again.',
  example: { base_url: 'https://api.example.com', auth_header: 'Bearer …' },
});

export const newConnectionSchema = z
  .strictObject({
    provider: z.string().min(1).max(100).openapi({ example: 'generic_rest' }),
    connection_name: connectionName,
    credentials,
    settings: settingsSchema.default({}),
    supplied_to_all: suppliedToAll.default(false),
  })
  .openapi('NewConnection');

export const connectionChangeSchema = z
  .strictObject({
    connection_name: connectionName.optional(),
    enabled: z.boolean().optional().openapi({ description: 'Actions of a disabled connection fail.' }),
    settings: settingsChangeSchema.optional(),
    supplied_to_all: suppliedToAll.optional(),
    credentials: z
      .custom<undefined>((given) => given === undefined, {
        error: 'are replaced by `POST /api/v1/tenant/connections/{id}/rotate`',
      })
      .optional()
      // As something that no value fits, so that the document says the way too.
      .openapi({
        type: 'null',
        not: {},
        description: 'Not here: `POST /api/v1/tenant/connections/{id}/rotate`.',
      }),
  })
  .openapi('ConnectionChange');

export const newCredentialsSchema = z.strictObject({ credentials }).openapi('NewCredentials');

const testReport = {
  ok: z.boolean(),
  code: z.string().openapi({ description: '`ok`, or what went wrong: stable.' }),
  message: z.string().openapi({ description: 'A sentence, in the provider’s words where it had any.' }),
  status: z.int().nullable().openapi({ description: 'The HTTP status; null when no answer came.' }),
  duration_ms: z
    .int()
    .nullable()
    .openapi({ description: 'How long the call took; null when none could be made.' }),
  answer: z.string().nullable().openapi({
    description: 'What a provider that refused said: the first 1024 bytes, secrets as `***`.',
  }),
};
const REPORT_EXAMPLE = {
  ok: false,
  code: 'twilio_20003',
  message: 'Twilio: Authenticate',
  status: 401,
  duration_ms: 212,
  answer: '{"code":20003,"message":"Authenticate","status":401}',
};

const lastTestSchema = z.object({ ...testReport, at: z.string() });
const testResultSchema = z.object(testReport).openapi({ example: REPORT_EXAMPLE });

export const connectionSchema = z
  .object({
    id: z.string(),
    provider: z.string(),
    connection_name: z.string(),
    fields: jsonObject.openapi({ description: 'The credentials that are set, the secret ones as `***`.' }),
    allowed_origin: z.string().openapi({
      description: 'Where requests may go. The stored credentials do not decrypt for any other place.',
    }),
    key_id: z.string().openapi({ description: 'The data key of the tenant that they are encrypted with.' }),
    credentials_shredded: z.boolean().openapi({
      description:
        'The keys of the tenant were shredded, and nobody can read these credentials any more. Give them anew with `rotate`.',
    }),
    settings: jsonObject,
    enabled: z.boolean(),
    supplied_to_all: z.boolean(),
    flag: z.string().nullable().openapi({ description: 'Why the provider refused the credentials last.' }),
    flagged_at: z.string().nullable(),
    last_test: lastTestSchema.nullable().openapi({
      description: 'Of the credentials as they are now; null when they were shredded.',
    }),
    circuit: circuitState,
    paused_until: pausedUntil,
    version: z.int().openapi({ description: 'Grows with every change.' }),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .openapi('Connection');

export function presentConnection(row: ConnectionRow): z.infer<typeof connectionSchema> {
  return {
    id: row.id,
    provider: row.provider,
    connection_name: row.connectionName,
    fields: row.fields,
    allowed_origin: row.allowedOrigin,
    key_id: row.keyId,
    credentials_shredded: row.shredded,
    settings: presentSettings(row.settings),
    enabled: row.enabled,
    supplied_to_all: row.suppliedToAll,
    flag: row.flag,
    flagged_at: row.flaggedAt?.toISOString() ?? null,
    last_test: row.shredded ? null : (row.lastTest as z.infer<typeof lastTestSchema> | null),
    circuit: row.circuit,
    paused_until: row.pausedUntil?.toISOString() ?? null,
    version: row.version,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

export const connectionTestSchema = z
  .object({
    id: z.string(),
    connection_id: z.string(),
    status: z.enum(['waiting', 'answered']),
    requested_by: z.string(),
    requested_at: z.string(),
    answered_at: z.string().nullable(),
    result: testResultSchema.nullable(),
  })
  .openapi('ConnectionTest');

export function presentConnectionTest(row: ConnectionTestRow): z.infer<typeof connectionTestSchema> {
  return {
    id: row.id,
    connection_id: row.connectionId,
    status: row.answeredAt === null ? 'waiting' : 'answered',
    requested_by: row.requestedBy,
    requested_at: row.requestedAt.toISOString(),
    answered_at: row.answeredAt?.toISOString() ?? null,
    result: row.result as z.infer<typeof testResultSchema> | null,
  };
}

export const connectionUsesSchema = z
  .object({
    workflows: z
      .array(
        z.object({
          workflow_id: z.string(),
          name: z.string(),
          version: z.int(),
          published: z.boolean(),
          has_live_jobs: z.boolean(),
        }),
      )
      .nullable()
      .openapi({
        description:
          'Versions that name it and are published or have live jobs; null where the caller may not read workflows.',
      }),
    subscriptions: z
      .array(z.object({ id: z.string(), name: z.string() }))
      .nullable()
      .openapi({ description: 'Those that go through it; null where the caller may not read them.' }),
    metering_exports: z
      .array(z.object({ id: z.string(), name: z.string() }))
      .nullable()
      .openapi({
        description:
          'Scheduled exports that deliver through it, paused or not; null where the caller may not read metering.',
      }),
    sources: z
      .array(z.object({ id: z.string(), name: z.string() }))
      .nullable()
      .openapi({
        description: 'Sources whose gaps are filled through it; null where the caller may not read them.',
      }),
  })
  .openapi('ConnectionUses');

/** One of the workflow versions that keep a connection from being deleted. */
export function presentConnectionUser({ workflowId, name, version, published, hasLiveJobs }: ConnectionUser) {
  return { workflow_id: workflowId, name, version, published, has_live_jobs: hasLiveJobs };
}
