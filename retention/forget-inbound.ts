// Forgets inbound events that are over, after their time; archived first if there is an archive. Their delivery ids are forgotten
// by their own age.
import {
  forgetDeliveryIds,
  forgetInboundEvents,
  lookAtInboundEvents,
  type OldInboundEvent,
  readOldInboundEvents,
} from '../db/statements/inbound-events.ts';
import type { IdSpan } from '../db/statements/old-partitions.ts';
import type { Tenant } from '../db/tenants.ts';
import { type Archive, fileNameOf } from './archive.ts';
import type { AgingTable, ForgetOptions } from './drop-id-partitions.ts';

/** In one transaction, and one file. */
const EVENTS_AT_ONCE = 1_000;
/** To be looked at in one statement. */
const EVENTS_AT_A_GLANCE = 20_000;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

const COLUMNS = {
  tenantId: 'STRING',
  id: 'STRING',
  sourceId: 'STRING',
  deliveryId: 'STRING',
  status: 'STRING',
  eventType: 'STRING',
  headers: 'JSON',
  body: 'BYTE_ARRAY',
  error: 'JSON',
  effects: 'JSON',
  attempts: 'INT32',
  replayOf: 'STRING',
  receivedAt: 'TIMESTAMP',
  processedAt: 'TIMESTAMP',
} as const;

export const INBOUND_EVENTS: AgingTable = {
  name: 'inbound_events',

  async holdsWanted({ db }, { id: tenantId, shard }, span) {
    for (let after = FIRST_ID; ; ) {
      const page = { tenantId, span, after, limit: EVENTS_AT_A_GLANCE };
      const [seen] = await db.once<{ wanted: boolean; last: string }[]>([tenantId], (sql) =>
        lookAtInboundEvents(sql, shard, page),
      );
      if (!seen) return false;
      if (seen.wanted) return true;
      after = seen.last;
    }
  },

  async archive(options, tenant, span) {
    for await (const events of oldEvents(options, tenant, span)) await keep(options.archive, events);
  },
};

/** Of the past, what could not go with its partition. @returns how many were forgotten */
export async function forgetOldInboundEvents(
  options: ForgetOptions,
  tenant: Tenant,
  span: IdSpan,
): Promise<number> {
  const { db, archive } = options;
  const { id: tenantId, shard } = tenant;
  let forgotten = 0;
  for await (const events of oldEvents(options, tenant, span)) {
    if (archive) await keep(archive, events);
    const ids = events.map(({ id }) => id);
    const gone = await db.once<{ id: string }[]>([tenantId], (sql) =>
      forgetInboundEvents(sql, shard, { tenantId, span, ids }),
    );
    forgotten += gone.length;
  }
  return forgotten;
}

export async function forgetOldDeliveryIds(
  { db, before, turn }: ForgetOptions,
  shard: number,
  tenantIds: readonly string[],
): Promise<void> {
  const forget = () =>
    db.once<{ id: string }[]>([...tenantIds], (sql) => forgetDeliveryIds(sql, shard, { tenantIds, before }));
  while ((await forget()).length > 0) await turn.goOn();
}

async function* oldEvents(
  { db, turn }: ForgetOptions,
  { id: tenantId, shard }: Tenant,
  span: IdSpan,
): AsyncGenerator<OldInboundEvent[]> {
  for (let after = FIRST_ID; ; ) {
    await turn.goOn();
    const page = { tenantId, span, after, limit: EVENTS_AT_ONCE };
    const events = await db.once<OldInboundEvent[]>([tenantId], (sql) =>
      readOldInboundEvents(sql, shard, page),
    );
    const last = events.at(-1);
    if (!last) return;
    yield events;
    after = last.id;
  }
}

async function keep(archive: Archive, events: readonly OldInboundEvent[]): Promise<void> {
  const [first] = events as [OldInboundEvent];
  const month = first.receivedAt.toISOString().slice(0, 7);
  const name = fileNameOf(events.map(({ id }) => id));
  await archive.write(`inbound_events/${month}/${first.tenantId}-${name}`, COLUMNS, events);
}
