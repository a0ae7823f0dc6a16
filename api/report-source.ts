// Reads a report where reports are read, and says in the answer how old it may be if that was a replica.
import type { Context } from 'hono';
import type { Database } from '../db/client.ts';
import { type Reports, reportsFromPrimary } from '../db/reports.ts';
import { findOnShard } from '../db/statements/replica.ts';
import type { Tenant } from '../db/tenants.ts';
import type { ApiDeps, AppEnv } from './deps.ts';

/** Milliseconds: commits of this last while may be missing. Absent where none is. */
const LAG_HEADER = 'Pawl-Replica-Lag-Ms';

export interface ReportSource {
  /** As `Reports.read`, for the tenant of the request; sets the header. */
  read<T>(c: Context<AppEnv>, run: (db: Database, tenant: Tenant) => Promise<T>): Promise<T>;
  /** As `Reports.choose`, for the tenant of the request; sets the header. */
  choose(
    c: Context<AppEnv>,
    isEnough: (replica: Database, tenant: Tenant) => Promise<boolean>,
  ): Promise<ReportPlace>;
}

export interface ReportPlace {
  db: Database;
  /** As it is there. */
  tenant: Tenant;
  /** Rejects when the tenant's rows may have gone from there since: what was read may not be all of it. */
  confirm(): Promise<void>;
}

export function createReportSource({ db: primary, reports }: Pick<ApiDeps, 'db' | 'reports'>): ReportSource {
  const from: Reports = reports ?? reportsFromPrimary(primary);
  const tell = (c: Context<AppEnv>, lagMs: number | null) => {
    if (lagMs !== null) c.header(LAG_HEADER, `${lagMs}`);
  };
  return {
    async read(c, run) {
      const { tenant } = c.var;
      const { value, lagMs } = await from.read(async (db) => {
        if (db === primary) return run(db, tenant);
        const there = { ...tenant };
        await expectOn(db, there);
        return run(db, there);
      });
      tell(c, lagMs);
      return value;
    },
    async choose(c, isEnough) {
      const { tenant } = c.var;
      const there = { ...tenant };
      const { db, lagMs } = await from.choose(
        async (replica) => (await isOn(replica, there)) && isEnough(replica, there),
      );
      tell(c, lagMs);
      if (lagMs === null) return { db, tenant, confirm: async () => {} };
      return { db, tenant: there, confirm: () => expectOn(db, there) };
    },
  };
}

/** A replica may not have heard yet that the tenant was moved, or may have deleted its rows where it was. */
async function isOn(replica: Database, { id, shard }: Tenant): Promise<boolean> {
  const rows = await replica.once<{ id: string }[]>([id], (sql) => findOnShard(sql, { id, shard }));
  return rows.length === 1;
}

async function expectOn(replica: Database, tenant: Tenant): Promise<void> {
  if (!(await isOn(replica, tenant))) throw new Error('the tenant is on another shard of the replica');
}
