// By what events and deliveries are found; their addresses hold it.

export const INBOUND_STATUSES = ['RECEIVED', 'PROCESSING', 'PROCESSED', 'FAILED'] as const;

export interface InboundEventFilter {
  source: string;
  status?: (typeof INBOUND_STATUSES)[number] | undefined;
  type?: string | undefined;
}

export const DELIVERY_STATUSES = [
  'QUEUED',
  'RUNNING',
  'RETRYING',
  'SUCCEEDED',
  'FAILED',
  'SKIPPED',
  'UNKNOWN',
] as const;

export interface DeliveryFilter {
  subscription?: string | undefined;
  connection?: string | undefined;
  endpoint?: string | undefined;
  status?: (typeof DELIVERY_STATUSES)[number] | undefined;
  /** Made within the last so many hours. */
  hours?: number | undefined;
}
