// What a benchmark of scale is, and what each of them is given.
import type { Figures } from '../case.ts';
import type { BenchPostgres } from '../postgres.ts';
import { DEFAULTS, type Settings } from '../settings.ts';
import { createWorkbench, type Workbench } from '../workbench.ts';

export interface Sizes {
  /** Jobs that are done. */
  finished: number;
  /** Actions in the queue. */
  queued: number;
  tenants: number;
  /** Actions that one tenant has in the queue while another one's latency is measured. */
  neighbour: number;
  /** Actions sent in each measurement of deliveries. */
  deliveries: number;
  /** Of each measurement of transitions, after as long a warm-up. */
  seconds: number;
  /** Of what is compared, turn by turn. */
  rounds: number;
  samples: number;
}

export interface ScaleCase {
  name: string;
  run(on: Ground): Promise<Figures>;
}

export interface Ground {
  sizes: Sizes;
  /** A database of its own, on the server that all of them share. Ended with the case. */
  open(settings?: Partial<Settings>): Promise<Workbench>;
  say(line: string): void;
}

/** The chain of what was filled is not there to be verified. */
const VARIABLES = { AUDIT_VERIFY_HOURS: '0' };

export async function onGround(
  postgres: BenchPostgres,
  { sizes, say }: Pick<Ground, 'sizes' | 'say'>,
  run: (ground: Ground) => Promise<Figures>,
): Promise<Figures> {
  const opened: Workbench[] = [];
  try {
    return await run({
      sizes,
      say,
      async open(settings = {}) {
        const all = { ...DEFAULTS, ...settings };
        const bench = await createWorkbench(postgres, { settings: all, variables: VARIABLES, profile: null });
        opened.push(bench);
        return bench;
      },
    });
  } finally {
    for (const bench of opened) await bench.end();
  }
}
