// `node bench/partitions.ts`: what it costs the statements of an action that action_runs has partitions, in CPU time of Postgres.
// Lists of one action are committed, claimed, loaded, asked for as facts and recorded by the statements of the product, on a
// database with partitions and on one whose table is whole, in turns. Prints one JSON line.
import { parseArgs } from 'node:util';
import type { Sql } from 'postgres';
import { connect } from '../db/client.ts';
import { createTenant } from '../db/operator.ts';
import { median } from './measure.ts';
import { EMBEDDED, startPostgres } from './postgres.ts';
import { type Cost, STEPS, walkLists } from './walk-lists.ts';

const HELP = `node bench/partitions.ts [options]

  --lists N    of one action each, in every round (default 10000)
  --batch N    lists in one statement (default 16)
  --months N   months that are past and have a partition (default 13; with this month and three ahead)
  --rounds N   with and without (default 5)
`;

const { values } = parseArgs({
  options: {
    lists: { type: 'string', default: '10000' },
    batch: { type: 'string', default: '16' },
    months: { type: 'string', default: '13' },
    rounds: { type: 'string', default: '5' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const [lists, batch, months] = [Number(values.lists), Number(values.batch), Number(values.months)];
const DAYS_AHEAD = 90;
/** So that no statement is planned for empty tables. */
const WARM_UP_LISTS = 1_000;

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const postgres = await startPostgres(EMBEDDED, say);
const rounds: { whole: Cost; partitioned: Cost }[] = [];
try {
  for (let nth = 0; nth < Number(values.rounds); nth++) {
    // Whoever comes first meets another machine than whoever comes second: they change places.
    const first = await round(nth % 2 === 0);
    const second = await round(nth % 2 !== 0);
    const [partitioned, whole] = nth % 2 === 0 ? [first, second] : [second, first];
    rounds.push({ whole, partitioned });
    say(JSON.stringify({ whole, partitioned }));
  }
} finally {
  await postgres.stop();
}
const sum = (cost: Cost) => STEPS.reduce((total, step) => total + cost[step], 0);
const medians = (of: 'whole' | 'partitioned') =>
  Object.fromEntries(STEPS.map((step) => [step, median(rounds.map((pair) => pair[of][step]))]));
process.stdout.write(
  `${JSON.stringify({
    batch,
    us_a_list: { whole: medians('whole'), partitioned: medians('partitioned') },
    cost: median(rounds.map(({ whole, partitioned }) => sum(partitioned) / sum(whole) - 1)),
  })}\n`,
);

/** @returns microseconds of Postgres for each list */
async function round(isPartitioned: boolean): Promise<Cost> {
  const database = await postgres.createDatabase();
  const { url, sql } = database;
  await (isPartitioned ? makePartitions(sql) : makeWhole(sql));
  const operator = connect({ url, role: 'pawl_operator', poolMax: 1, applicationName: 'pawl bench seed' });
  const db = connect({ url, role: 'pawl_worker', poolMax: 1, applicationName: 'pawl bench' });
  try {
    const tenant = await createTenant(operator, { name: 'Bench', slug: 'bench' });
    const of = { db, sql, tenant, batch };
    await walkLists({ ...of, count: WARM_UP_LISTS });
    await database.settle();
    return (await walkLists({ ...of, count: lists })).us;
  } finally {
    await Promise.all([db.close(), operator.close()]);
    await database.drop();
  }
}

async function makePartitions(sql: Sql): Promise<void> {
  await sql`select pawl_make_id_partitions('action_runs', ${DAYS_AHEAD})`;
  for (let ago = 1; ago <= months; ago++) {
    const [month] = await sql`
      select to_char(m, '"action_runs_"YYYY_MM_DD') as name, pawl_first_id(m at time zone 'utc')::text as first,
        pawl_first_id((m + interval '1 month') at time zone 'utc')::text as next
      from date_trunc('month', now() at time zone 'utc' - make_interval(months => ${ago}::integer)) m`;
    await sql.unsafe(`
      create table ${month?.name} partition of action_runs (primary key (shard, tenant_id, id))
        for values from ('${month?.first}') to ('${month?.next}') with (fillfactor = 70)`);
  }
}

/** As the table was before it had partitions. */
async function makeWhole(sql: Sql): Promise<void> {
  await sql.unsafe(`
    alter table action_runs rename to with_partitions;
    alter index action_runs_in_order rename to with_partitions_in_order;
    alter index action_runs_by_name rename to with_partitions_by_name;
    create table action_runs (like with_partitions including defaults, primary key (shard, tenant_id, id)) with (fillfactor = 70);
    create unique index action_runs_in_order on action_runs (shard, tenant_id, job_id, transition_id, ordinal);
    create index action_runs_by_name on action_runs (shard, tenant_id, job_id, name, transition_id, ordinal)
      where name is not null;
    select pawl_isolate('action_runs');
    grant select, insert, update, delete on action_runs to pawl_worker;
    drop table with_partitions`);
}
