// What came of an inbound event, in a few words.
import type { Resource } from '../../api/client.ts';

/** What one trigger came to, as the server keeps it. */
export interface Effect {
  effect?: 'job_started' | 'event_sent' | 'no_effect';
  trigger_id?: string;
  trigger_name?: string;
  job_id?: string | null;
  state?: string;
  event?: string;
  from?: string;
  to?: string;
  code?: string;
  message?: string;
}

export interface InboundFailure {
  code?: string;
  message?: string;
  trigger_id?: string;
  trigger_name?: string;
}

type Told = Pick<Resource<'ListedInboundEvent'>, 'status' | 'effects' | 'error'>;

export function spokenOutcome({ status, effects, error }: Told): string {
  const failure = error as InboundFailure | null;
  if (status === 'FAILED') return failure?.message ?? 'failed';
  if (status !== 'PROCESSED') return '…';
  const said = (effects as Effect[]).map(spokenEffect);
  return said.length === 0 ? 'no trigger was for it' : said.join(', ');
}

export function spokenEffect({ effect, event, to, state, code }: Effect): string {
  if (effect === 'job_started') return state ? `started a job in ${state}` : 'started a job';
  if (effect === 'event_sent') return to ? `sent ${event}, the job is in ${to}` : `sent ${event}`;
  return `no effect (${(code ?? 'unknown').replaceAll('_', ' ')})`;
}
