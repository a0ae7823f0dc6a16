// Forgets inbound events that are over, after their time; archived first if there is an archive.
import {
  forgetInboundEvents,
  type OldInboundEvent,
  readOldInboundEvents,
} from '../db/statements/inbound-events.ts';
import { type Archive, fileNameOf } from './archive.ts';
import type { ForgetOptions } from './forget-runs.ts';

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

/** @returns how many were forgotten */
export async function forgetOldInboundEvents(
  { db, archive, before }: ForgetOptions,
  shard: number,
  tenantIds: readonly string[],
): Promise<number> {
  let forgotten = 0;
  for (;;) {
    const events = await db.once<OldInboundEvent[]>([...tenantIds], (sql) =>
      readOldInboundEvents(sql, shard, { tenantIds, before }),
    );
    const [first] = events;
    if (!first) return forgotten;
    await keep(archive, first, events);
    const ids = events.map(({ id }) => id);
    const gone = await db.once<{ id: string }[]>([...tenantIds], (sql) =>
      forgetInboundEvents(sql, shard, { tenantIds, ids }),
    );
    if (gone.length === 0) return forgotten;
    forgotten += gone.length;
  }
}

async function keep(archive: Archive | null, first: OldInboundEvent, events: readonly OldInboundEvent[]) {
  const month = first.receivedAt.toISOString().slice(0, 7);
  const name = fileNameOf(events.map(({ id }) => id));
  await archive?.write(`inbound_events/${month}/${first.tenantId}-${name}`, COLUMNS, events);
}
