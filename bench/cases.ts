// Every benchmark, in the order they run. A new one is a file in cases/, a line here and its figures in figures.ts.
import type { Case } from './case.ts';
import { backlog } from './cases/backlog.ts';
import { dbos } from './cases/dbos.ts';
import { deliveries } from './cases/deliveries.ts';
import { e2e } from './cases/e2e.ts';
import { graphileWorker } from './cases/graphile-worker.ts';
import { halfLoad } from './cases/half-load.ts';
import { hanging } from './cases/hanging.ts';
import { http } from './cases/http.ts';
import { idle } from './cases/idle.ts';
import { inbound } from './cases/inbound.ts';
import { pgBoss } from './cases/pg-boss.ts';
import { pgbench, pgbenchPooled } from './cases/pgbench.ts';
import { restate } from './cases/restate.ts';
import { transitions } from './cases/transitions.ts';
import { undici } from './cases/undici.ts';

export const CASES: readonly Case[] = [
  undici,
  deliveries,
  graphileWorker,
  pgBoss,
  e2e,
  halfLoad,
  dbos,
  restate,
  http,
  inbound,
  transitions,
  pgbench,
  pgbenchPooled,
  idle,
  hanging,
  backlog,
];
