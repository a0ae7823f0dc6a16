// A row of the ledger as a CloudEvent 1.0, as OpenMeter and others take usage: the same id however often it is sent.
import { LEDGER_COLUMN_NAMES } from './ledger-page.ts';
import { jsonFields, jsonOf, type LineTemplate } from './line-template.ts';

/** One event, without anything around it. */
export function cloudEventTemplate(tenantId: string): LineTemplate {
  const data = LEDGER_COLUMN_NAMES.filter((name) => !['attempt_id', 'at', 'kind'].includes(name));
  return [
    '{"specversion":"1.0","id":',
    jsonOf('attempt_id'),
    `,"source":"urn:pawl:tenant:${tenantId}","type":`,
    { column: 'kind', spell: (kind) => JSON.stringify(TYPES[kind] ?? `pawl.${kind}`) },
    `,"subject":"${tenantId}","time":`,
    jsonOf('at'),
    ',"datacontenttype":"application/json","data":',
    ...jsonFields(data),
    '}',
  ];
}

const TYPES: Readonly<Record<string, string>> = {
  WebhookEgress: 'pawl.webhook.egress',
  WebhookIngress: 'pawl.webhook.ingress',
};
