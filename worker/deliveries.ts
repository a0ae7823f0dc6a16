// What sending a delivery takes beyond sending an action: its message, whether it may still go out, and what becomes of an
// endpoint that does not answer.
import { LRUCache } from 'lru-cache';
import type { Database } from '../db/client.ts';
import { newId } from '../db/new-id.ts';
import { appendLog } from '../db/statements/append-log.ts';
import type { RunRow } from '../db/statements/load-runs.ts';
import {
  disableEndpoint,
  endpointAnswers,
  endpointFails,
  loadMessage,
  type MessageRow,
} from '../db/statements/worker-deliveries.ts';
import type { Tenant } from '../db/tenants.ts';
import { isPawlError } from '../engine/errors.ts';
import type { QueuedAction } from '../engine/queued-action.ts';
import { ENDPOINT_GONE } from '../integrations/endpoint.ts';
import type { NotificationRules } from '../jobs/notification-rules.ts';
import { compileMessage } from '../subscriptions/message.ts';
import { isReceiversFault } from './attempt.ts';
import { misconfigured, type Outcome } from './outcome.ts';
import type { SealedEndpoint } from './sealed.ts';

export interface Deliveries {
  /** What the run sends, and why it does not, when it does not. */
  prepare(tenant: Tenant, run: RunRow, workflowId: string): Promise<PreparedDelivery>;
  /** Keeps account of how long an endpoint fails, by its own fault; disables it when that is for good. */
  attempted(tenant: Tenant, endpoint: SealedEndpoint, outcome: Outcome): Promise<void>;
}

export interface PreparedDelivery {
  /** Null when its subscription is gone. */
  action: QueuedAction | null;
  refusal: Outcome | null;
}

const COMPILED_MAX = 5_000;
/** Over a long weekend somebody notices; an endpoint that nobody mends in this time nobody misses. */
const FAILING_FOR_GOOD_MS = 5 * 86_400_000;

const WHY_NOT = {
  deleted: ['subscription_deleted', 'The subscription was deleted.'],
  disabled: ['subscription_disabled', 'The subscription is disabled.'],
  not_covered: ['not_covered', "The workflow no longer stands in the subscription's scope."],
  not_supplied: ['not_supplied', 'The connection is not supplied to where the workflow stands any more.'],
} as const;

export function createDeliveries({ db, rules }: { db: Database; rules: NotificationRules }): Deliveries {
  // A message never changes.
  const messages = new LRUCache<string, { subscriptionId: string; action: QueuedAction }>({
    max: COMPILED_MAX,
  });

  async function messageOf(tenant: Tenant, id: string) {
    const known = messages.get(id);
    if (known) return known;
    const of = { tenantId: tenant.id, id };
    const [row] = await db.once<MessageRow[]>([tenant.id], (sql) => loadMessage(sql, tenant.shard, of));
    if (!row) return null;
    const message = { subscriptionId: row.subscriptionId, action: compileMessage(row.action) };
    messages.set(id, message);
    return message;
  }

  return {
    async prepare(tenant, run, workflowId) {
      const message = await messageOf(tenant, run.messageId as string).catch((error) => {
        if (isPawlError(error)) return misconfigured(error.code, error.message);
        throw error;
      });
      if (message && 'kind' in message) return { action: null, refusal: message };
      const current = await rules.atLeast(tenant, run.rulesVersion);
      const connectionId = run.toEndpoint ? null : run.connectionId;
      const standing = message
        ? current.standing(message.subscriptionId, { workflowId, connectionId })
        : 'deleted';
      // That what it goes to is gone says more than that a thing that is gone is not supplied.
      if (message && run.connectionVersion === null) return { action: message.action, refusal: null };
      const action = message?.action ?? null;
      if (standing === 'notify') return { action, refusal: null };
      const [code, sentence] = WHY_NOT[standing];
      return { action, refusal: { kind: 'skipped', code, message: sentence } };
    },

    async attempted(tenant, endpoint, outcome) {
      const of = { tenantId: tenant.id, id: endpoint.id };
      if (outcome.kind === 'succeeded') {
        if (endpoint.failingSince === null) return;
        await db.once([tenant.id], (sql) => endpointAnswers(sql, tenant.shard, of));
        return;
      }
      if (!isReceiversFault(outcome)) return;
      const gone = outcome.code === ENDPOINT_GONE;
      const reason = gone
        ? 'It answered 410 Gone.'
        : `No request has succeeded since ${endpoint.failingSince?.toISOString()}.`;
      await db.forTenants([tenant.id], async (sql) => {
        const { shard } = tenant;
        await endpointFails(sql, shard, of);
        const failingForMs = gone ? 0 : FAILING_FOR_GOOD_MS;
        const [disabled] = await disableEndpoint(sql, shard, { ...of, reason, failingForMs });
        if (!disabled) return;
        await appendLog(sql, shard, {
          tenantId: tenant.id,
          subjectId: endpoint.id,
          id: newId(),
          kind: 'endpoint.disabled',
          actor: 'worker',
          data: { reason, url: endpoint.url },
        });
      });
    },
  };
}
