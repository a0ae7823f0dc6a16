// What a piece of work costs, whoever does it: CPU time, WAL and commits of each, and memory.
import type { Figures } from './case.ts';
import type { Usage } from './measure.ts';
import type { BenchDatabase } from './postgres.ts';

/** A process of what is measured: a child of the benchmark, or a server of its own. */
export interface Measured {
  usage(): Promise<Usage>;
  end(): Promise<void>;
}

export interface Cost {
  /** To be called when the processes have booted and before they get work. */
  started(processes: readonly Measured[]): Promise<void>;
  /**
   * Ends the processes: sessions report their commits when they end.
   * @param count what has been done since `started`
   * @returns `<name>_cpu_s_per_1k` (processes and Postgres; Linux only), `_wal_bytes`, `_commits`, `_rss_mb` (processes; those
   *   that are not ours on Linux only)
   */
  end(count: number): Promise<Figures>;
}

/** Begins to count, while nobody else is connected to the database. */
export async function beginCost(name: string, database: BenchDatabase): Promise<Cost> {
  const before = { commits: await database.commits(), walBytes: await database.walBytes() };
  let processes: readonly Measured[] = [];
  let cpuBefore = 0;

  const usages = () => Promise.all(processes.map((process) => process.usage()));
  const cpuMs = async (used: readonly Usage[]) =>
    used.reduce((sum, one) => sum + one.cpuMs, await database.cpuMs());

  return {
    async started(those) {
      processes = those;
      cpuBefore = await cpuMs(await usages());
    },
    async end(count) {
      const used = await usages();
      const cpu = (await cpuMs(used)) - cpuBefore;
      const walBytes = await database.walBytes();
      await Promise.all(processes.map((process) => process.end()));
      const commits = await database.commits();
      const figures = {
        [`${name}_cpu_s_per_1k`]: cpu / count,
        [`${name}_wal_bytes`]: (walBytes - before.walBytes) / count,
        [`${name}_commits`]: (commits - before.commits) / count,
        [`${name}_rss_mb`]: used.reduce((sum, one) => sum + one.peakRssMb, 0),
      };
      // What this system does not tell is left out.
      return Object.fromEntries(Object.entries(figures).filter(([, value]) => !Number.isNaN(value)));
    },
  };
}

/** @param child one whose handlers include `usage` of measure.ts */
export const measured = (child: { ask(name: 'usage'): Promise<Usage>; end(): Promise<void> }): Measured => ({
  usage: () => child.ask('usage'),
  end: () => child.end(),
});
