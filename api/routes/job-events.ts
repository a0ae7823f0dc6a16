// Sending an event to a job: the request that everything else is there for, and the one that must be cheap. So its few
// fields are checked by hand, and only what fails is given to the schema, which says what is wrong.
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { JobEvent } from '../../engine/decision.ts';
import { PawlError } from '../../engine/errors.ts';
import { isJsonObject } from '../../engine/json.ts';
import type { ApiDeps, AppEnv } from '../deps.ts';
import { idempotencyHeader, idempotencyOf, markReplayed } from '../idempotency.ts';
import { refusal } from '../job-outcomes.ts';
import { presentTransition, transitionAnswerSchema } from '../resources/jobs.ts';
import {
  answer,
  body,
  createRouter,
  guarded,
  ID_PART,
  idOf,
  invalidRequest,
  jsonObject,
  notFound,
} from '../routing.ts';

/** No definition can listen to a longer one. */
const TYPE_CHARS_MAX = 100;

const eventSchema = z
  .strictObject({
    type: z.string().min(1).max(TYPE_CHARS_MAX),
    payload: jsonObject.optional(),
    expected_revision: z.int().min(1).optional().openapi({
      description: 'Refuse with `stale_revision` unless the job is at this revision. The same as `If-Match`.',
    }),
  })
  .openapi('JobEvent', { example: { type: 'SUBMIT', payload: { amount: 12 } } });

type EventRequest = z.infer<typeof eventSchema>;

const { middleware: maySend, ...sendGuard } = guarded('job.send');

const sendEvent = createRoute({
  method: 'post',
  path: '/jobs/{id}/events',
  tags: ['Jobs'],
  summary: 'Send an event to a job',
  description:
    'Commits one transition, or answers why there is none. What its actions do later never takes the transition back.',
  ...sendGuard,
  request: { params: z.object({ id: idOf('job') }), body: body(eventSchema) },
  parameters: [
    idempotencyHeader,
    {
      name: 'If-Match',
      in: 'header',
      required: false,
      description: 'The revision the job must be at, as in its ETag: `"7"`.',
      schema: { type: 'string' },
    },
  ],
  responses: { 200: answer(transitionAnswerSchema, 'The transition, committed.') },
});

export function jobEventRoutes({ jobs }: ApiDeps) {
  const routes = createRouter();
  routes.openAPIRegistry.registerPath(sendEvent);
  routes.post('/jobs/:id/events', maySend, async (c) => {
    const jobId = c.req.param('id').toLowerCase();
    if (!ID_PART.test(jobId)) throw notFound('job');
    const request = await readEvent(c);
    const event: JobEvent = { type: request.type, payload: request.payload ?? {} };
    const expectedRevision = expectedRevisionOf(c.req.header('if-match'), request.expected_revision);
    const tenant = c.get('tenant');
    const outcome = await jobs.send(tenant, {
      jobId,
      event,
      actor: c.get('principal').actor,
      idempotency: idempotencyOf(c, { event, expected_revision: expectedRevision }),
      expectedRevision,
      span: c.get('span'),
    });
    if (outcome.kind !== 'committed') throw await refusal(jobs, tenant, outcome);
    if (outcome.replayed) markReplayed(c);
    c.header('ETag', `"${outcome.answer.job.revision}"`);
    return c.json(presentTransition(outcome.answer));
  });
  return routes;
}

async function readEvent(c: Context<AppEnv>): Promise<EventRequest> {
  const value: unknown = c.req.header('content-type') === undefined ? undefined : await c.req.json();
  if (isEventRequest(value)) return value;
  const parsed = eventSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidRequest(parsed.error);
}

/** Says yes only to what the schema would say yes to. */
function isEventRequest(value: unknown): value is EventRequest {
  if (!isJsonObject(value)) return false;
  let known = 1;
  const { type, payload, expected_revision: revision } = value;
  if (typeof type !== 'string' || type.length === 0 || type.length > TYPE_CHARS_MAX) return false;
  if (payload !== undefined) {
    if (!isJsonObject(payload)) return false;
    known++;
  }
  if (revision !== undefined) {
    if (typeof revision !== 'number' || !Number.isSafeInteger(revision) || revision < 1) return false;
    known++;
  }
  return Object.keys(value).length === known;
}

const ENTITY_TAG = /^"([1-9]\d{0,8})"$/;

/** @throws PawlError InvalidInput `invalid_if_match` */
function expectedRevisionOf(header: string | undefined, field: number | undefined): number | null {
  if (header === undefined || header === '*') return field ?? null;
  const revision = Number(ENTITY_TAG.exec(header)?.[1] ?? Number.NaN);
  if (Number.isNaN(revision) || (field !== undefined && field !== revision)) {
    throw new PawlError(
      'InvalidInput',
      'invalid_if_match',
      'If-Match is the job’s revision in quotes, as in "7", and agrees with expected_revision if both are given.',
    );
  }
  return revision;
}
