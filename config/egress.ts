// Which addresses requests may go to.
import { defined } from './reading.ts';
import type { Values } from './variables.ts';

export interface EgressConfig {
  readonly allowHttp: boolean;
  readonly allowedPorts: readonly number[] | 'any';
  readonly allowedCidrs: readonly string[];
}

/**
 * What may be reached when there is no DATABASE_URL: receivers on this machine too, over http and on any port, so that a
 * first webhook can go to a local server. Nothing else opens: private networks and metadata hosts stay denied. What
 * EGRESS_ALLOW_HTTP and EGRESS_ALLOWED_PORTS say explicitly wins; EGRESS_ALLOWED_CIDRS adds to loopback.
 */
export function developmentEgress(asked: Partial<EgressConfig>): EgressConfig {
  return {
    allowHttp: asked.allowHttp ?? true,
    allowedPorts: asked.allowedPorts ?? 'any',
    allowedCidrs: [...new Set([...(asked.allowedCidrs ?? []), '127.0.0.0/8', '::1/128'])],
  };
}

/** @param development see `developmentEgress` */
export function readEgress(values: Partial<Values>, development: boolean): EgressConfig {
  const asked: Partial<EgressConfig> = defined({
    allowHttp: values.EGRESS_ALLOW_HTTP,
    allowedPorts: values.EGRESS_ALLOWED_PORTS,
    allowedCidrs: values.EGRESS_ALLOWED_CIDRS,
  });
  if (development) return developmentEgress(asked);
  const allowHttp = asked.allowHttp ?? false;
  return {
    allowHttp,
    allowedPorts: asked.allowedPorts ?? (allowHttp ? [443, 80] : [443]),
    allowedCidrs: asked.allowedCidrs ?? [],
  };
}
