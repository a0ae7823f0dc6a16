// Where services of the operator may be: a key service, an object store, a collector of traces.
import type { Policy } from '../egress/address-rules.ts';

/**
 * Where such a service is, and what a client of AWS asks on the way to it, is the operator's choice, so it may be inside his
 * network; http only where he wrote it.
 */
export function operatorsPolicy(endpoint: string | undefined): Policy {
  const url = endpoint === undefined ? null : new URL(endpoint);
  return {
    allowHttp: url?.protocol === 'http:',
    allowedPorts: url === null || url.port === '' ? [] : [Number(url.port)],
    allowedCidrs: ['0.0.0.0/0', '::/0'],
  };
}
