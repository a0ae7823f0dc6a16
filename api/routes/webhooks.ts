// POST /api/integrations/webhook/{source_id}: where other systems send their events. No bearer: the signature is what
// proves the sender. Checked, stored, answered; what it leads to is decided later, by a worker.
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { SealedSource } from '../../db/statements/sources.ts';
import type { Arrival } from '../../db/statements/store-inbound.ts';
import { isPawlError, PawlError } from '../../engine/errors.ts';
import type { InboundRequest, Reading, RefusalCode, Reply } from '../../inbound/source-kind.ts';
import { KEY_GONE } from '../../vault/data-keys.ts';
import type { ApiDeps, AppEnv } from '../deps.ts';
import { readBody } from '../request-body.ts';
import { notFound } from '../routing.ts';
import { createArrivals } from '../webhooks/arrivals.ts';
import type { KnownSource } from '../webhooks/known-sources.ts';
import { headerLines, urlAsSent } from '../webhooks/raw-request.ts';
import { createRefusalBudget } from '../webhooks/refusal-budget.ts';

const PATH = '/api/integrations/webhook';

export function addWebhookRoutes(app: OpenAPIHono<AppEnv>, deps: ApiDeps): void {
  const { db, ids, clock, knownSources, openSourceSecret, notifier, maxBodyBytes } = deps;
  const arrivals = createArrivals({ db, ids, concurrency: deps.inboundConcurrency });
  const refusals = createRefusalBudget();

  async function receive(c: Context<AppEnv>): Promise<Response> {
    const source = await knownSources.find((c.req.param('source_id') ?? '').toLowerCase());
    if (!source) throw notFound('source');
    // Named before it is read, so that order of receipt is the order of these ids.
    const id = ids.next();
    const request: InboundRequest = {
      url: urlAsSent(c, deps.publicUrl),
      headers: headerLines(c),
      body: await readBody(c, maxBodyBytes),
    };
    const { kind, config } = source;
    const secrets = await secretsOf(source).catch((error) => {
      if (isPawlError(error) && KEY_GONE.has(error.code)) return secretsAsTheyAreNow(source, error);
      throw error;
    });
    const verification = kind.verify(request, { config, secrets, now: clock.now() });
    if (!verification.ok) return refuse(source, request, id, verification.why);
    const reading = kind.read(request, { config });
    const isNew = await arrivals.store(source.tenant, arrivalsOf(source, request, reading, id));
    deps.meters?.received(source.row.kind);
    if (isNew) notifier.inbound();
    return replied(c, reading.reply);
  }

  async function secretsOf({ tenant, row }: KnownSource): Promise<string[]> {
    const of = { tenantId: tenant.id, sourceId: row.id };
    const { secret, previousSecret, previousUntil } = row;
    const overlaps = previousSecret !== null && previousUntil !== null && previousUntil > clock.now();
    const blobs = overlaps ? [secret, previousSecret] : [secret];
    return Promise.all(blobs.map((blob) => openSourceSecret(blob, of)));
  }

  /** What is remembered may be under a key that rotation has replaced and deleted since. */
  async function secretsAsTheyAreNow({ tenant, row }: KnownSource, keyGone: unknown): Promise<string[]> {
    knownSources.changed(`source:${tenant.id}:${row.id}`);
    const now = await knownSources.find(row.id);
    if (!now || isSame(now.row, row)) throw keyGone;
    return secretsOf(now);
  }

  /** An attempt, without its body: nobody knows who sent it. */
  async function refuse(
    source: KnownSource,
    request: InboundRequest,
    id: string,
    why: RefusalCode,
  ): Promise<never> {
    const recorded = refusals.take(source.row.id, performance.now());
    if (recorded) {
      const message = REFUSALS[why];
      const error = { code: 'signature_refused', why, message, unrecorded_before: recorded.unrecorded };
      const over = { deliveryId: null, status: 'FAILED', eventType: null, payload: null } as const;
      const arrival = { ...common(source, request, NO_REPLY), ...over, id, body: null, error, effects: [] };
      await arrivals.store(source.tenant, [arrival]);
    }
    throw new PawlError(
      'Unauthorized',
      'signature_refused',
      'The request is not signed as this source asks.',
    );
  }

  /** One for each event; a request that holds several is kept in the parts that belong to them. */
  function arrivalsOf(source: KnownSource, request: InboundRequest, reading: Reading, id: string): Arrival[] {
    const of = { ...common(source, request, reading.reply), error: null, effects: [] };
    const whole = { id, body: request.body };
    switch (reading.kind) {
      case 'events':
        return reading.events.map(({ deliveryId, type, payload }, i) => {
          const body = reading.events.length === 1 ? request.body : Buffer.from(JSON.stringify(payload));
          return {
            ...of,
            id: i === 0 ? id : ids.next(),
            body,
            // Of a request that holds several, each has its part: together they come to what was sent.
            bodyBytes: body.length,
            deliveryId,
            status: 'RECEIVED',
            eventType: type,
            payload,
          };
        });
      case 'ignored': {
        const effects = [{ effect: 'ignored', message: reading.why }];
        return [
          { ...of, ...whole, deliveryId: null, status: 'PROCESSED', eventType: null, payload: null, effects },
        ];
      }
      case 'unreadable': {
        const error = {
          code: reading.why,
          message: 'It is genuine, and not what this kind of source sends.',
        };
        const { deliveryId } = reading;
        return [{ ...of, ...whole, deliveryId, status: 'FAILED', eventType: null, payload: null, error }];
      }
    }
  }

  app.post(`${PATH}/:source_id`, receive);
  app.openAPIRegistry.registerPath({
    method: 'post',
    path: `${PATH}/{source_id}`,
    tags: ['Sources'],
    summary: 'Receive a webhook',
    description:
      'For other systems. What proves the sender is the signature its kind of source asks for, not a bearer. The event is stored before the answer; a delivery that was received before has no second effect, unless what it came to is FAILED: then it is a new try.',
    security: [],
    request: {
      body: { content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } } },
    },
    parameters: [
      { name: 'source_id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } },
    ],
    responses: { 200: { description: 'Stored, known already, or of no interest.' } },
  });
}

/** The URL a source is reached at. */
export const webhookPath = (sourceId: string): string => `${PATH}/${sourceId}`;

const NO_REPLY: Reply = { status: 401, headers: {}, body: '' };

/** Rotation moves the two one after the other, so one may be as it was and the other not. */
const isSame = (one: SealedSource, other: SealedSource): boolean =>
  one.secret.equals(other.secret) && (one.previousSecret ?? NONE).equals(other.previousSecret ?? NONE);

const NONE = Buffer.alloc(0);

function common({ tenant, row, kind, config }: KnownSource, request: InboundRequest, reply: Reply) {
  return {
    tenantId: tenant.id,
    sourceId: row.id,
    kind: row.kind,
    headers: kind.maskHeaders(request.headers, config),
    bodyBytes: request.body.length,
    replyBytes: Buffer.byteLength(reply.body),
    replyStatus: reply.status,
  };
}

function replied(c: Context<AppEnv>, { status, headers, body }: Reply): Response {
  return c.body(body, status as ContentfulStatusCode, { ...headers });
}

const REFUSALS: Readonly<Record<RefusalCode, string>> = {
  no_secret: 'The source has no secret.',
  unusable_secret: 'The stored secret is not of the form this kind of source needs.',
  header_missing: 'The header with the signature is missing.',
  header_doubled: 'The header with the signature is there twice.',
  header_malformed: 'The header with the signature does not have its form.',
  timestamp_malformed: 'The signed time does not have its form.',
  outside_window: 'The signed time is too far from now: an old request, or a clock that is wrong.',
  body_unsigned: 'The signature does not cover the body.',
  signature_mismatch: 'The signature does not fit: another secret, or another body.',
};
