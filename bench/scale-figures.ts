// What the figures of scale mean, in the order they are shown, and the bars that some of them have.
import type { Figures } from './case.ts';
import { type Figure, isMet, type Ratio } from './figures.ts';

const perSecond = (what: string): Figure => ({ unit: '/s', digits: 0, what });
const ms = (what: string): Figure => ({ unit: 'ms', digits: 2, what });
const count = (what: string): Figure => ({ unit: '', digits: 0, what });
const seconds = (what: string): Figure => ({ unit: 's', digits: 0, what });
const mb = (what: string): Figure => ({ unit: 'MB', digits: 0, what });

const OF_MANY = 'of those';

const ofTenants = (name: string, who: string): Record<string, Figure> => ({
  [`${name}_claim_ms`]: ms(`${who}: a claim of one shard`),
  [`${name}_claim_blocks`]: count(`${who}: blocks of tables and indexes that a claim reads`),
  [`${name}_deliveries_per_s`]: perSecond(`${who}: actions sent, work spread over all of them`),
  [`${name}_rss_mb`]: mb(`${who}: peak memory of that worker`),
  [`${name}_http_per_s`]: perSecond(`${who}: events over HTTP, for jobs of all of them`),
  [`${name}_http_p99_ms`]: ms(`${who}: of those, from request to answer, 99th percentile`),
  [`${name}_look_up_ms`]: ms(`${who}: the list of jobs of one that was never asked for before`),
});

export const SCALE_FIGURES: Readonly<Record<string, Figure>> = {
  finished_jobs: count('jobs that are done, each with a transition and its webhook'),
  finished_fill_s: seconds('it took to fill them in'),
  finished_disk_gb: { unit: 'GB', digits: 1, what: 'the database has' },
  empty_transitions_per_s: perSecond('transitions in a database without them'),
  finished_transitions_per_s: perSecond('transitions beside them'),
  empty_transition_cpu_us: { unit: 'µs', digits: 0, what: 'CPU time of a transition without them' },
  finished_transition_cpu_us: { unit: 'µs', digits: 0, what: 'CPU time of a transition beside them' },
  empty_transition_wal_bytes: { unit: 'B', digits: 0, what: 'WAL of a transition without them' },
  finished_transition_wal_bytes: { unit: 'B', digits: 0, what: 'WAL of a transition beside them' },
  finished_job_ms: ms('a job, of the tenant that has half of them'),
  finished_job_log_ms: ms('the log of a job'),
  finished_jobs_ms: ms('its newest jobs'),
  finished_jobs_active_ms: ms('its active jobs'),
  finished_jobs_error_ms: ms('its failed jobs: there are none'),
  finished_jobs_of_workflow_ms: ms('its newest jobs of one workflow'),
  finished_actions_ms: ms('its newest action runs'),
  finished_actions_failed_ms: ms(
    'its failed action runs: there are none; the answer comes when a second is over',
  ),
  queued_actions: count('actions in the queue, half of them of one tenant'),
  queued_fill_s: seconds('it took to fill them in'),
  claim_short_ms: ms('a claim, 1 000 queued'),
  claim_queued_ms: ms(`a claim, ${OF_MANY}`),
  claim_short_blocks: count('blocks that a claim reads, 1 000 queued'),
  claim_queued_blocks: count(`blocks that a claim reads, ${OF_MANY}`),
  deliveries_short_per_s: perSecond('actions sent out of a queue that stays at 1 000'),
  deliveries_queued_per_s: perSecond(`actions sent ${OF_MANY}`),
  queued_rss_mb: mb('peak memory of that worker'),
  tenants: count('tenants, each with a key, a connection and jobs'),
  tenants_total_s: seconds('it took to make them and to measure'),
  ...ofTenants('few_tenants', '4 tenants'),
  ...ofTenants('many_tenants', 'all tenants'),
  neighbour_queued: count('actions that one tenant has queued'),
  alone_p50_ms: ms('from commit to arrival for another tenant, before that, median'),
  alone_p99_ms: ms('the same, 99th percentile'),
  beside_p50_ms: ms('from commit to arrival for another tenant, meanwhile, median'),
  beside_p99_ms: ms('the same, 99th percentile'),
  beside_sent_per_s: perSecond('actions of the long queue sent meanwhile'),
  shape_small_per_s: perSecond('transitions of a machine of 2 states with a context of one number'),
  shape_ring_per_s: perSecond('transitions of a machine of 200 states'),
  shape_large_per_s: perSecond('transitions with a context of 64 KiB'),
  shape_single_actions_per_s: perSecond('actions sent, one in each list'),
  shape_list_actions_per_s: perSecond('actions sent in lists of 50, one after the other in each'),
};

/** The bars are those that the product has set itself for scale. */
export const SCALE_RATIOS: readonly Ratio[] = [
  {
    name: 'transitions_beside_finished',
    of: 'finished_transitions_per_s',
    to: 'empty_transitions_per_s',
    bars: [{ least: 0.9 }],
  },
  { name: 'transition_cpu_beside_finished', of: 'finished_transition_cpu_us', to: 'empty_transition_cpu_us' },
  { name: 'claim_of_many', of: 'claim_queued_ms', to: 'claim_short_ms', bars: [{ most: 1.1 }] },
  {
    name: 'deliveries_of_many',
    of: 'deliveries_queued_per_s',
    to: 'deliveries_short_per_s',
    bars: [{ least: 0.9 }],
  },
  {
    name: 'deliveries_for_many_tenants',
    of: 'many_tenants_deliveries_per_s',
    to: 'few_tenants_deliveries_per_s',
  },
  { name: 'p99_beside_a_long_queue', of: 'beside_p99_ms', to: 'alone_p99_ms', bars: [{ most: 2 }] },
];

export interface Measured {
  ratio: Ratio;
  value: number;
  /** Null where it has no bar. */
  met: boolean | null;
}

/** Those of which both figures are there. */
export function measuredRatios(figures: Figures): Measured[] {
  return SCALE_RATIOS.flatMap((ratio) => {
    const [of, to] = [figures[ratio.of], figures[ratio.to]];
    if (of === undefined || to === undefined) return [];
    const value = of / to;
    return [{ ratio, value, met: ratio.bars?.every((bar) => isMet(bar, value)) ?? null }];
  });
}
