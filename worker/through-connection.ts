// A request through a connection that no action makes: within its limits, with its credentials opened for this one request,
// and what became of it told to whoever counts on the same receiver.
import { setTimeout } from 'node:timers/promises';
import { newId } from '../db/new-id.ts';
import type { SealedConnection } from '../db/statements/worker-connections.ts';
import type { Tenant } from '../db/tenants.ts';
import type { Sender } from '../egress/sender.ts';
import { PawlError } from '../engine/errors.ts';
import { buildRequest } from '../integrations/build-request.ts';
import { getProvider } from '../integrations/catalogue.ts';
import { connectionRule } from '../integrations/connection-rule.ts';
import type { Answer, Provider, WebhookInput } from '../integrations/provider.ts';
import type { Decrypt } from '../vault/decrypt.ts';
import { reachedBy, restAfter } from './attempt.ts';
import type { Lane } from './lane.ts';
import type { Limits, Place } from './limits.ts';
import { openCredentials } from './open-credentials.ts';
import type { SealedConnections } from './sealed-connections.ts';

export interface ThroughConnectionOptions {
  connections: SealedConnections;
  limits: Pick<Limits, 'enter'>;
  decrypt: Decrypt;
  sender: Sender;
  userAgent: string;
  now(): Date;
}

export interface ConnectionRequest {
  tenant: Tenant;
  connectionId: string;
  input: WebhookInput;
  timeoutMs: number;
  maxResponseBytes: number;
  /** What is wrong with an answer; null: nothing. @param restMs for how long the receiver asked to be left alone */
  refusal(answer: Answer, restMs: number): { code: string; message: string } | null;
}

export type ConnectionAnswer =
  /** There was no room for so long that others should have their turn: nothing was sent. */
  { kind: 'wait'; waitMs: number } | { kind: 'answered'; answer: Answer };

/**
 * @throws PawlError `connection_not_found`, `connection_disabled`, what `refusal` says, and what the credentials, the request
 *   or the way there came to
 */
export type AskThroughConnection = (request: ConnectionRequest) => Promise<ConnectionAnswer>;

/** What a connection asks to wait is waited for here; longer than this, others have their turn meanwhile. */
const PATIENCE_MS = 2_000;
/** Then whoever asks comes back after this: it is in no hurry, and somebody may lift a pause or close a circuit by hand. */
const LOOK_AGAIN_MS = 30_000;
/** Another worker has the connection's only part: it is looked for this often as well. */
const FOR_OTHERS_MS = 1_000;

export function createThroughConnection(options: ThroughConnectionOptions): AskThroughConnection {
  const { connections, limits, decrypt, sender, userAgent, now } = options;

  async function inLane<T>(lane: Lane, run: (place: Place) => Promise<T>): Promise<T> {
    const place = limits.enter(lane);
    try {
      return await run(place);
    } finally {
      place.leave();
    }
  }

  async function send(
    { tenant, input, timeoutMs, maxResponseBytes, refusal }: ConnectionRequest,
    connection: SealedConnection,
    provider: Provider,
    place: Place,
  ): Promise<ConnectionAnswer> {
    const reread = () => connections.reread(tenant, connection.id);
    const credentials = await openCredentials(tenant.id, connection, { decrypt, reread });
    const context = { now: now(), idempotencyKey: newId(), userAgent };
    const call = { kind: 'webhook', input } as const;
    const built = buildRequest(provider, call, credentials, context);
    if (!built.ok) throw new PawlError('InvalidInput', built.code, built.message);
    const answer = await sender.send(built.request, { timeoutMs, maxResponseBytes });
    if (answer.phase !== 'answered') {
      const { code, message } = answer;
      place.met({ reached: reachedBy(answer), restMs: 0, error: { code, message } });
      throw new PawlError('Unavailable', code, message);
    }
    const restMs = restAfter(provider, answer, now());
    const refused = refusal(answer, restMs);
    place.met({ reached: answer.status < 500, restMs, error: refused ?? {} });
    if (refused) throw new PawlError('Unavailable', refused.code, refused.message);
    return { kind: 'answered', answer };
  }

  return async (request) => {
    const { tenant, connectionId } = request;
    const connection = await connections.get(tenant, connectionId, 0);
    const provider = connection && getProvider(connection.provider);
    if (!provider)
      throw new PawlError('NotFound', 'connection_not_found', 'The connection does not exist any more.');
    if (!connection.enabled)
      throw new PawlError('Conflict', 'connection_disabled', 'The connection is disabled.');
    const rule = connectionRule(connection.settings, provider.limits);
    const lane = { shard: tenant.shard, tenantId: tenant.id, connectionId };
    for (let waitedMs = 0; ; ) {
      const admission = await inLane(lane, async (place) => {
        const admission = await place.admit(rule);
        return admission.kind === 'go' ? send(request, connection, provider, place) : admission;
      });
      if (admission.kind === 'answered') return admission;
      if ('forOthers' in admission && admission.forOthers) return { kind: 'wait', waitMs: FOR_OTHERS_MS };
      waitedMs += admission.waitMs;
      if (waitedMs > PATIENCE_MS) return { kind: 'wait', waitMs: LOOK_AGAIN_MS };
      await setTimeout(admission.waitMs);
    }
  };
}
