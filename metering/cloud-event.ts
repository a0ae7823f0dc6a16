// A row of the ledger as a CloudEvent 1.0, as OpenMeter and others take usage: the same id however often it is sent.
import type { LedgerRow } from '../db/statements/export-rows.ts';
import { presentLedgerRow } from './ledger-row.ts';

export function cloudEventOf(tenantId: string, row: LedgerRow) {
  const { attempt_id: id, at: time, kind, ...data } = presentLedgerRow(row);
  return {
    specversion: '1.0',
    id,
    source: `urn:pawl:tenant:${tenantId}`,
    type: TYPES[kind] ?? `pawl.${kind}`,
    subject: tenantId,
    time,
    datacontenttype: 'application/json',
    data,
  };
}

const TYPES: Readonly<Record<string, string>> = {
  WebhookEgress: 'pawl.webhook.egress',
  WebhookIngress: 'pawl.webhook.ingress',
};
