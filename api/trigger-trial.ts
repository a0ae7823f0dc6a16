// What a trigger would do with an event: thought through to the end, with nothing changed and nothing sent.
import type { z } from '@hono/zod-openapi';
import { findInboundEvent, type InboundEventDetail } from '../db/statements/inbound-events.ts';
import { findSource, type SourceRow } from '../db/statements/sources.ts';
import type { Tenant } from '../db/tenants.ts';
import { PawlError } from '../engine/errors.ts';
import type { JsonObject } from '../engine/json.ts';
import { type CompiledTrigger, compileTrigger, type TriggerSpec } from '../inbound/trigger.ts';
import type { ApiDeps } from './deps.ts';
import type { trialAnswerSchema, trialSchema } from './resources/triggers.ts';
import { notFound } from './routing.ts';

type Trial = z.infer<typeof trialSchema>;
type TrialAnswer = z.infer<typeof trialAnswerSchema>;

/** @throws PawlError `source_not_found`, `inbound_event_not_found`, `invalid_trigger` */
export async function tryTrigger(
  deps: ApiDeps,
  tenant: Tenant,
  { sourceId, spec, trial }: { sourceId: string; spec: TriggerSpec; trial: Trial },
): Promise<TrialAnswer> {
  const { db, jobs } = deps;
  const of = { tenantId: tenant.id, id: sourceId };
  const [source] = await db.once<SourceRow[]>([tenant.id], (sql) => findSource(sql, tenant.shard, of));
  if (!source) throw notFound('source');
  const { id, type, payload, deliveryId, receivedAt } = await eventOf(deps, tenant, trial);
  const outcome = compiled(spec).evaluate({
    event: { type, payload },
    source: { id: source.id, name: source.name, kind: source.kind },
    inboundEvent: { id, delivery_id: deliveryId, received_at: receivedAt.toISOString() },
  });
  if (outcome.kind !== 'wanted') {
    const { kind, ...why } = outcome;
    return { ...NOTHING, ...why, outcome: kind };
  }
  const wanted = outcome.wanted as unknown as JsonObject;
  const decided = await jobs.reactions.preview(tenant, [outcome.wanted]);
  if (decided.kind === 'failed') {
    const { code, message } = decided;
    return { ...NOTHING, outcome: 'failed', code, message, wanted };
  }
  const { ...effect } = decided.effects[0] as unknown as JsonObject;
  // The job that was thought through has an id, and will not be.
  if (effect.effect === 'job_started') effect.job_id = null;
  return { ...NOTHING, outcome: 'acts', wanted, effect };
}

const NOTHING = { code: null, message: null, pointer: null, wanted: null, effect: null };

/** What an event that was received, or the one that was made up, looks like to a trigger. */
async function eventOf(
  { db, ids, clock }: ApiDeps,
  tenant: Tenant,
  { inbound_event_id: id, type = '', payload = {} }: Trial,
): Promise<{ type: string; payload: JsonObject; id: string; deliveryId: string | null; receivedAt: Date }> {
  if (id === undefined) {
    return { type, payload, id: ids.next(), deliveryId: null, receivedAt: clock.now() };
  }
  const [row] = await db.once<InboundEventDetail[]>([tenant.id], (sql) =>
    findInboundEvent(sql, tenant.shard, { tenantId: tenant.id, id }),
  );
  if (!row?.payload) throw notFound('inbound_event');
  return { ...row, type: row.eventType ?? '', payload: row.payload };
}

/** It was checked when it was saved, or just now. */
function compiled(spec: TriggerSpec): CompiledTrigger {
  const compiled = compileTrigger(spec);
  if (compiled.ok) return compiled.trigger;
  const { problems } = compiled;
  throw new PawlError('InvalidInput', 'invalid_trigger', 'The trigger cannot be used like this.', {
    problems,
  });
}
